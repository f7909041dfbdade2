//go:build !linux

package engine

import (
	"context"
	"fmt"
	"runtime"
)

// openEmbedded refuses: containers need Linux.
func openEmbedded(context.Context, Options) (*Engine, error) {
	return nil, fmt.Errorf("no builder found, and the embedded BuildKit runs on linux only, not on %s; point at one with --builder or BUILDKIT_HOST", runtime.GOOS)
}
