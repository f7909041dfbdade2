package test

import (
	"debug/buildinfo"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

const (
	variables = "ldflags: ['-X main.revision=${VCS_REVISION}', '-X main.time=${VCS_TIME}', '-X main.modified=${VCS_MODIFIED}', '-X main.tag=${VCS_TAG}']"
	vcsSpec   = "# syntax=ghcr.io/crossgo/crossgo:1\n"
	vcsMain   = "package main\n\nvar revision, time, modified, tag, version string\n\n" +
		"func main() { println(\"said:\", revision, time, modified, tag+\".\", version) }\n"
	committed = "2026-01-31T12:00:00Z"
)

// git runs git in a directory, as somebody and at some time.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	vars := []string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_COMMITTER_DATE=" + committed, "GIT_AUTHOR_DATE=" + committed,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b"}
	return strings.TrimSpace(env.Run(t, env.Cmd{Dir: dir, Env: vars, Args: append([]string{"git"}, args...)}).OK(t).Stdout)
}

// repository is a repository with a program that says what it was told, and what it is told by the rest of its spec.
func repository(t testing.TB, name, spec string) (dir, revision string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "work")
	write(t, dir, map[string]string{
		"go.mod": "module example.com/" + name + "\n\ngo 1.26\n", "main.go": vcsMain, "crossgo.yaml": vcsSpec + spec, ".gitignore": "out/\n",
	})
	git(t, dir, "init", "-q")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "one")
	return dir, git(t, dir, "rev-parse", "HEAD")
}

// says is what the program in a folder was told.
func says(t testing.TB, dir, name string) string {
	t.Helper()
	platform := "linux/" + runtime.GOARCH
	return strings.TrimSpace(env.Execute(t, env.Program{Platform: platform, File: filepath.Join(dir, name)}).OK(t).Stderr)
}

func TestRepositoryByCrossgoBuild(t *testing.T) {
	t.Parallel()
	dir, revision := repository(t, "said", "binaries: [{main: ., "+variables+"}]\nvcs: on\n")
	vars := []string{"BUILDKIT_HOST=" + world.Daemon.Addr()}
	crossgoBuild(t, dir, vars, "-o", "out").OK(t)
	require.Equal(t, "said: "+revision+" "+committed+" false . ", says(t, filepath.Join(dir, "out"), "said")+" ")
	requireStamp(t, filepath.Join(dir, "out/said"), revision, "false", "v0.0.0-20260131120000-"+revision[:12])

	git(t, dir, "tag", "-a", "-m", "x", "v1.2.3")
	git(t, dir, "tag", "v1.2.2")
	write(t, dir, map[string]string{"new.txt": "of no use"})
	crossgoBuild(t, dir, vars, "-o", "out").OK(t)
	require.Equal(t, "said: "+revision+" "+committed+" true v1.2.3.", says(t, filepath.Join(dir, "out"), "said"))
	requireStamp(t, filepath.Join(dir, "out/said"), revision, "true", "v1.2.3+dirty")
}

// requireStamp reads what Go's build info says, as go version -m does.
func requireStamp(t *testing.T, file, revision, modified, version string) {
	t.Helper()
	info, err := buildinfo.ReadFile(file)
	require.NoError(t, err)
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	require.Equal(t, []string{"git", revision, committed, modified}, []string{settings["vcs"], settings["vcs.revision"], settings["vcs.time"], settings["vcs.modified"]})
	require.Equal(t, version, info.Main.Version)
}

func TestRepositoryByBuildx(t *testing.T) {
	t.Parallel()
	dir, revision := repository(t, "saidx", "binaries: [{main: ., "+variables+"}]\nvcs: on\n")
	git(t, dir, "tag", "-a", "-m", "x", "v1.2.3")
	out := t.TempDir()
	failed := build(t, dir, "-o", out)
	require.NotZero(t, failed.Code)
	require.Contains(t, failed.Output(), "crossgo.yaml:3:6: vcs: found on, but VCS_TIME, VCS_MODIFIED: not known")
	build(t, dir, "--build-arg=VCS_TIME=2026-01-31T13:00:00+01:00", "--build-arg=VCS_MODIFIED=false", "-o", out).OK(t)
	require.Equal(t, "said: "+revision+" "+committed+" false v1.2.3.", says(t, out, "saidx"))
	requireStamp(t, filepath.Join(out, "saidx"), revision, "false", "v1.2.3")
}

// TestRepositoryAsContext: the builder fetches the sources itself.
func TestRepositoryAsContext(t *testing.T) {
	t.Parallel()
	dir, revision := repository(t, "saidr", "binaries: [{main: ., "+variables+"}]\nvcs: on\n")
	git(t, dir, "tag", "-a", "-m", "x", "v1.2.3")
	address, out := gitDaemon(t, filepath.Dir(dir))+"/"+filepath.Base(dir)+"/.git#v1.2.3", t.TempDir()
	world.FrontendImage(t)
	args := append([]string{"build", "--progress=plain", "-f", "crossgo.yaml", "-o", out}, world.Mirror.BuildArgs()...)
	world.BuildxOn(t, world.Daemon, dir, append(args, address)...).OK(t)
	require.Equal(t, "said: "+revision+" "+committed+" false v1.2.3.", says(t, out, "saidr"))
	requireStamp(t, filepath.Join(out, "saidr"), revision, "false", "v1.2.3")
}

// gitDaemon serves the repositories below a folder.
func gitDaemon(t *testing.T, dir string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	host := l.Addr().String()
	require.NoError(t, l.Close())
	_, port, err := net.SplitHostPort(host)
	require.NoError(t, err)
	program := filepath.Join(git(t, dir, "--exec-path"), "git-daemon") // git itself would leave it running when it is killed
	cmd := exec.Command(program, "--reuseaddr", "--listen=127.0.0.1", "--port="+port, "--base-path="+dir, "--export-all")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", host)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, time.Minute, 50*time.Millisecond)
	return "git://" + host
}

// TestCommitsAloneCompileNothing: .git lies in the build context, and what changes there alone is seen by no step.
func TestCommitsAloneCompileNothing(t *testing.T) {
	t.Parallel()
	dir, _ := repository(t, "still", "binaries: [{main: .}]\n")
	args := []string{"-o", t.TempDir()}
	build(t, dir, args...).OK(t)
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "two")
	again := build(t, dir, args...).OK(t)
	require.Regexp(t, `compile still[^\n]*\n#\d+ CACHED`, again.Stderr)
	require.NotContains(t, again.Stderr, "what git says of the sources")
}

// TestVersionAloneLinksAlone: another version, or another commit where ldflags say it, runs the compile step and none of the steps
// below it.
func TestVersionAloneLinksAlone(t *testing.T) {
	t.Parallel()
	dir, _ := repository(t, "versioned", "args: {VERSION: dev}\nbinaries: [{main: ., ldflags: ['-X main.version=${VERSION}', '-X main.revision=${VCS_REVISION}']}]\n")
	out := t.TempDir()
	vars := []string{"BUILDKIT_HOST=" + world.Daemon.Addr()}
	crossgoBuild(t, dir, vars, "-o", out).OK(t)
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "two")
	again := crossgoBuild(t, dir, vars, "--build-arg=VERSION=7", "-o", out).OK(t)
	require.Equal(t, fmt.Sprintf("said: %s   . 7", git(t, dir, "rev-parse", "HEAD")), says(t, out, "versioned"))
	require.Regexp(t, `compile the standard library[^\n]*\n#\d+ CACHED`, again.Stderr)
	require.Regexp(t, `go list[^\n]*\n#\d+ CACHED`, again.Stderr)
	require.NotRegexp(t, `compile versioned[^\n]*\n#\d+ CACHED`, again.Stderr)
}
