package step

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKept(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, text, want string }{
		{"a.go", "//go:build linux\n\npackage a\n\nimport (\n\t\"fmt\" // x\n)\n\nfunc f() { fmt.Println(1) }\n", "//go:build linux\n\npackage a\n\nimport (\n\t\"fmt\" // x\n)\n"},
		{"none.go", "package a // b\n\nvar x = 1\n", "package a // b\n"},
		{"c.go", "package a\n\n// #cgo LDFLAGS: -lz\nimport \"C\"\nimport \"os\"\n\nvar _ = os.Args\n", "package a\n\n// #cgo LDFLAGS: -lz\nimport \"C\"\nimport \"os\"\n"},
		{"embed.go", "package a\n\nimport _ \"embed\"\n\n//go:embed x\nvar x string\n", "package a\n\nimport _ \"embed\"\n\n//go:embed x\nvar x string\n"},
		{"bad.go", "package a\n\nimport fmt\n\nvar x\n", "package a\n\nimport fmt\n\nvar x\n"},
		{"end.go", "package a", "package a"},
		{"open.go", "package a\n\nimport \"fmt\" /* why\nstill why */\n\nvar _ = fmt.Sprint\n", "package a\n\nimport \"fmt\" /* why\nstill why */\n\nvar _ = fmt.Sprint\n"},
		{"mark.cpp", "\ufeff//go:build windows\n\nint x;\n", "\ufeff//go:build windows\n\n"},
		{"go.mod", "module x\n", "module x\n"},
		{"x.c", "/* two\nlines */ // and more\n//go:build linux\n\nint x;\n", "/* two\nlines */ // and more\n//go:build linux\n\n"},
		{"y.s", "#include \"x.h\"\n", ""},
		{"open.h", "/* never closed", "/* never closed"},
		{"README.md", "text", ""},
	} {
		file := filepath.Join(dir, c.name)
		require.NoError(t, os.WriteFile(file, []byte(c.text), 0o644))
		got, err := kept(file, 0)
		require.NoError(t, err)
		require.Equal(t, c.want, string(got), c.name)
	}
}

func TestWhatALinkLeadsToIsKept(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.in": "package a\n\nvar x = 1\n", "b.in": "text\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	require.NoError(t, os.Symlink("a.in", filepath.Join(dir, "a.go")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "c.go")))
	entries, err := skeleton(t.Context(), dir)
	require.NoError(t, err)
	texts := map[string]string{}
	for _, e := range entries {
		texts[e.name] = string(e.text)
	}
	require.Equal(t, map[string]string{"a.go": "a.in", "a.in": "package a\n\nvar x = 1\n", "b.in": "", "c.go": "nowhere"}, texts)
}

// TestGoListSaysTheSameOfTheSkeleton compares over real code: this module and the examples.
func TestGoListSaysTheSameOfTheSkeleton(t *testing.T) {
	repo, err := filepath.Abs("..")
	require.NoError(t, err)
	bare := t.TempDir()
	entries, err := skeleton(t.Context(), repo)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "skeleton.tar")
	var tar bytes.Buffer
	require.NoError(t, writeSkeleton(&tar, entries))
	require.NoError(t, os.WriteFile(file, tar.Bytes(), 0o644))
	require.NoError(t, unpackSkeleton(file, bare))
	for _, c := range []struct{ dir, cgo string }{
		{".", "0"}, {".", "1"}, {"examples/hello", "0"}, {"examples/sqlite", "1"}, {"examples/cxx", "1"}, {"examples/syslib", "1"},
	} {
		want := goList(t, filepath.Join(repo, c.dir), c.cgo)
		require.Equal(t, want, strings.ReplaceAll(goList(t, filepath.Join(bare, c.dir), c.cgo), bare, repo), "%s CGO_ENABLED=%s", c.dir, c.cgo)
	}
}

// goList is what inspect asks.
func goList(t *testing.T, dir, cgo string) string {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", listFields, "./...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED="+cgo, "GOFLAGS=-mod=readonly", "GOWORK=off", "GOPROXY=off")
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "ImportPath")
	return string(out)
}
