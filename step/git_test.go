package step

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// stampVariable tells this program, started as git by the go command, what it knows of the repository.
const stampVariable = "CROSSGO_TEST_STAMP"

// noteVariable makes this program what go test -exec starts.
const noteVariable = "CROSSGO_TEST_NOTE"

func TestMain(m *testing.M) {
	if os.Getenv(noteVariable) != "" {
		os.Exit(exitCode(noteTest(os.Args[1:])))
	}
	if !isGit(os.Args[0]) {
		os.Exit(m.Run())
	}
	var s plan.Stamp
	err := json.Unmarshal([]byte(os.Getenv(stampVariable)), &s)
	text := ""
	if err == nil {
		text, err = gitAnswers{s, "."}.answer(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(text)
}

const commit = "0123456789abcdef0123456789abcdef01234567"

func TestGitAnswers(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module x\n"), 0o644))
	clean := plan.Stamp{Revision: commit, Time: "2026-01-31T13:00:00+01:00", Tags: []string{"v1.2.3", "sub/v0.1.0"}, History: &plan.History{Tags: []string{"v1.2.2"}}}
	modified := clean
	modified.Modified, modified.History = true, nil
	long := plan.Stamp{Revision: strings.Repeat("a", 64), Time: clean.Time}
	const at = "1769860800"
	for _, c := range []struct {
		stamp       plan.Stamp
		args        string
		want, fails string
	}{
		{clean, "status --porcelain", "", ""},
		{modified, "status --porcelain", " M .\n", ""},
		{clean, "-c log.showsignature=false log -1 --format=%H:%ct", commit + ":" + at + "\n", ""},
		{clean, "-c log.showsignature=false log --no-decorate -n1 --format=format:%H+%ct+%D --end-of-options " + commit[:12] + " --",
			commit + " " + at + " HEAD, tag: v1.2.3, tag: sub/v0.1.0", ""},
		{long, "-c log.showsignature=false log --no-decorate -n1 --format=format:%H+%ct+%D " + long.Revision + " --", long.Revision + " " + at + " HEAD", ""},
		{clean, "log --no-decorate -n1 --format=format:%H+%ct+%D refs/tags/v1.0.0 --", "", "bad revision 'refs/tags/v1.0.0'"},
		{clean, "log --no-decorate -n1 --format=format:%H+%ct+%D refs/tags/v1.2.3 --", commit + " " + at + " HEAD, tag: v1.2.3, tag: sub/v0.1.0", ""},
		{clean, "tag -l", "v1.2.3\nsub/v0.1.0\n", ""},
		{long, "tag -l", "", ""},
		{clean, "tag v1", "", "no answer to: git tag v1"},
		{clean, "log -3", "", "no answer to: git log -3"},
		{plan.Stamp{Revision: commit, Time: "now"}, "log -1 --format=%H:%ct", "", "parsing time"},
		{clean, "config extensions.objectformat", "", "is not set"},
		{long, "config extensions.objectformat", "sha256\n", ""},
		{clean, "config user.name", "", "user.name is not set"},
		{clean, "for-each-ref --format=%(refname) --merged=" + commit, "refs/tags/v1.2.2\n", ""},
		{modified, "for-each-ref --format=%(refname) --merged=" + commit, "", "the commits before this one are not known"},
		{clean, "cat-file --end-of-options blob " + commit + ":go.mod", "module x\n", ""},
		{clean, "cat-file blob " + commit + ":v2/go.mod", "", "no such file"},
		{clean, "cat-file blob " + commit + ":../../etc/passwd", "", "escapes"},
		{clean, "cat-file blob v1.0.0:go.mod", "", "bad revision 'v1.0.0'"},
		{clean, "cat-file tree " + commit + " x", "", "no answer to: git cat-file tree"},
		{clean, "fetch --all", "", "no answer to: git fetch --all"},
		{clean, "", "", "no answer to: git"},
	} {
		var args []string
		for _, a := range strings.Fields(c.args) {
			args = append(args, strings.ReplaceAll(a, "+", " "))
		}
		got, err := gitAnswers{c.stamp, root}.answer(args)
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails, c.args)
			continue
		}
		require.NoError(t, err, c.args)
		require.Equal(t, c.want, got, c.args)
	}
}

func TestIsGit(t *testing.T) {
	require.True(t, isGit("git"))
	require.False(t, isGit("/crossgo"))
	require.False(t, isGit("crossgo"))
}

// TestGitWithoutAJob: outside a compile step there is nothing to answer from.
func TestGitWithoutAJob(t *testing.T) {
	require.Equal(t, 128, git([]string{"status", "--porcelain"}))
}

// sh runs a command in a directory and gives back all it printed.
func sh(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", args, out)
	return string(out)
}

// repository is a repository with a module, another one in a directory, and tags of both before the last commit.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/x\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() { println(1) }\n",
		"sub/go.mod": "module example.com/x/sub/v2\n\ngo 1.24\n", "sub/main.go": "package main\n\nfunc main() { println(2) }\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	git := []string{"git", "-c", "user.name=a", "-c", "user.email=a@b"}
	for _, line := range []string{"init -q", "add .", "commit -qm one", "tag v1.2.3", "tag sub/v2.0.1", "commit -q --allow-empty -m two"} {
		sh(t, dir, nil, append(git, strings.Fields(line)...)...)
	}
	return dir
}

// goStamp builds the module in a directory and gives back what the build info says.
func goStamp(t *testing.T, dir string, env ...string) *debug.BuildInfo {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	sh(t, dir, append([]string{"CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOVCS=*:off"}, env...),
		"go", "build", "-trimpath", "-buildvcs=false", "-buildvcs=true", "-o", out, ".")
	info, err := buildinfo.ReadFile(out)
	require.NoError(t, err)
	return info
}

// standIn takes the repository away from a directory's sources, and is the environment in which this program answers for it.
func standIn(t *testing.T, dir string, s plan.Stamp) []string {
	t.Helper()
	require.NoError(t, os.RemoveAll(filepath.Join(dir, ".git")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.Symlink(self, filepath.Join(bin, "git")))
	said, err := json.Marshal(s)
	require.NoError(t, err)
	return []string{"PATH=" + bin + ":" + os.Getenv("PATH"), stampVariable + "=" + string(said)}
}

// TestGoStampsAsWithGit: what go makes of our answers is what it makes of git's.
func TestGoStampsAsWithGit(t *testing.T) {
	for _, modified := range []bool{false, true} {
		dir := repository(t)
		if modified {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "new.go"), []byte("package main\n"), 0o644))
		}
		s := plan.Stamp{
			Revision: strings.TrimSpace(sh(t, dir, nil, "git", "rev-parse", "HEAD")),
			Time:     strings.TrimSpace(sh(t, dir, nil, "git", "log", "-1", "--format=%cI")), Modified: modified,
			History: &plan.History{Tags: []string{"sub/v2.0.1", "v1.2.3"}},
		}
		want, below := goStamp(t, dir), goStamp(t, filepath.Join(dir, "sub"))
		env := standIn(t, dir, s)
		require.Equal(t, want, goStamp(t, dir, env...))
		require.Equal(t, below, goStamp(t, filepath.Join(dir, "sub"), env...))
		require.Contains(t, want.Main.Version, "v1.2.4-0.")
		require.Contains(t, below.Main.Version, "v2.0.2-0.")
	}
}

// TestGoInventsNoVersion: of a commit without tags whose past is not known, the build info says no more than is known.
func TestGoInventsNoVersion(t *testing.T) {
	dir := repository(t)
	s := plan.Stamp{Revision: commit, Time: "2026-01-31T12:00:00Z"}
	info := goStamp(t, dir, standIn(t, dir, s)...)
	require.Equal(t, "(devel)", info.Main.Version)
	require.Contains(t, info.Settings, debug.BuildSetting{Key: "vcs.revision", Value: commit})
	require.Contains(t, info.Settings, debug.BuildSetting{Key: "vcs.modified", Value: "false"})
	s.Tags = []string{"v1.4.0"}
	require.Equal(t, "v1.4.0", goStamp(t, dir, standIn(t, dir, s)...).Main.Version)
}

// TestStampKeepsCompiledDependencies: what was compiled without the stamp is found again with it: the main package alone is new.
func TestStampKeepsCompiledDependencies(t *testing.T) {
	dir := repository(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nimport \"errors\"\n\nfunc main() { panic(errors.New(\"x\")) }\n"), 0o644))
	env := append(standIn(t, dir, plan.Stamp{Revision: commit, Time: "2026-01-31T12:00:00Z"}), "GOCACHE="+t.TempDir(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	sh(t, dir, env, "go", "build", "-trimpath", "-buildvcs=false", "errors")
	text := sh(t, dir, env, "go", "build", "-trimpath", "-buildvcs=false", "-buildvcs=true", "-x", "-o", filepath.Join(t.TempDir(), "out"), ".")
	require.Equal(t, 1, strings.Count(text, "/compile -o "), text)
	require.Contains(t, text, " -p main ")
}
