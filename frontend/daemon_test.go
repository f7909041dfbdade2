package frontend

import (
	"testing"

	"github.com/moby/buildkit/solver/pb"
	"github.com/stretchr/testify/require"
)

// TestTooOld: a builder that lacks something is refused with the version that it takes, before anything is built.
func TestTooOld(t *testing.T) {
	require.NoError(t, tooOld(pb.Caps.CapSet(pb.Caps.All())))
	f := &fake{without: pb.CapExecMountContentCache}
	_, err := New()(t.Context(), f)
	require.EqualError(t, err, `builder: found a BuildKit that lacks exec.mount.cache.content, want BuildKit 0.13 or newer: `+
		`"docker buildx inspect" prints its version, and "docker buildx create --use" makes a builder with a newer one`)
	require.Empty(t, f.asked)
}
