package test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// compiledCXX needs of a C++ library what all of them have: new, delete, exceptions and type information.
const compiledCXX = `
struct shape { virtual int area() { return 0; } virtual ~shape() {} };
struct square : shape { int side; square(int s) : side(s) {} int area() override { if (side < 0) throw side; return side * side; } };
extern "C" int area(int side) {
	shape *s = new square(side);
	try { int a = s->area(); delete s; return a; } catch (int) { delete s; return -1; }
}
`

// TestCompiledCXXArchive: a module brings an archive that somebody compiled from C++, and no C++ file: -lstdc++ in its cgo flags is
// all that says so.
func TestCompiledCXXArchive(t *testing.T) {
	t.Parallel()
	for _, l := range linkings {
		t.Run(l.libc+"-"+l.link, func(t *testing.T) {
			t.Parallel()
			dir, out := t.TempDir(), t.TempDir()
			write(t, dir, map[string]string{
				"go.mod": "module example.com/area\n\ngo 1.26\n", "main.go": "package main\n\nimport \"example.com/area/shape\"\n\nfunc main() { println(\"area:\", shape.Area(7), shape.Area(-1)) }\n",
				"shape/shape.go": "package shape\n\n// #cgo LDFLAGS: -L${SRCDIR}/lib -lshape -lstdc++\n// int area(int side);\nimport \"C\"\n\nfunc Area(side int) int { return int(C.area(C.int(side))) }\n",
				"crossgo.yaml":   syntax + "go: \"1.26.8\"\nbinaries:\n  - {main: ., libc: " + l.libc + ", link: " + l.link + "}\nimage: {}\n",
			})
			compileArchive(t, filepath.Join(dir, "shape/lib/libshape.a"), compiledCXX)
			build(t, dir, "--target=image", "--platform=linux/"+runtime.GOARCH, "--build-arg=DEBIAN_SECURITY_MIRROR=off", "-o", out).OK(t)
			said := env.Execute(t, env.Program{Platform: "linux/" + runtime.GOARCH, File: filepath.Join(out, "area"), Root: out}).OK(t).Stderr
			requireLines(t, said, "area: 49 -1")
		})
	}
}

// compileArchive makes an archive of one C++ source that includes nothing.
func compileArchive(t *testing.T, file, source string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	write(t, dir, map[string]string{"a.cc": source})
	env.Run(t, env.Cmd{Dir: dir, Args: []string{"clang", "-xc++", "-c", "-O1", "-fPIC", "-o", "a.o", "a.cc"}}).OK(t)
	env.Run(t, env.Cmd{Dir: dir, Args: []string{"ar", "rcs", file, "a.o"}}).OK(t)
}

// TestProgramThatLoadsLibraries: Go code without cgo that asks for a shared library gives a program with a loader, which runs where
// that library is.
func TestProgramThatLoadsLibraries(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{
		"go.mod": "module example.com/load\n\ngo 1.26\n", "main.go": "package main\n\nimport _ \"example.com/load/dl\"\n\nfunc main() { println(\"load: ok\") }\n",
		"dl/dl.go":     "package dl\n\nimport _ \"unsafe\"\n\n//go:cgo_import_dynamic _ _ \"libc.so.6\"\n",
		"crossgo.yaml": syntax + "go: \"1.26.8\"\nbinaries: [{main: .}]\n",
	})
	build(t, dir, "--target=bin", "--platform=linux/"+runtime.GOARCH, "-o", out).OK(t)
	file := filepath.Join(out, "load")
	verified(t, "linux/"+runtime.GOARCH, file, "--dynamic", "--libc", "glibc")
	requireLines(t, env.Run(t, env.Cmd{Args: []string{file}}).OK(t).Stderr, "load: ok")
	write(t, dir, map[string]string{"crossgo.yaml": syntax + "go: \"1.26.8\"\nbinaries: [{main: ., link: static}]\n"})
	refused := filepath.Join(t.TempDir(), "out")
	requireRefused(t, build(t, dir, "--target=bin", "-o", refused), refused, "crossgo.yaml:3:28: link: found static, but example.com/load/dl (dl/dl.go:5) loads shared libraries without cgo", "say link: dynamic")
}

// TestLibraryIsTested: a module without a program has nothing to build, and can be tested.
func TestLibraryIsTested(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	write(t, dir, map[string]string{
		"go.mod": "module example.com/lib\n\ngo 1.26\n", "lib.go": "package lib\n\nfunc Answer() int { return 42 }\n",
		"lib_test.go":  "package lib\n\nimport \"testing\"\n\nfunc TestAnswer(t *testing.T) {\n\tif Answer() != 42 {\n\t\tt.Fatal(\"no\")\n\t}\n}\n",
		"crossgo.yaml": syntax + "go: \"1.26.8\"\n",
	})
	require.Contains(t, build(t, dir, "--target=test").OK(t).Output(), "example.com/lib")
	requireRefused(t, build(t, dir, "--target=bin", "-o", out), out, "crossgo.yaml: main: ./... matches no main package of the module", "--target test tests it")
}
