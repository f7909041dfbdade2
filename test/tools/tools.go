//go:build tools

// Package tools pins the programs that the real-BuildKit tests drive, in a module of its own so that their dependencies
// stay out of crossgo's. Versions shared with crossgo's go.mod are kept equal: then both use one Go build cache.
package tools

import (
	_ "github.com/docker/buildx/cmd/buildx"
	_ "github.com/moby/buildkit/cmd/buildkitd"
	_ "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend" // make bench
)
