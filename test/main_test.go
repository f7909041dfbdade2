// Package test drives crossgo the way users do: the real docker command and buildx, a real buildkitd, a real registry; and
// runs what comes out. What is fetched comes from mirrors on the loopback address (see test/env), live_test.go excepted. What
// builds is parallel, but for the emulated worker: each build has stretches that keep one processor busy, or none.
package test

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// world is what all tests share.
var world *env.Env

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	e, err := env.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	world = e
	code := m.Run()
	if err := e.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// example is a copy of an example's folder for one test.
func example(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(world.Repo, "examples", name))))
	return dir
}

// write puts files into dir; an empty text removes one.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if text == "" {
			require.NoError(t, os.Remove(file))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
}

// writeSmall makes dir a module with the smallest program that has C in it.
func writeSmall(t testing.TB, dir, spec string) {
	t.Helper()
	write(t, dir, map[string]string{
		"go.mod":       "module example.com/small\n\ngo 1.26\n",
		"main.go":      "package main\n\n// static int answer(void) { return 42; }\nimport \"C\"\n\nfunc main() { println(\"small:\", int(C.answer())) }\n",
		"crossgo.yaml": spec,
	})
}

// shortHello is the example hello with a program that imports little, for tests that compile it from nothing and do not look at
// what it can do: the example imports TLS, and with it three times as much of the standard library.
func shortHello(t testing.TB) string {
	t.Helper()
	dir := example(t, "hello")
	for _, name := range files(t, dir) {
		if strings.HasSuffix(name, ".go") {
			require.NoError(t, os.Remove(filepath.Join(dir, name)))
		}
	}
	write(t, dir, map[string]string{"main.go": "package main\n\nimport (\n\t\"fmt\"\n\t\"runtime\"\n)\n\nvar version = \"unset\"\n\n" +
		"func main() {\n\tfmt.Println(\"hello: ok\")\n\tfmt.Println(\"hello from \" + runtime.GOOS + \"/\" + runtime.GOARCH)\n\tfmt.Println(\"version: \" + version)\n}\n"})
	return dir
}

// build runs docker buildx build for dir with the frontend image of this checkout and the well-behaved mirror.
func build(t testing.TB, dir string, args ...string) env.Result {
	t.Helper()
	return buildOn(t, world.Daemon, world.Mirror, dir, args...)
}

// buildOn is build with a daemon and a mirror. The specs name ghcr.io/crossgo/crossgo:1, for which the registry answers.
func buildOn(t testing.TB, d *env.Daemon, m *env.Mirror, dir string, args ...string) env.Result {
	t.Helper()
	world.FrontendImage(t)
	all := append([]string{"build", "--progress=plain", "-f", "crossgo.yaml"}, m.BuildArgs()...)
	return world.BuildxOn(t, d, dir, append(append(all, args...), ".")...)
}

// folder is where the local exporter puts a platform's files: the name of its folder, or nothing for a single one.
func folder(platform string) string { return strings.ReplaceAll(platform, "/", "_") }

// files are the regular files below dir, by slash-separated relative path.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == dir {
			return fs.SkipAll
		}
		if err == nil && d.Type().IsRegular() {
			rel, relErr := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(rel))
			return relErr
		}
		return err
	})
	require.NoError(t, err)
	return names
}

// tarFiles are the regular files in a tar.
func tarFiles(t testing.TB, file string) map[string][]byte {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	all := map[string][]byte{}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if h.Typeflag == tar.TypeReg {
			data, err := io.ReadAll(r)
			require.NoError(t, err)
			all[strings.TrimPrefix(h.Name, "./")] = data
		}
	}
}

// requireLines checks that each line stands in the text as a whole line.
func requireLines(t testing.TB, text string, want ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, w := range want {
		require.Contains(t, lines, w)
	}
}
