package size

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// program has a package of its own beside main, with a generic function and data, and an import path that Go's linker escapes.
var program = map[string]string{
	"go.mod":          "module example.com/a.b\n\ngo 1.26\n",
	"main.go":         "package main\n\nimport \"example.com/a.b/x.y\"\n\nfunc main() { println(lib.Sum([]int{int(lib.Table[lib.Sum([]int{1, 2})])}), lib.Same(lib.Pair{\"a\", 1}, lib.Pair{})) }\n",
	"x.y/lib.go":      lib,
	"x.y/lib_data.go": "package lib\n\nvar Table = [4096]byte{1, 2, 3}\n",
}

const lib = `package lib

type Pair struct {
	Name string
	N    int
}

//go:noinline
func Sum[T int | float64](list []T) (sum T) {
	for _, v := range list {
		sum += v
	}
	return sum
}

//go:noinline
func Same(a, b any) bool { return a == b }
`

// build makes the program for a platform and gives the file's path.
func build(t testing.TB, platform string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range program {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	out := filepath.Join(dir, "out")
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, args...), ".")...)
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=-p=1", "GOWORK=off")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, string(text))
	return out
}

// find is the package of that name; a missing one has no bytes.
func (m Map) find(name string) Package {
	i := slices.IndexFunc(m.Packages, func(p Package) bool { return p.Name == name })
	if i < 0 {
		return Package{}
	}
	return m.Packages[i]
}

// total is all that the map has by section.
func (m Map) total() int64 {
	n := m.Headers
	for _, s := range m.Sections {
		n += s.Bytes
	}
	return n
}

const libPath = "example.com/a.b/x.y"

// TestPrograms reads what Go makes, in every format and byte order, with symbols and without.
func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		platform string
		args     []string
		text     string // a section that has to be there
		symbols  bool
	}{
		{platform: "linux/amd64", text: ".text", symbols: true},
		{platform: "linux/amd64", args: []string{"-buildmode=pie", "-ldflags=-s -w"}, text: ".text"},
		{platform: "linux/386", text: ".text", symbols: true},
		{platform: "linux/ppc64", text: ".text", symbols: true},
		{platform: "windows/amd64", text: ".text"},
		{platform: "darwin/arm64", text: "__TEXT.__text"},
	} {
		t.Run(strings.ReplaceAll(c.platform, "/", "-")+strings.Join(c.args, ""), func(t *testing.T) {
			file := build(t, c.platform, c.args...)
			m, err := File(file)
			require.NoError(t, err)
			require.Equal(t, c.symbols, m.Symbols)
			require.Equal(t, m.Bytes, m.total())
			require.Greater(t, m.find("runtime").Code, int64(100_000))
			require.Positive(t, m.find("main").Code)
			require.Equal(t, "example.com/a.b", m.Main)
			require.Equal(t, []string{m.Main, m.Main, Std}, []string{m.find("main").Module, m.find(libPath).Module, m.find("runtime").Module})
			require.Positive(t, m.find(libPath).Code)
			require.True(t, slices.ContainsFunc(m.Sections, func(s Section) bool { return s.Name == c.text && s.Kind == Code }), m.Sections)
			require.True(t, slices.IsSortedFunc(m.Packages, func(a, b Package) int { return int(b.Bytes - a.Bytes) }))
			if c.symbols {
				require.GreaterOrEqual(t, m.find(libPath).Bytes-m.find(libPath).Code, int64(4096))
			}
			require.Less(t, m.find(Foreign).Code, int64(100_000), "code of a program without C")
			again, err := File(file)
			require.NoError(t, err)
			require.Equal(t, m, again)
		})
	}
}

// TestStripped: by code, a file without symbols has the same packages.
func TestStripped(t *testing.T) {
	for _, platform := range []string{"linux/amd64", "windows/amd64", "darwin/arm64"} {
		whole, err := File(build(t, platform))
		require.NoError(t, err)
		stripped, err := File(build(t, platform, "-ldflags=-s -w"))
		require.NoError(t, err)
		for _, p := range stripped.Packages {
			require.Equal(t, p.Code, p.Bytes)
			require.InDelta(t, whole.find(p.Name).Code, p.Code, 4096, "%s: %s", platform, p.Name)
		}
		require.Positive(t, stripped.find(libPath).Code)
	}
}

// TestNoSections reads an ELF file whose section table is cut off: segments stand for sections.
func TestNoSections(t *testing.T) {
	data, err := os.ReadFile(build(t, "linux/amd64"))
	require.NoError(t, err)
	clear(data[0x28:0x30]) // e_shoff
	clear(data[0x3a:0x40]) // e_shentsize, e_shnum, e_shstrndx
	m, err := Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	require.Positive(t, m.find(libPath).Code)
	require.Equal(t, "segment x+r", m.Sections[slices.IndexFunc(m.Sections, func(s Section) bool { return s.Kind == Code })].Name)
}

// TestC reads a program without Go in it: its code has no packages.
func TestC(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.c")
	require.NoError(t, os.WriteFile(source, []byte("static int filler[20000] = {1};\nint main(int n, char **v) { return filler[n]; }\n"), 0o644))
	text, err := exec.Command("gcc", "-o", filepath.Join(dir, "out"), source).CombinedOutput()
	require.NoError(t, err, string(text))
	m, err := File(filepath.Join(dir, "out"))
	require.NoError(t, err)
	require.Len(t, m.Packages, 1)
	require.Equal(t, Foreign, m.Packages[0].Name)
	require.Greater(t, m.Packages[0].Bytes, int64(80_000))
}

// TestWasm reads modules: functions have no addresses there, and memory has holes.
func TestWasm(t *testing.T) {
	whole, err := File(build(t, "wasip1/wasm"))
	require.NoError(t, err)
	require.Equal(t, whole.Bytes, whole.total())
	require.Greater(t, whole.find("runtime").Code, int64(100_000))
	require.Positive(t, whole.find(libPath).Code)
	var code int64
	for _, p := range whole.Packages {
		code += p.Code
	}
	section := whole.Sections[slices.IndexFunc(whole.Sections, func(s Section) bool { return s.Kind == Code })]
	require.InDelta(t, section.Bytes, code, float64(section.Bytes)/20)
	stripped, err := File(build(t, "wasip1/wasm", "-ldflags=-s -w"))
	require.NoError(t, err)
	require.Equal(t, whole.find(libPath), stripped.find(libPath))
}

func TestNoFormat(t *testing.T) {
	for _, text := range []string{"", "MQ", "#!/bin/sh\n", strings.Repeat("\x00", 4096)} {
		_, err := Read(strings.NewReader(text), int64(len(text)))
		require.ErrorIs(t, err, ErrFormat)
	}
	_, err := File(t.TempDir())
	require.ErrorIs(t, err, ErrFormat)
	_, err = File(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Read(strings.NewReader("\x7fELF"), 4)
	require.ErrorContains(t, err, "a damaged ELF file: ")
	require.False(t, errors.Is(err, ErrFormat))
}

func TestModuleOf(t *testing.T) {
	m := modules{main: "example.com/a", paths: map[string]bool{"example.com/a": true, "example.com/a/b": true, "own": true}}
	for path, want := range map[string]string{
		"main": "example.com/a", "example.com/a/c": "example.com/a", "example.com/a/b/c": "example.com/a/b", "example.com/ab": "", "own/x": "own", "net/http": Std, Foreign: "", "": Std,
	} {
		require.Equal(t, want, m.of(path), path)
	}
	require.Empty(t, modules{}.of("net/http"))
}

func TestPackageOf(t *testing.T) {
	for name, want := range map[string]string{
		"main.main": "main", "net/http.(*conn).serve.func1": "net/http", "runtime.memmove.abi0": "runtime", "example.com/a%2eb.F": "example.com/a.b",
		"slices.SortFunc[go.shape.*net/http.Request]": "slices", "go.opentelemetry.io/otel.init": "go.opentelemetry.io/otel",
		"type:.eq.net/http.Request": "net/http", "type:.eq.[2]example.com/x.T": "example.com/x", "type..hash.os.File": "os", "type:*": Shared, "go:string.*": Shared,
		"go:(*struct { sync.Mutex }).Lock": Shared, "type:.eq.struct { a.B int }": Shared, "typerel.*": Shared, "sqlite3_open": Foreign, "": Foreign,
		".x": Others, "a%zz.F": "a%zz", "a%2": Foreign, strings.Repeat("a", 600) + ".F": Others, "example.com/x": "example.com/x", "type:.eq.[": Shared,
	} {
		require.Equal(t, want, string(packageOf([]byte(name))), name)
	}
}

// TestMutated changes bytes of programs and of their tables at random. Nothing may panic, and memory stays bounded.
func TestMutated(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, platform := range []string{"linux/amd64", "linux/386", "windows/amd64", "darwin/arm64", "wasip1/wasm"} {
		data, err := os.ReadFile(build(t, platform))
		require.NoError(t, err)
		table := max(bytes.Index(data, []byte("\xf1\xff\xff\xff\x00\x00")), 0)
		var before, after runtime.MemStats
		for i := range 200 {
			bad := bytes.Clone(data)
			for range 1 + rnd.IntN(8) {
				at := []int{rnd.IntN(1024), rnd.IntN(len(bad)), min(table+rnd.IntN(96), len(bad)-1), len(bad) - 1 - rnd.IntN(4096)}[rnd.IntN(4)]
				bad[at] = byte(rnd.Uint32())
			}
			if i%10 == 0 {
				bad = bad[:rnd.IntN(len(bad))]
			}
			runtime.ReadMemStats(&before)
			m, err := Read(bytes.NewReader(bad), int64(len(bad)))
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), "%s: %d", platform, i)
			if err == nil {
				for _, p := range m.Packages {
					require.LessOrEqual(t, p.Bytes, 2*m.Bytes, fmt.Sprint(p))
				}
			}
		}
	}
}

// zeros is a file of any size that takes no memory.
type zeros struct{ head []byte }

func (z zeros) ReadAt(p []byte, at int64) (int, error) {
	clear(p)
	if at < int64(len(z.head)) {
		copy(p, z.head[at:])
	}
	return len(p), nil
}

// TestHuge is files of 4 GiB whose headers are a program's: what is behind them is not held.
func TestHuge(t *testing.T) {
	for _, platform := range []string{"linux/amd64", "windows/amd64", "darwin/arm64"} {
		data, err := os.ReadFile(build(t, platform, "-ldflags=-s -w"))
		require.NoError(t, err)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = Read(zeros{data[:4096]}, 4<<30)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), platform)
		t.Log(platform, err)
	}
}
