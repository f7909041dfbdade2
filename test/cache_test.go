package test

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// What compile steps and dependency steps say.
var (
	compiledLine = regexp.MustCompile(`packages compiled: (\d+); objects found in the dependency layers`)
	layerLine    = regexp.MustCompile(`packages compiled: (\d+); objects kept`)
)

// compiled is how many packages the compile steps of a build compiled; cached steps compile none.
func compiled(t testing.TB, r env.Result) int { return count(t, r, compiledLine) }

// count adds up the numbers in lines of the log.
func count(t testing.TB, r env.Result, line *regexp.Regexp) int {
	t.Helper()
	sum := 0
	for _, m := range line.FindAllStringSubmatch(r.OK(t).Stderr, -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		sum += n
	}
	return sum
}

// threePackages is a program of three packages, each importing the next.
func threePackages(t testing.TB, module, spec string) string {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":       "module " + module + "\n\ngo 1.26\n",
		"main.go":      "package main\n\nimport \"" + module + "/a\"\n\nvar version = \"dev\"\n\nfunc main() { println(version, a.A()) }\n",
		"a/a.go":       "package a\n\nimport \"" + module + "/b\"\n\nfunc A() string { return b.B() }\n",
		"b/b.go":       "package b\n\nfunc B() string { return \"b\" }\n",
		"crossgo.yaml": spec,
	})
	return dir
}

const versioned = "# syntax=ghcr.io/crossgo/crossgo:1\nargs: {VERSION: dev}\nbinaries: [{main: ., name: three, ldflags: ['-X main.version=${VERSION}']}]\n"

func TestEditCompilesWhatItTouches(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"auto", "mounts"} {
		t.Run(mode, func(t *testing.T) {
			module := "example.com/edit" + mode
			dir := threePackages(t, module, versioned+"cache: "+mode+"\n")
			args := []string{"--platform=linux/amd64", "-o", t.TempDir()}
			first := compiled(t, build(t, dir, args...))
			require.GreaterOrEqual(t, first, 3)

			write(t, dir, map[string]string{"README": "nothing that go reads"})
			require.Zero(t, compiled(t, build(t, dir, args...)))
			write(t, dir, map[string]string{"main.go": "package main\n\nimport \"" + module + "/a\"\n\nvar version = \"dev\"\n\nfunc main() { println(version, a.A(), 2) }\n"})
			require.Equal(t, 1, compiled(t, build(t, dir, args...)), "main alone")
			require.Zero(t, compiled(t, build(t, dir, append(args, "--build-arg=VERSION=1.2")...)), "a version only links")
			write(t, dir, map[string]string{"b/b.go": "package b\n\nfunc B() string { return \"other\" }\n\nfunc New() {}\n"})
			require.Equal(t, 3, compiled(t, build(t, dir, args...)), "b and what imports it")

			other := t.TempDir()
			require.NoError(t, os.CopyFS(other, os.DirFS(dir)))
			write(t, other, map[string]string{"README": "another working copy"})
			require.Zero(t, compiled(t, build(t, other, args...)))
		})
	}
}

// TestLayersAskTheBuilder: a layer that is made anew is made of what the builder has, packages with C and assembly included; these as
// long as the sysroot is the same. No other test builds for this variant.
func TestLayersAskTheBuilder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := func(imports, packages string) int {
		write(t, dir, map[string]string{
			"go.mod":       "module example.com/asks\n\ngo 1.26\n",
			"main.go":      "package main\n\nimport (\n\t\"os/user\"\n" + imports + ")\n\nfunc main() { println(user.Current()) }\n",
			"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., name: asks, cgo: on, packages: [" + packages + "]}]\n",
		})
		return count(t, build(t, dir, "--platform=linux/amd64/v2", "-o", t.TempDir()), layerLine)
	}
	require.Greater(t, program("", ""), 50)
	require.Equal(t, 1, program("\t_ \"encoding/ascii85\"\n", ""), "the one that is new")
	withC := program("\t_ \"encoding/ascii85\"\n", "zlib1g-dev")
	require.Greater(t, withC, 1, "C is compiled with another sysroot")
	require.Less(t, withC, 20)
}

// TestLayersAlone compiles the user's packages every time, and keeps the dependencies'.
func TestLayersAlone(t *testing.T) {
	t.Parallel()
	dir := threePackages(t, "example.com/layers", versioned+"cache: layers\n")
	args := []string{"--platform=linux/amd64", "-o", t.TempDir()}
	build(t, dir, args...).OK(t)
	write(t, dir, map[string]string{"b/b.go": "package b\n\nfunc B() string { return \"other\" }\n"})
	again := build(t, dir, args...).OK(t)
	require.Regexp(t, `compile the standard library[^\n]*\n#\d+ CACHED`, again.Stderr)
	require.NotContains(t, again.Stderr, "packages compiled", "go has its own cache there")
}

// TestChangedHeader: go looks at the files of a package's folder, not at what its C code includes from elsewhere.
func TestChangedHeader(t *testing.T) {
	t.Parallel()
	prog := cacheProg(t)
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("x"), 0o600))
	objects := httptest.NewServer(&objectServer{store: map[string][]byte{}})
	t.Cleanup(objects.Close)
	for mode, cache := range map[string]string{"auto": "auto", "mounts": "mounts", "prog": "{prog: [tools/cacheprog, --url, '" + objects.URL + "']}"} {
		t.Run(mode, func(t *testing.T) {
			dir, out := t.TempDir(), t.TempDir()
			require.NoError(t, os.CopyFS(filepath.Join(dir, "tools"), os.DirFS(filepath.Dir(prog))))
			write(t, dir, map[string]string{
				"go.mod": "module example.com/header" + mode + "\n\ngo 1.26\n",
				"main.go": "package main\n\n// #cgo CFLAGS: -I${SRCDIR}/include\n// #include \"answer.h\"\n// #if __has_include(<zlib.h>)\n// #define ZLIB 1\n// #else\n// #define ZLIB 0\n" +
					"// #endif\n// static int answer(void) { return ANSWER; }\n// static int zlib(void) { return ZLIB; }\nimport \"C\"\n\nfunc main() { println(int(C.answer()), int(C.zlib())) }\n",
				"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., name: header, libc: glibc}]\ncache: " + cache + "\n",
			})
			run := func(header string) (said string, packages int) {
				write(t, dir, map[string]string{"include/answer.h": header})
				r := build(t, dir, "--platform=linux/amd64", "--secret=id=cache-prog,src="+token, "-o", out)
				packages = compiled(t, r)
				return env.Execute(t, env.Program{Platform: "linux/amd64", File: filepath.Join(out, "header")}).OK(t).Stderr, packages
			}
			said, _ := run("#define ANSWER 1\n")
			require.Equal(t, "1 0\n", said)
			said, packages := run("#define ANSWER 2\n")
			require.Equal(t, "2 0\n", said)
			if mode != "prog" { // which says nothing of what it did
				require.Equal(t, 1, packages, "what is not the user's has nothing to do with it")
			}
			write(t, dir, map[string]string{"README": "so that compile runs"})
			said, _ = run("#define ANSWER 2\n")
			require.Equal(t, "2 0\n", said)

			write(t, dir, map[string]string{"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., name: header, libc: glibc, packages: [zlib1g-dev]}]\ncache: " + cache + "\n"})
			said, _ = run("#define ANSWER 2\n")
			require.Equal(t, "2 1\n", said, "another sysroot")
		})
	}
}

// objectServer is the far end of the double in test/cacheprog: a store that counts what is asked for.
type objectServer struct {
	mu       sync.Mutex
	store    map[string][]byte
	hits     int // objects that were there
	packages int // archives that were put
	token    string
}

func (s *objectServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = r.Header.Get("Authorization")
	if r.Method == http.MethodPut {
		body := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.store[r.URL.Path] = body
		var object struct{ Body []byte }
		if err := json.Unmarshal(body, &object); err == nil && bytes.HasPrefix(object.Body, []byte("!<arch>")) {
			s.packages++
		}
		return
	}
	body, ok := s.store[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.hits++
	_, _ = w.Write(body)
}

func (s *objectServer) counts() (hits, packages int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hits, s.packages
}

// cacheProg is the program of test/cacheprog, alone in its folder.
func cacheProg(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cacheprog")
	cmd := exec.Command("go", "build", "-o", file, "./test/cacheprog")
	cmd.Dir, cmd.Env = world.Repo, append(os.Environ(), "CGO_ENABLED=0")
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	return file
}

// TestReplacedBelow: a module of other people that needs one that the user replaced by a folder of the own.
func TestReplacedBelow(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"auto", "mounts"} {
		dir, out := t.TempDir(), t.TempDir()
		write(t, dir, map[string]string{
			"go.mod":             "module example.com/replaced\n\ngo 1.26\n\nrequire rsc.io/quote v1.5.2\n\nrequire rsc.io/sampler v1.3.0 // indirect\n\nreplace rsc.io/sampler => ./sampler\n",
			"go.sum":             "rsc.io/quote v1.5.2 h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=\nrsc.io/quote v1.5.2/go.mod h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=\n",
			"main.go":            "package main\n\nimport \"rsc.io/quote\"\n\nfunc main() { println(quote.Hello()) }\n",
			"sampler/go.mod":     "module rsc.io/sampler\n\ngo 1.26\n",
			"sampler/sampler.go": "package sampler\n\nfunc Hello() string { return \"from the folder\" }\n",
			"crossgo.yaml":       "# syntax=ghcr.io/crossgo/crossgo:1\ncache: " + mode + "\n",
		})
		build(t, dir, "--platform=linux/amd64", "-o", out).OK(t)
		said := env.Execute(t, env.Program{Platform: "linux/amd64", File: filepath.Join(out, "replaced")}).OK(t).Stderr
		require.Equal(t, "from the folder\n", said)
	}
}

// TestCacheProg: two builders that share nothing but the user's program.
func TestCacheProg(t *testing.T) {
	t.Parallel()
	objects := &objectServer{store: map[string][]byte{}}
	server := httptest.NewServer(objects)
	t.Cleanup(server.Close)
	dir := threePackages(t, "example.com/prog", "# syntax=ghcr.io/crossgo/crossgo:1\nargs: {CACHE_URL: none}\nbinaries: [{main: ., name: three}]\ncache:\n  prog: [tools/cacheprog, --url, '${CACHE_URL}']\n")
	require.NoError(t, os.CopyFS(filepath.Join(dir, "tools"), os.DirFS(filepath.Dir(cacheProg(t)))))
	secret := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(secret, []byte("let me in"), 0o600))
	args := []string{"--platform=linux/arm64", "--build-arg=CACHE_URL=" + server.URL, "--secret=id=cache-prog,src=" + secret, "-o", t.TempDir()}

	buildOn(t, world.NewDaemon(t, env.DaemonOptions{}), world.Mirror, dir, args...).OK(t)
	hits, packages := objects.counts()
	require.Zero(t, hits)
	require.Greater(t, packages, 3)
	require.Equal(t, "let me in", objects.token)
	r := buildOn(t, world.NewDaemon(t, env.DaemonOptions{}), world.Mirror, dir, args...).OK(t)
	require.NotContains(t, r.Stderr, "compile the standard library", "there are no layers of dependencies")
	again, more := objects.counts()
	require.Greater(t, again, 3)
	require.Equal(t, packages, more, "nothing is compiled twice")
}

func TestCacheProgThatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := threePackages(t, "example.com/noprog", "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., name: three}]\ncache:\n  prog: tools/cacheprog\n")
	out := filepath.Join(t.TempDir(), "out")
	requireRefused(t, build(t, dir, "-o", out), out, "crossgo.yaml:4:3: cache: prog: tools/cacheprog is not in the build context")
	write(t, dir, map[string]string{"tools/cacheprog": "#!/bin/sh\n"})
	requireRefused(t, build(t, dir, "-o", out), out, "cache: prog: found tools/cacheprog with mode -rw-r--r--, want an executable file")
}

// TestProfile: default.pgo is something that dependencies are compiled by, in their layers as in the compile step.
func TestProfile(t *testing.T) {
	t.Parallel()
	var profile bytes.Buffer
	require.NoError(t, pprof.StartCPUProfile(&profile))
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); {
		_ = strings.Repeat("x", 1<<16)
	}
	pprof.StopCPUProfile()
	dir := threePackages(t, "example.com/three", "# syntax=ghcr.io/crossgo/crossgo:1\n") // go list is asked for all three packages
	write(t, dir, map[string]string{"default.pgo": profile.String()})
	out := t.TempDir()
	args := []string{"--platform=linux/amd64", "-o", out}
	require.Equal(t, 3, compiled(t, build(t, dir, args...)), "the user's packages alone: what they import was compiled by the profile before")
	info, err := buildinfo.ReadFile(filepath.Join(out, "three"))
	require.NoError(t, err)
	require.Contains(t, info.Settings, debug.BuildSetting{Key: "-pgo", Value: "default.pgo"})
	write(t, dir, map[string]string{"b/b.go": "package b\n\nfunc B() string { return \"more\" }\n"})
	again := build(t, dir, args...)
	require.Equal(t, 3, compiled(t, again), "b and what imports it")
	require.Regexp(t, `compile the standard library[^\n]*\n#\d+ CACHED`, again.Stderr)
}
