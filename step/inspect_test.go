package step

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// withRealGo has the steps start the go command that runs the tests.
func withRealGo(t *testing.T) {
	t.Helper()
	file, err := exec.LookPath("go")
	require.NoError(t, err)
	before := goProgram
	goProgram = file
	t.Cleanup(func() { goProgram = before })
}

// offline is an environment for the go command that fetches nothing, as the inspect step has it.
func offline(t *testing.T, more ...string) []string {
	t.Helper()
	home := t.TempDir()
	return append([]string{ // no home: the go command writes its counters there after it has ended
		"PATH=" + os.Getenv("PATH"), "HOME=/dev/null/home", "GOENV=off", "GOFLAGS=", "GOTOOLCHAIN=local", "GOMODCACHE=" + filepath.Join(home, "mod"),
		"GOPATH=" + filepath.Join(home, "gopath"), "GOCACHE=" + cacheOfTests(), "GOPROXY=off", "GOSUMDB=off",
	}, more...)
}

// cacheOfTests is one build cache for all tests of the package: go list reads its index of the standard library from there.
var cacheOfTests = sync.OnceValue(func() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "go-build")
})

// module writes files into a new folder. Symbolic links begin with "->".
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		if target, ok := cutLink(text); ok {
			require.NoError(t, os.Symlink(target, file))
			continue
		}
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

func cutLink(text string) (string, bool) {
	if len(text) > 2 && text[:2] == "->" {
		return text[2:], true
	}
	return "", false
}

// treeAt is the tree of a module in a folder of this machine.
func treeAt(dir string) advice.Tree { return advice.Tree{FS: os.DirFS(dir), Root: dir, Dir: "."} }

// inspected is what step inspect finds in a module for a platform.
func inspected(t *testing.T, dir, os, arch string, b plan.InspectBinary) plan.BinaryFacts {
	t.Helper()
	withRealGo(t)
	if len(b.Patterns) == 0 {
		b.Patterns, b.Where = []string{"."}, []string{"@{binaries[0].main[0]}"}
	}
	facts, err := inspectBinary(t.Context(), treeAt(dir), os+"/"+arch, offline(t, "GOOS="+os, "GOARCH="+arch), b)
	require.NoError(t, err)
	return facts
}

const mainFile = "package main\n\nimport _ \"example.com/m/lib\"\n\nfunc main() {}\n"

// TestCXXByFlags: C++ is also what cgo flags say, in the forms in which modules say it.
func TestCXXByFlags(t *testing.T) {
	forms := []struct {
		flags string
		want  bool
	}{
		{"LDFLAGS: -lm", false}, {"LDFLAGS: -lstdc++", true}, {"LDFLAGS: -L${SRCDIR}/lib -lx -lstdc++ -lm -ldl", true}, {"LDFLAGS: -lc++", true},
		{"LDFLAGS: -lc++abi", true}, {"LDFLAGS: -lstdc++fs", true}, {"LDFLAGS: -l:libstdc++.a", true}, {"LDFLAGS: -static-libstdc++", true},
		{"LDFLAGS: /usr/lib/libstdc++.a", true}, {"linux LDFLAGS: -lstdc++", true}, {"darwin LDFLAGS: -lc++", false}, {"CXXFLAGS: -std=c++17", true},
		{"CFLAGS: -std=c11", false}, {"LDFLAGS: -lcairo", false},
	}
	files := map[string]string{"go.mod": "module example.com/m\n\ngo 1.24\n"}
	for i, f := range forms {
		files[fmt.Sprintf("p%02d/p.go", i)] = "package p\n\n// #cgo " + f.flags + "\nimport \"C\"\n"
	}
	for _, file := range []string{"a.cc", "a.cpp", "a.cxx"} {
		files["files/"+file[2:]+"/p.go"], files["files/"+file[2:]+"/"+file] = "package p\n\nimport \"C\"\n", ""
	}
	withRealGo(t)
	all, err := list(t.Context(), treeAt(module(t, files)), offline(t, "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=1"), plan.InspectBinary{Patterns: []string{"./..."}})
	require.NoError(t, err)
	byPath := map[string]*goPackage{}
	for _, p := range all {
		byPath[p.ImportPath] = p
	}
	for i, f := range forms {
		require.Equal(t, f.want, hasCXX([]*goPackage{byPath[fmt.Sprintf("example.com/m/p%02d", i)]}), f.flags)
	}
	for _, ending := range []string{"cc", "cpp", "cxx"} {
		p := byPath["example.com/m/files/"+ending]
		require.True(t, hasCXX([]*goPackage{p}) && needsCXX(p, []*goPackage{p}), ending)
	}
}

// TestCgoOffWithAnotherPackage: a package with cgo that only files with cgo import is not needed without.
func TestCgoOffWithAnotherPackage(t *testing.T) {
	dir := module(t, map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() { run() }\n",
		"with.go":     "//go:build cgo\n\npackage main\n\nimport \"example.com/m/fast\"\n\nfunc run() { fast.Run() }\n",
		"without.go":  "//go:build !cgo\n\npackage main\n\nfunc run() {}\n",
		"fast/run.go": "package fast\n\nimport \"C\"\n\nfunc Run() {}\n",
	})
	for _, patterns := range []string{".", "./..."} {
		facts := inspected(t, dir, "linux", "amd64", plan.InspectBinary{CGO: "off", Patterns: []string{patterns}, Where: []string{""}})
		require.Empty(t, facts.CGONeeds)
		require.Empty(t, facts.Problems)
		require.False(t, facts.CGO)
		require.Len(t, facts.Mains, 1)
	}
	require.Empty(t, inspected(t, dir, "darwin", "arm64", plan.InspectBinary{CGO: "auto"}).CGONeeds)
	gone := module(t, map[string]string{"go.mod": "module example.com/m\n\ngo 1.24\n", "main.go": "package main\n\nimport \"C\"\n\nfunc main() {}\n"})
	require.Equal(t, []string{"example.com/m"}, inspected(t, gone, "linux", "amd64", plan.InspectBinary{CGO: "off", Patterns: []string{"./..."}, Where: []string{""}}).CGONeeds)
}

// TestLoads: a package that takes functions of shared libraries without cgo is found where a program needs it.
func TestLoads(t *testing.T) {
	dir := module(t, map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.24\n", "main.go": mainFile, "cmd/plain/main.go": "package main\n\nfunc main() {}\n",
		"lib/lib.go": "package lib\n\nimport _ \"unsafe\"\n\n//go:cgo_import_dynamic _ _ \"libm.so.6\"\n",
	})
	facts := inspected(t, dir, "linux", "amd64", plan.InspectBinary{CGO: "auto", Patterns: []string{"./..."}, Where: []string{""}})
	require.Len(t, facts.Mains, 2)
	require.Equal(t, "example.com/m/lib (lib.go:5)", facts.Mains[0].Loads)
	require.Empty(t, facts.Mains[1].Loads)
	require.Empty(t, inspected(t, dir, "darwin", "arm64", plan.InspectBinary{CGO: "auto"}).Mains[0].Loads)
}
