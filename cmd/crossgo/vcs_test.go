package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runGit runs git in a directory and gives back what it printed.
func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_COMMITTER_DATE=2026-01-31T12:00:00Z",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// repository is a repository with a spec in its root and in sub.
func repository(t *testing.T, spec string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"crossgo.yaml", "sub/crossgo.yaml"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(spec), 0o644))
	}
	for _, line := range []string{"init -q", "add .", "commit -qm one", "tag v1.0.0", "tag sub/v2.0.0", "commit -q --allow-empty -m two", "tag v1.1.0", "tag -a -m x v1.0.1"} {
		runGit(t, dir, strings.Fields(line)...)
	}
	return dir
}

func TestRepositoryIsTold(t *testing.T) {
	dir := repository(t, "vcs: on\n")
	head := runGit(t, dir, "rev-parse", "HEAD")
	f := buildFlags{}
	opt, err := f.solveOpt(dir)
	require.NoError(t, err)
	want := map[string]string{
		"vcs:revision": head, "vcs:time": opt.FrontendAttrs["vcs:time"], "vcs:modified": "false", "vcs:tag": "v1.1.0",
		"crossgo-tags": "v1.0.1\nv1.1.0", "crossgo-history": "sub/v2.0.0\nv1.0.0\nv1.0.1\nv1.1.0",
	}
	require.Subset(t, opt.FrontendAttrs, want)
	require.Regexp(t, `^2026-01-31T12:00:00(Z|\+00:00)$`, want["vcs:time"])

	require.NoError(t, os.WriteFile(filepath.Join(dir, "new.txt"), nil, 0o644))
	opt, err = f.solveOpt(filepath.Join(dir, "sub"))
	require.NoError(t, err)
	want["vcs:modified"], want["crossgo-tags"], want["crossgo-history"] = "true", "", "v2.0.0"
	require.Subset(t, opt.FrontendAttrs, want)
}

// TestRepositoryIsNotTold: of what nobody asks for or knows, nothing is said, and it is no failure.
func TestRepositoryIsNotTold(t *testing.T) {
	empty := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(empty, "crossgo.yaml"), []byte("vcs: on\n"), 0o644))
	unborn := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(unborn, "crossgo.yaml"), []byte("vcs: on\n"), 0o644))
	runGit(t, unborn, "init", "-q")
	for name, dir := range map[string]string{"nobody asks": repository(t, "# syntax=x\n"), "no repository": empty, "no commit": unborn, "broken spec": repository(t, "vcs: maybe\n")} {
		t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
		f := buildFlags{}
		opt, err := f.solveOpt(dir)
		require.NoError(t, err, name)
		require.NotContains(t, opt.FrontendAttrs, "vcs:revision", name)
	}
	dir := repository(t, "vcs: on\n")
	t.Setenv("PATH", t.TempDir())
	said, err := askGit(dir)
	require.NoError(t, err)
	require.Empty(t, said)
}

// TestGitRefuses: where git does not look, it says why.
func TestGitRefuses(t *testing.T) {
	dir := repository(t, "vcs: on\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", "config"), []byte("[core\n"), 0o644))
	_, err := askGit(dir)
	require.ErrorContains(t, err, "git rev-parse: ")
}
