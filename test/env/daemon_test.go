package env

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/stretchr/testify/require"
)

// write makes files in a new directory and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func TestBuildxBuildsOnTheDaemon(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /b\n", "a": "hello"})
	out := filepath.Join(t.TempDir(), "out")
	world.Buildx(t, "build", "-o", out, dir).OK(t)
	got, err := os.ReadFile(filepath.Join(out, "b"))
	require.NoError(t, err)
	require.Equal(t, "hello", string(got))
}

func TestBuildxSaysWhyItFails(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY missing /b\n"})
	r := world.Buildx(t, "build", dir)
	require.NotZero(t, r.Code)
	require.Contains(t, r.Output(), "missing")
}

func TestDaemonPullsHubImagesFromTheRegistry(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a /a\n", "a": "from a hub"})
	world.Buildx(t, "build", "-o", "type=image,push=true,name="+world.Registry.Ref("crossgo/probe:1"), dir).OK(t)
	user := write(t, map[string]string{"Dockerfile": "FROM ghcr.io/crossgo/probe:1\n"})
	out := t.TempDir()
	world.Buildx(t, "build", "-o", out, user).OK(t)
	require.FileExists(t, filepath.Join(out, "a"))
}

func TestSecondDaemonIsEmptyAndClaimsItsPlatform(t *testing.T) {
	d := world.NewDaemon(t, DaemonOptions{Platforms: []string{"linux/arm64"}})
	c, err := client.New(t.Context(), d.Addr())
	require.NoError(t, err)
	defer c.Close()
	workers, err := c.ListWorkers(t.Context())
	require.NoError(t, err)
	require.Len(t, workers, 1)
	require.Equal(t, "arm64", workers[0].Platforms[0].Architecture) // first: what is native; BuildKit adds what the machine can run as well
	usage, err := c.DiskUsage(t.Context())
	require.NoError(t, err)
	require.Empty(t, usage)
}

func TestMountsBelowFindsTheInnermostLast(t *testing.T) {
	const table = "1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /t/d rw - tmpfs a rw\n3 2 0:3 / /t/d/e rw - tmpfs a rw\n4 1 0:4 / /t/dx rw - tmpfs a rw\n"
	require.Equal(t, []string{"/t/d/e"}, mountsBelow([]byte(table), "/t/d"))
	require.Equal(t, []string{"/t/d", "/t/d/e", "/t/dx"}, mountsBelow([]byte(table), "/t"))
}
