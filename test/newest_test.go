package test

import (
	"debug/buildinfo"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// TestNewestPatchCompiles: a go line is a minimum. A patch that comes out compiles at once, whatever a cache has seen; where the list
// cannot be had, the newest that the builder has fetched does.
func TestNewestPatchCompiles(t *testing.T) {
	t.Parallel()
	const first, second = "1.26.8", "1.26.11"
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod": "module example.com/patched\n\ngo 1.26.0\n", "main.go": "package main\n\nfunc main() { println(1) }\n",
		"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nplatforms: [linux/amd64]\n",
	})
	mirror, list := world.Listing(t)
	compiledBy := func(want string) env.Result {
		out := filepath.Join(t.TempDir(), "out")
		r := buildOn(t, world.Daemon, mirror, dir, "--target=bin", "--output="+out).OK(t)
		info, err := buildinfo.ReadFile(filepath.Join(out, "patched"))
		require.NoError(t, err)
		require.Equal(t, "go"+want, info.GoVersion)
		return r
	}
	list(env.Releases("1.25.14", first, "1.27rc1"))
	require.NotContains(t, compiledBy(first).Output(), "newest patch")
	list(env.Releases(first, second, "1.27.0"))
	require.NotContains(t, compiledBy(second).Output(), "newest patch")
	list("")
	require.Contains(t, compiledBy(second).Output(), "the newest patch of Go 1.26.0 is not known, "+second+" compiles")

	// Who wants one and the same writes it down.
	list(env.Releases(first, second))
	write(t, dir, map[string]string{"go.mod": "module example.com/patched\n\ngo 1.26.0\n\ntoolchain go" + first + "\n"})
	compiledBy(first)
}
