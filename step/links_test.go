package step

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// program compiles a Go program for linux/amd64 into dir and gives its path.
func program(t *testing.T, dir, name, code string, args ...string) string {
	t.Helper()
	src := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(src, "go.mod"), []byte("module example.com/"+name+"\n\ngo 1.26.0\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(src, "main.go"), []byte(code), 0o644))
	out := filepath.Join(dir, name)
	cmd := exec.Command("go", append(append([]string{"build", "-trimpath", "-buildvcs=false", "-o", out}, args...), ".")...)
	cmd.Dir, cmd.Env = src, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=", "GOWORK=off")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, string(text))
	return out
}

// linked does to a finished program what its link would have done before: the go command fills in the last part of the id after it.
func linked(t *testing.T, dir, file, opened, took string) {
	t.Helper()
	id := buildID(file)
	require.Equal(t, 3, strings.Count(id, "/"), id)
	args := recordLink([]string{"-o", "/tmp/a.out", filepath.Join(filepath.Dir(file), "go.o")}, dir)
	require.Equal(t, []string{"-o", "/tmp/a.out"}, args[:2])
	record, ok := strings.CutPrefix(args[3], "-Wl,--dependency-file=")
	require.True(t, ok)
	require.NoError(t, os.WriteFile(record, []byte(opened), 0o644))
	record, ok = strings.CutPrefix(args[4], "-Wl,--why-extract=")
	require.True(t, ok)
	require.NoError(t, os.WriteFile(record, []byte(took), 0o644))
}

const (
	opened = "/tmp/a.out: \\\n  /target/lib/gcc/x/14/../../../crt1.o \\\n  /tmp/go-link-1/go.o \\\n  /target/usr/lib/libc.a \\\n  /target/usr/lib/libunused.a \\\n  /target/usr/lib/libc.so\n\n/target/usr/lib/other.o:\n"
	took   = "reference\textracted\tsymbol\n/tmp/go.o\t/target/usr/lib/libc.a(printf.o)\tprintf\n/tmp/go.o\t/target/usr/lib/libc.a(exit.o)\texit\n/tmp/go.o\t/modules/x@v1/libx.a(x.o)\tx\nodd\n"
)

func TestLinksOfEachProgram(t *testing.T) {
	links, outputs := t.TempDir(), t.TempDir()
	for _, name := range []string{"one", "two"} {
		file := program(t, t.TempDir(), name, "package main\n\nfunc main() { println(\""+name+"\") }\n")
		// The object that is linked and the program have one id but for its last part.
		require.NoError(t, os.Link(file, filepath.Join(filepath.Dir(file), "go.o")))
		require.NoError(t, os.Link(file, filepath.Join(outputs, name)))
		linked(t, links, file, opened, strings.ReplaceAll(took, "printf.o", name+".o"))
	}
	require.NoError(t, os.WriteFile(filepath.Join(outputs, "text"), []byte("no program"), 0o644))
	require.NoError(t, gatherLinks(links, outputs))
	data, err := os.ReadFile(filepath.Join(links, plan.LinksFile))
	require.NoError(t, err)
	var got plan.Links
	require.NoError(t, json.Unmarshal(data, &got))
	require.Equal(t, plan.Links{
		"one": {{Name: "usr/lib/crt1.o"}, {Name: "usr/lib/libc.a", Members: []string{"exit.o", "one.o"}}},
		"two": {{Name: "usr/lib/crt1.o"}, {Name: "usr/lib/libc.a", Members: []string{"exit.o", "two.o"}}},
	}, got)
	left, err := os.ReadDir(links)
	require.NoError(t, err)
	require.Len(t, left, 1, "records name processes and temporary files")
}

// TestArchivesTakenWhole: their members are in no list.
func TestArchivesTakenWhole(t *testing.T) {
	dir := t.TempDir()
	args := recordLink([]string{"-Wl,--whole-archive", "-lx"}, dir)
	record := strings.TrimPrefix(args[2], "-Wl,--dependency-file=")
	require.NoError(t, os.WriteFile(record, []byte(opened), 0o644))
	require.NoError(t, os.WriteFile(strings.TrimPrefix(args[3], "-Wl,--why-extract="), nil, 0o644))
	got, found, err := linkedFiles(dir, linkKey(""))
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []plan.LinkedFile{{Name: "usr/lib/crt1.o"}, {Name: "usr/lib/libc.a"}, {Name: "usr/lib/libunused.a"}}, got)
}

func TestLinksWithoutARecord(t *testing.T) {
	args := []string{"a.o"}
	require.Equal(t, args, recordLink(args, filepath.Join(t.TempDir(), "none")))
	require.NoError(t, gatherLinks(filepath.Join(t.TempDir(), "none"), t.TempDir()))
	require.NoError(t, passLinks(t.TempDir(), t.TempDir()))
}

func TestGoObject(t *testing.T) {
	file := filepath.Join(t.TempDir(), "response")
	require.NoError(t, os.WriteFile(file, []byte("\"-o\" \"/tmp/x\" \"/tmp/go-link-7/go.o\" \"/tmp/go.old\"\n"), 0o644))
	require.Equal(t, "/tmp/go-link-7/go.o", goObject([]string{"@" + file}))
	require.Equal(t, "/tmp/l/go.o", goObject([]string{"-o", "x", "/tmp/l/go.o"}))
	require.Empty(t, goObject([]string{"-o", "x", "@/none"}))
}

func TestNoteText(t *testing.T) {
	note := append([]byte{4, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0}, "Go\x00\x00a/b\x00"...)
	require.Equal(t, "a/b", noteText(binary.LittleEndian, note))
	for _, bad := range []string{"", "GNU\x00", string(note[:14]), strings.Replace(string(note), "Go", "no", 1)} {
		require.Empty(t, noteText(binary.LittleEndian, []byte(bad)))
	}
	note[4], note[7] = 0xff, 0xff
	require.Equal(t, "a/b\x00", noteText(binary.LittleEndian, note))
}
