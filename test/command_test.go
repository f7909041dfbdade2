package test

import (
	"errors"
	"io/fs"
	"os"
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

// crossgoHello builds hello with crossgo build and says whether it has started a BuildKit of its own, which keeps its log in the
// user's cache directory.
func crossgoHello(t *testing.T, vars []string, args ...string) (ownBuildKit bool) {
	t.Helper()
	cache, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	dir := shortHello(t)
	require.NoError(t, os.Rename(filepath.Join(dir, "crossgo.yaml"), filepath.Join(dir, "other.yaml")))
	args = append([]string{"-f", "other.yaml", "--target=bin", "--platform=linux/arm64", "-o", out}, args...)
	crossgoBuild(t, dir, append([]string{"XDG_CACHE_HOME=" + cache}, vars...), args...).OK(t)
	said := env.Execute(t, env.Program{Platform: "linux/arm64", File: filepath.Join(out, "hello")}).OK(t).Stdout
	requireLines(t, said, "hello: ok", "hello from linux/arm64")
	_, err := os.Stat(filepath.Join(cache, "crossgo/engine/engine.log"))
	if !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
	}
	return err == nil
}

func TestCommandStartsItsOwnBuildKit(t *testing.T) {
	t.Parallel()
	require.True(t, crossgoHello(t, nil))
}

func TestCommandUsesTheBuilderItIsTold(t *testing.T) {
	t.Parallel()
	require.False(t, crossgoHello(t, []string{"BUILDKIT_HOST=" + world.Daemon.Addr()}))
	require.False(t, crossgoHello(t, nil, "--builder="+world.Daemon.Addr()))
}

func TestCommandUsesABuildxBuilder(t *testing.T) {
	t.Parallel()
	require.False(t, crossgoHello(t, world.Daemon.DockerEnv()))
}

func TestVerifyCommandExitCodes(t *testing.T) {
	bin := world.CrossgoBinary(t)
	require.Zero(t, world.Crossgo(t, "", nil, "verify", "--platform", "linux/amd64", bin).Code)

	r := world.Crossgo(t, "", nil, "verify", "--platform", "linux/arm64", bin)
	require.Equal(t, 1, r.Code)
	require.Contains(t, r.Output(), "x86-64")

	require.Zero(t, world.Crossgo(t, "", nil, "verify", bin).Code, "its build info says which platform it is for")
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("text\n"), 0o755))
	require.Equal(t, 2, world.Crossgo(t, "", nil, "verify", text).Code)
	require.NotZero(t, world.Crossgo(t, "", nil, "verify", "--platform", "linux/amd64", filepath.Join(t.TempDir(), "missing")).Code)
}

// TestCommandIsCompiledForMacOS: it builds on a builder elsewhere, and brings no BuildKit of its own there.
func TestCommandIsCompiledForMacOS(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "crossgo")
	env.Run(t, env.Cmd{Dir: "..", Env: []string{"GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0"}, Args: []string{"go", "build", "-o", out, "./cmd/crossgo"}}).OK(t)
	verified(t, "darwin/arm64", out)
}
