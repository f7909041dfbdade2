package test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// steps reads the raw progress of a build: what ran and what the cache answered, by the names that users see, in order. Vertices
// without inputs are left out, since sources are looked at in any case, and so is what begins with [internal], which only copies files.
// What the build succeeds in spite of is no run either: BuildKit hashes contents ahead and shows it when it need not go on.
func steps(t testing.TB, r env.Result) (ran, cached []string) {
	t.Helper()
	all := map[string]bool{} // whether it ran
	for line := range strings.Lines(r.OK(t).Stderr) {
		var status struct {
			Vertexes []struct {
				Name      string
				Inputs    []string
				Cached    bool
				Error     string
				Completed *time.Time
			}
		}
		if json.Unmarshal([]byte(line), &status) != nil {
			continue // buildx writes a line of text as well
		}
		for _, v := range status.Vertexes {
			if v.Completed != nil && v.Error == "" && len(v.Inputs) > 0 && !strings.HasPrefix(v.Name, "[internal]") {
				all[v.Name] = all[v.Name] || !v.Cached
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] {
			ran = append(ran, name)
		} else {
			cached = append(cached, name)
		}
	}
	return ran, cached
}

// withModule is a program that says hello and imports somebody else's module.
func withModule(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod": "module example.com/remote\n\ngo 1.26\n\nrequire github.com/agext/levenshtein v1.2.3\n",
		"go.sum": "github.com/agext/levenshtein v1.2.3 h1:YB2fHEn0UJagG8T1rrWknE3ZQzWM06O8AMAatNn7lmo=\n" +
			"github.com/agext/levenshtein v1.2.3/go.mod h1:JEDfjyjHDjOF/1e4FlBE/PkbqA9OfWu2ki2W0IB5558=\n",
		"main.go": "package main\n\nimport (\n\t\"os\"\n\n\t\"github.com/agext/levenshtein\"\n)\n\n" +
			"func main() { println(\"hello\", os.Getpid() > 0, levenshtein.Distance(\"a\", \"b\", nil)) }\n",
		"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., name: remote}]\n",
	})
	return dir
}

// edited is a copy of a program with another greeting.
func edited(t testing.TB, dir, old, other string) string {
	t.Helper()
	copied := t.TempDir()
	require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
	text, err := os.ReadFile(filepath.Join(dir, "main.go"))
	require.NoError(t, err)
	write(t, copied, map[string]string{"main.go": strings.Replace(string(text), old, other, 1)})
	return copied
}

// rawBuild builds binaries into out on a daemon, with progress for steps.
func rawBuild(t testing.TB, d *env.Daemon, m *env.Mirror, dir, out string, args ...string) env.Result {
	t.Helper()
	return buildOn(t, d, m, dir, append([]string{"--progress=rawjson", "--target=bin", "-o", out}, args...)...).OK(t)
}

// TestRemoteCaches: what a builder exports is enough for the next one, which begins with nothing.
func TestRemoteCaches(t *testing.T) {
	t.Parallel()
	dir, first := withModule(t), world.NewDaemon(t, env.DaemonOptions{})
	m, asked := world.Watched(t)
	changed := edited(t, dir, "hello", "goodbye")
	local := filepath.Join(t.TempDir(), "cache")
	registry, s3, gha := "type=registry,ref="+world.Registry.Ref("test/remote:cache"), world.S3(t), world.ActionsCache(t)+",scope=remote"
	const platform = "--platform=linux/arm64"
	for _, c := range []struct{ kind, to, from string }{
		{"registry", registry, registry},
		{"local", "type=local,dest=" + local, "type=local,src=" + local},
		{"s3", s3, s3},
		{"gha", gha, gha},
	} {
		t.Run(c.kind, func(t *testing.T) {
			rawBuild(t, first, m, dir, t.TempDir(), platform, "--cache-to="+c.to+",mode=max")
			asked()
			ran, _ := steps(t, rawBuild(t, world.NewDaemon(t, env.DaemonOptions{}), m, dir, t.TempDir(), platform, "--cache-from="+c.from))
			require.Empty(t, ran, "nothing edited")

			out := t.TempDir()
			ran, cached := steps(t, rawBuild(t, world.NewDaemon(t, env.DaemonOptions{}), m, changed, out, platform, "--cache-from="+c.from))
			require.Equal(t, []string{"[inspect] read package clauses and imports", "[linux/arm64] compile remote", "[linux/arm64] verify remote"}, ran)
			require.Subset(t, cached, []string{"[" + strings.Replace(runtime.Version(), "go", "go ", 1) + "] fetch and check the Go toolchain", "[modules] go mod download", "[inspect] go list",
				"[linux/arm64] compile dependencies", "[linux/arm64] compile the standard library"})
			for _, path := range asked() {
				require.Regexp(t, "/toolchain/@v/list$", path, "the list of Go's releases is looked at each time, neither Go nor modules are fetched")
			}
			said := env.Execute(t, env.Program{Platform: "linux/arm64", File: filepath.Join(out, "remote")}).OK(t).Stderr
			require.Equal(t, "goodbye true 1\n", said)
		})
	}
}

// TestRemoteCacheOfC: with C in the program, clang and the sysroot come from the cache too.
func TestRemoteCacheOfC(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSmall(t, dir, "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., name: small}]\n")
	m, asked := world.Watched(t)
	ref := "type=registry,ref=" + world.Registry.Ref("test/remote-c:cache")
	rawBuild(t, world.NewDaemon(t, env.DaemonOptions{}), m, dir, t.TempDir(), "--platform=linux/arm64", "--cache-to="+ref+",mode=max")
	asked()
	ran, _ := steps(t, rawBuild(t, world.NewDaemon(t, env.DaemonOptions{}), m, dir, t.TempDir(), "--platform=linux/arm64", "--cache-from="+ref))
	require.Empty(t, ran, "nothing edited")

	changed := edited(t, dir, "\"small:\"", "\"other:\"")
	ran, cached := steps(t, rawBuild(t, world.NewDaemon(t, env.DaemonOptions{}), m, changed, t.TempDir(), "--platform=linux/arm64", "--cache-from="+ref))
	require.Equal(t, []string{"[inspect] read package clauses and imports", "[linux/arm64] compile small", "[linux/arm64] verify small"}, ran)
	require.Contains(t, cached, "[debian] choose packages")
	for _, path := range asked() {
		require.Regexp(t, "/InRelease$|/toolchain/@v/list$", path, "the signed index and the list of Go's releases are looked at each time, nothing else is fetched")
	}
}

// TestJobsOfOnePlatformEach: each job exports a cache of its own, and a builder that imports all of them has what all of them made. In one
// cache for all the last job's is what stays.
func TestJobsOfOnePlatformEach(t *testing.T) {
	t.Parallel()
	platforms := []string{"linux/amd64", "linux/arm64"}
	dir, m, gha := withModule(t), world.Mirror, world.ActionsCache(t)
	daemons := map[string]*env.Daemon{}
	for _, p := range platforms {
		daemons[p] = world.NewDaemon(t, env.DaemonOptions{})
	}
	kinds := map[string]func(scope string) string{
		"registry": func(scope string) string { return "type=registry,ref=" + world.Registry.Ref("test/jobs:cache-"+scope) },
		"gha":      func(scope string) string { return gha + ",scope=app-" + scope },
	}
	for kind, cache := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Run("jobs", func(t *testing.T) {
				for _, p := range platforms {
					t.Run(folder(p), func(t *testing.T) {
						t.Parallel()
						rawBuild(t, daemons[p], m, dir, t.TempDir(), "--platform="+p, "--cache-to="+cache(folder(p))+",mode=max")
					})
				}
			})
			ran, cached := steps(t, rawBuild(t, world.NewDaemon(t, env.DaemonOptions{}), m, dir, t.TempDir(), twoPlatforms,
				"--cache-from="+cache("linux_amd64"), "--cache-from="+cache("linux_arm64")))
			require.Equal(t, []string{"[inspect] go list"}, ran, "go is asked about all platforms at once")
			require.Subset(t, cached, []string{"[linux/amd64] compile remote", "[linux/arm64] compile remote"})
		})
	}
	t.Run("overwritten", func(t *testing.T) {
		cache := kinds["registry"]("of-all")
		for _, p := range platforms {
			rawBuild(t, daemons[p], m, dir, t.TempDir(), "--platform="+p, "--cache-to="+cache+",mode=max")
		}
		ran, cached := steps(t, rawBuild(t, world.NewDaemon(t, env.DaemonOptions{}), m, dir, t.TempDir(), twoPlatforms, "--cache-from="+cache))
		require.Subset(t, ran, []string{"[linux/amd64] compile dependencies", "[linux/amd64] compile the standard library", "[linux/amd64] compile remote"})
		require.Subset(t, cached, []string{"[linux/arm64] compile dependencies", "[linux/arm64] compile the standard library", "[linux/arm64] compile remote"})
	})
}

// TestCommandWithARemoteCache is crossgo build with two embedded BuildKits that share a folder and nothing else.
func TestCommandWithARemoteCache(t *testing.T) {
	t.Parallel()
	dir, cache := withModule(t), filepath.Join(t.TempDir(), "cache")
	build := func(dir string, args ...string) (ran, cached []string) {
		args = append([]string{"--progress=rawjson", "--target=bin", "--platform=linux/arm64", "-o", filepath.Join(t.TempDir(), "out")}, args...)
		return steps(t, crossgoBuild(t, dir, []string{"XDG_CACHE_HOME=" + t.TempDir()}, args...))
	}
	build(dir, "--cache-to=type=local,mode=max,dest="+cache)
	ran, _ := build(dir, "--cache-from=type=local,src="+cache)
	require.Empty(t, ran)
	ran, _ = build(edited(t, dir, "hello", "goodbye"), "--cache-from=type=local,src="+cache)
	require.Equal(t, []string{"[inspect] read package clauses and imports", "[linux/arm64] compile remote", "[linux/arm64] verify remote"}, ran)
}
