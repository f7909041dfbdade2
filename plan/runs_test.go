package plan_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// buildsOf are the go commands of a plan's only unit. Each entry has the mains that stand beside it.
func buildsOf(t *testing.T, target, spec string, mains ...[]string) []plan.BuildOutput {
	t.Helper()
	var facts []plan.BinaryFacts
	for _, list := range mains {
		var f plan.BinaryFacts
		for _, m := range list {
			f.Mains = append(f.Mains, plan.MainPackage{ImportPath: m})
		}
		facts = append(facts, f)
	}
	in, err := plancase.Case{Spec: "# syntax=x\n" + spec, Target: target, Build: "linux/amd64", Facts: facts}.Input()
	require.NoError(t, err)
	p, err := plan.New(in)
	require.NoError(t, err)
	require.Len(t, p.Units, 1)
	return p.Units[0].Builds
}

// renames are what a run does to go's names.
func renames(b plan.BuildOutput) (list []string) {
	for _, f := range b.Files {
		list = append(list, f.Go+" > "+f.Name)
	}
	return list
}

// TestOneRunForEqualLinkFlags: and one for each other text of flags, in the order of the first binary of each.
func TestOneRunForEqualLinkFlags(t *testing.T) {
	builds := buildsOf(t, "linux/amd64", `binaries: [{main: ./..., ldflags: ["-s"]}, {main: ./x}, {main: ./y, name: why, ldflags: ["-s"]}]`,
		[]string{"m/a", "m/b"}, []string{"m/x"}, []string{"m/y"})
	require.Len(t, builds, 2)
	require.Equal(t, []string{"-o", plan.PathBuilt + "/", "m/a", "m/b", "m/y"}, builds[0].Args[len(builds[0].Args)-5:])
	require.Equal(t, []string{"a > a", "b > b", "y > why"}, renames(builds[0]))
	require.Equal(t, "a and 2 more for linux/amd64", builds[0].What)
	require.Equal(t, plan.BuildFile{Go: "y", Name: "why", Package: "m/y", Where: "@{binaries[2].main[0]}", What: "why for linux/amd64"}, builds[0].Files[2])
	require.Equal(t, []string{"-o", plan.PathOut + "/x", "m/x"}, builds[1].Args[len(builds[1].Args)-3:])
	require.Empty(t, builds[1].Files)
	require.Equal(t, "x for linux/amd64", builds[1].What)
}

// TestEqualNamesAreApart: go would write both to one file.
func TestEqualNamesAreApart(t *testing.T) {
	builds := buildsOf(t, "windows/amd64", `binaries: [{main: ./a/app, name: one}, {main: ./b/app, name: two}, {main: ./c}, {main: ./c/app/v3, name: three}]`,
		[]string{"m/a/app"}, []string{"m/b/app"}, []string{"m/c"}, []string{"m/c/app/v3"})
	require.Len(t, builds, 3)
	require.Equal(t, []string{"app.exe > one.exe", "c.exe > c.exe"}, renames(builds[0]))
	require.Equal(t, []string{"-o", plan.PathOut + "/two.exe", "m/b/app"}, builds[1].Args[len(builds[1].Args)-3:])
	require.Equal(t, []string{"-o", plan.PathOut + "/three.exe", "m/c/app/v3"}, builds[2].Args[len(builds[2].Args)-3:])
}

// TestNamesAreGos asks the go command itself how it names programs.
func TestNamesAreGos(t *testing.T) {
	mains := []string{"m", "m/a", "m/b/v2", "m/c/v10", "m/d/v1", "m/e/v0", "m/f/v02", "m/g/v2x", "m/h.exe"}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module m\n\ngo 1.21\n"), 0o644))
	for _, m := range mains {
		at := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(m, "m")))
		require.NoError(t, os.MkdirAll(at, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(at, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644))
	}
	spec := "binaries:\n"
	var lists [][]string
	for i, m := range mains {
		spec += "  - {main: ./x, name: n" + string(rune('a'+i)) + "}\n"
		lists = append(lists, []string{m})
	}
	for _, target := range []string{"linux/arm64", "windows/amd64", "wasip1/wasm"} {
		goos, goarch, _ := strings.Cut(target, "/")
		cmd := exec.Command("go", "list", "-f", "{{.Target}}", "./...")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "GOBIN=", "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOTOOLCHAIN=local")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		var want, got []string
		for _, line := range strings.Fields(string(out)) {
			want = append(want, path.Base(filepath.ToSlash(line)))
		}
		for _, b := range buildsOf(t, target, spec, lists...) {
			for _, f := range b.Files {
				got = append(got, f.Go)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got, target)
	}
}
