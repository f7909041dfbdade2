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
