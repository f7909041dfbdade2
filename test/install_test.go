package test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const ownModule = "github.com/crossgo/crossgo"

// proxyWith puts the sources of this checkout on a module proxy, a folder, as a version of crossgo.
func proxyWith(t *testing.T, version string) (proxy string) {
	t.Helper()
	proxy = t.TempDir()
	at := filepath.Join(proxy, ownModule, "@v")
	require.NoError(t, os.MkdirAll(at, 0o755))
	gomod, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(at, version+".mod"), gomod, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(at, version+".info"), []byte(`{"Version":"`+version+`"}`), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(at, "list"), []byte(version+"\n"), 0o644))
	archive, err := os.Create(filepath.Join(at, version+".zip"))
	require.NoError(t, err)
	require.NoError(t, zip.CreateFromDir(archive, module.Version{Path: ownModule, Version: version}, ".."))
	require.NoError(t, archive.Close())
	return "file://" + proxy
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// linksLibc checks that a command is one that cannot run in a build container.
func linksLibc(t *testing.T, file string) {
	t.Helper()
	f, err := elf.Open(file)
	require.NoError(t, err)
	defer f.Close()
	require.True(t, slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }), "a loader")
}

// buildWith builds an example with a crossgo, and runs it.
func buildWith(t *testing.T, crossgo, name, program string, vars []string) env.Result {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	args := append([]string{crossgo, "build", "--progress=plain", "--builder=" + world.Daemon.Addr()}, world.Mirror.BuildArgs()...)
	args = append(args, "--target=bin", "--platform=linux/amd64", "-o", out, ".")
	vars = append([]string{"DOCKER_CONFIG=" + t.TempDir()}, vars...)
	r := env.Run(t, env.Cmd{Dir: example(t, name), Env: vars, Args: args}).OK(t)
	env.Execute(t, env.Program{Platform: "linux/amd64", File: filepath.Join(out, program)}).OK(t)
	return r
}

// TestCommandThatGoInstalls: as Go people install tools, on a machine with a C compiler.
func TestCommandThatGoInstalls(t *testing.T) {
	t.Parallel()
	const version = "v0.99.0"
	gopath := t.TempDir()
	vars := []string{"CGO_ENABLED=1", "GOPATH=" + gopath, "GOMODCACHE=" + filepath.Join(gopath, "pkg/mod"), "GOFLAGS=-modcacherw", "GOSUMDB=off", "GOBIN=",
		"GOPROXY=" + proxyWith(t, version) + ",file://" + goEnv(t, "GOMODCACHE") + "/cache/download," + goEnv(t, "GOPROXY"), "XDG_CACHE_HOME=" + t.TempDir(), "GOCACHE=" + goEnv(t, "GOCACHE")}
	env.Run(t, env.Cmd{Dir: t.TempDir(), Env: vars, Args: []string{"go", "install", ownModule + "/cmd/crossgo@" + version}}).OK(t)
	crossgo := filepath.Join(gopath, "bin", "crossgo")
	linksLibc(t, crossgo)
	require.Contains(t, env.Run(t, env.Cmd{Env: vars, Args: []string{crossgo, "version"}}).OK(t).Stdout, version)

	vars = append(vars, "GOPROXY=off") // what go install has brought is enough
	r := buildWith(t, crossgo, "hello", "hello", vars)
	require.Contains(t, r.Stderr, "compiling crossgo's build steps for linux/amd64, once for this crossgo")
	r = buildWith(t, crossgo, "syslib", "syslib", vars)
	require.NotContains(t, r.Stderr, "compiling crossgo's build steps")
}

// TestCommandThatGoBuilds: from a checkout, as go build makes it.
func TestCommandThatGoBuilds(t *testing.T) {
	t.Parallel()
	crossgo := filepath.Join(t.TempDir(), "crossgo")
	vars := []string{"CGO_ENABLED=1", "XDG_CACHE_HOME=" + t.TempDir(), "GOCACHE=" + goEnv(t, "GOCACHE")}
	env.Run(t, env.Cmd{Dir: "..", Env: vars, Args: []string{"go", "build", "-o", crossgo, "./cmd/crossgo"}}).OK(t)
	linksLibc(t, crossgo)
	buildWith(t, crossgo, "hello", "hello", vars)
}
