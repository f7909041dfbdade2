package test

import (
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// TestLive is the one test that fetches as a user would: crossgo build finds this machine's module proxy, Debian mirror and
// certificates by itself, with a BuildKit and caches that hold nothing.
func TestLive(t *testing.T) {
	t.Parallel()
	d := world.NewDaemon(t, env.DaemonOptions{})
	out := filepath.Join(t.TempDir(), "out")
	world.Crossgo(t, example(t, "syslib"), []string{"BUILDKIT_HOST=" + d.Addr()}, "build", "--progress=plain",
		"--target=image", "--platform=linux/arm64", "-o", out, ".").OK(t)
	said := env.Execute(t, env.Program{Platform: "linux/arm64", File: filepath.Join(out, "syslib"), Root: out}).OK(t).Stdout
	requireLines(t, said, "syslib: ok")
	require.Contains(t, files(t, out), "syslib")
}
