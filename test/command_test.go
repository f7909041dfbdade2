package test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

func cut(setting string) (name, value string, ok bool) { return strings.Cut(setting, "=") }

// crossgoBuild runs crossgo build for dir with the mirror.
func crossgoBuild(t testing.TB, dir string, vars []string, args ...string) env.Result {
	t.Helper()
	all := append([]string{"build", "--progress=plain"}, world.Mirror.BuildArgs()...)
	return world.Crossgo(t, dir, vars, append(append(all, args...), ".")...)
}

func TestCommandStartsItsOwnBuildKit(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	crossgoBuild(t, example(t, "hello"), nil, "--target=bin", "--platform=linux/arm64", "-o", out).OK(t)
	said := env.Execute(t, env.Program{Platform: "linux/arm64", File: filepath.Join(out, "hello")}).OK(t).Stdout
	requireLines(t, said, "hello: ok", "hello from linux/arm64")
}

func TestCommandUsesTheBuilderItIsTold(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	crossgoBuild(t, example(t, "hello"), []string{"BUILDKIT_HOST=" + world.Daemon.Addr()}, "--target=bin", "--platform=linux/arm64", "-o", out).OK(t)
	require.Contains(t, files(t, out), "hello")

	out = filepath.Join(t.TempDir(), "out")
	crossgoBuild(t, example(t, "hello"), nil, "--builder="+world.Daemon.Addr(), "--target=bin", "--platform=linux/arm64", "-o", out).OK(t)
	require.Contains(t, files(t, out), "hello")
}

func TestCommandUsesABuildxBuilder(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	crossgoBuild(t, example(t, "hello"), world.Daemon.DockerEnv(), "--target=bin", "--platform=linux/arm64", "-o", out).OK(t)
	require.Contains(t, files(t, out), "hello")
}

func TestVerifyCommandExitCodes(t *testing.T) {
	bin := world.CrossgoBinary(t)
	require.Zero(t, world.Crossgo(t, "", nil, "verify", "--platform", "linux/amd64", bin).Code)

	r := world.Crossgo(t, "", nil, "verify", "--platform", "linux/arm64", bin)
	require.Equal(t, 1, r.Code)
	require.Contains(t, r.Output(), "x86-64")

	require.Equal(t, 2, world.Crossgo(t, "", nil, "verify", bin).Code)
	require.NotZero(t, world.Crossgo(t, "", nil, "verify", "--platform", "linux/amd64", filepath.Join(t.TempDir(), "missing")).Code)
}
