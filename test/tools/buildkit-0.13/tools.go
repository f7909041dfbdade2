//go:build tools

// Package tools pins an older buildkitd that the tests build with.
package tools

import _ "github.com/moby/buildkit/cmd/buildkitd"
