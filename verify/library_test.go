package verify

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tinyLibrary exports functions of all shapes.
const tinyLibrary = `package main

// typedef struct { int x; } point;
// typedef int (*callback)(int);
import "C"

// Add adds; extern int Fake(int) in a comment is no function.
//
//export Add
func Add(a, b C.int) C.int { return a + b }

/* Both gives { two; things } */
//export Both
func Both(p *C.point, f C.callback) (int, string) { return int(p.x), "" }

//export Größe
func Größe() {}

func main() {}
`

// goLibrary is a build of tinyLibrary for this machine; the file's name decides the header's.
func goLibrary(mode, name string) goBuild {
	return goBuild{name: name, source: tinyLibrary, env: []string{"CGO_ENABLED=1"}, args: []string{"-trimpath", "-buildmode=" + mode}}
}

// libraryWant asks for a library for this machine.
func libraryWant(t *testing.T, mode string) Want {
	t.Helper()
	want, err := WantFor("linux/" + strings.TrimSpace(goEnv(t, "GOHOSTARCH")))
	require.NoError(t, err)
	want.BuildMode = mode
	return want
}

func verifyFile(t *testing.T, file string, want Want) []Finding {
	t.Helper()
	findings, err := File(file, want)
	require.NoError(t, err)
	return findings
}

func TestGoLibraries(t *testing.T) {
	shared, archive := goLibrary("c-shared", "libtiny.so").path(t), goLibrary("c-archive", "libpacked.a").path(t)
	for _, c := range []struct {
		file, mode string
		more       Want
		fails      []string
		check      string
		text       string
	}{
		{shared, "c-shared", Want{}, nil, "exports", "exports Add, Both, Größe, all that its header declares"},
		{archive, "c-archive", Want{}, nil, "exports", "exports Add, Both, Größe, all that its header declares"},
		{shared, "c-shared", Want{}, nil, "type", "shared object"},
		{archive, "c-archive", Want{}, nil, "type", "archive of objects"},
		{archive, "c-archive", Want{}, nil, "machine", " members"},
		{archive, "c-archive", Want{}, nil, "build-info", "Go build info of example.com/tiny"},
		{archive, "c-archive", Want{}, nil, "buildmode", "c-archive"},
		{archive, "c-archive", Want{}, nil, "cgo", "cgo is on"},
		{archive, "c-archive", Want{}, nil, "local-paths", "names no file"},
		{shared, "c-shared", Want{Link: "static", Loader: "/lib/ld.so"}, nil, "loader", "asks for no loader"},
		{shared, "", Want{}, []string{"type", "buildmode"}, "type", "is a shared object"},
		{archive, "", Want{}, []string{"format", "type", "buildmode"}, "type", "is an archive of objects"},
		{shared, "c-archive", Want{}, []string{"format", "type", "buildmode"}, "type", "is a shared object, want an archive of objects"},
		{archive, "c-shared", Want{}, []string{"format", "type", "buildmode"}, "buildmode", "is c-archive, want c-shared"},
		{shared, "c-shared", Want{Exports: []string{"Add", "Mul"}}, []string{"exports"}, "exports", "does not export Mul, which was asked for"},
		{archive, "c-archive", Want{Exports: []string{"Add", "Mul"}}, []string{"exports"}, "exports", "does not export Mul"},
		{shared, "plugin", Want{}, []string{"type"}, "type", `build mode "plugin" was asked for`},
	} {
		want := libraryWant(t, c.mode)
		want.Link, want.Loader, want.Exports = c.more.Link, c.more.Loader, c.more.Exports
		want.RequireGo, want.CGO, want.Trimpath = true, "on", true
		findings := verifyFile(t, c.file, want)
		require.Equal(t, append([]string{}, c.fails...), failures(findings), "%s as %q: %v", c.file, c.mode, findings)
		require.Contains(t, get(t, findings, c.check).Text, c.text, "%s as %q", c.file, c.mode)
	}
}

// TestHeaderBeside: what the header declares must be in the library, and the header must be there and be cgo's.
func TestHeaderBeside(t *testing.T) {
	shared := goLibrary("c-shared", "libtiny.so").path(t)
	header, err := os.ReadFile(strings.TrimSuffix(shared, ".so") + ".h")
	require.NoError(t, err)
	more := strings.Replace(string(header), "extern int Add(", "extern int Sub(int a);\nextern int Add(", 1)
	for _, c := range []struct {
		name, header, text string
		level              Level
	}{
		{"libtiny.h", string(header), "exports Add, Both, Größe", Pass},
		{"tiny.h", string(header), "exports Add, Both, Größe", Pass},
		{"libtiny.h", more, "does not export Sub, which its header declares", Fail},
		{"other.h", string(header), "there is no header libtiny.h beside it", Fail},
		{"libtiny.h", "int Add(int, int);\n", "no header that cgo wrote", Fail},
		{"libtiny.h", string(header[:bytes.Index(header, []byte(headerMark))+len(headerMark)]), "exports nothing", Fail},
	} {
		dir := t.TempDir()
		require.NoError(t, os.Symlink(shared, filepath.Join(dir, "libtiny.so")))
		require.NoError(t, os.WriteFile(filepath.Join(dir, c.name), []byte(c.header), 0o644))
		want := libraryWant(t, "c-shared")
		want.RequireGo = true
		f := get(t, verifyFile(t, filepath.Join(dir, "libtiny.so"), want), "exports")
		require.Equal(t, c.level, f.Level, "%v", f)
		require.Contains(t, f.Text, c.text)
	}
}

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		text  string
		names []string
		bad   string
	}{
		{headerMark + "\nextern int Add(int a);\nextern void B(void (*f)(int), char* s);", []string{"Add", "B"}, ""},
		{headerMark + "\r\n#ifdef __cplusplus\r\nextern \"C\" {\r\n#endif\r\nextern __declspec(dllexport) int Add(int a);\r\n", []string{"Add"}, ""},
		{"extern int Before(void);\n" + headerMark + "\nstruct A_return { int r0; };\nextern struct A_return A(void); /* extern int C(); */ // extern int D();\n", []string{"A"}, ""},
		{headerMark + "\n#define X extern int \\\nE(int);\nextern int variable;\nint Plain(void);\n", nil, ""},
		{headerMark + "\nextern int B(void);\nextern int A(void);\nextern int B(void);\n", []string{"A", "B"}, ""},
		{"int Add(int);", nil, "no header that cgo wrote"},
		{strings.Repeat(" ", maxHeader+1), nil, "longer than"},
	} {
		names, err := Header(strings.NewReader(c.text))
		if c.bad != "" {
			require.ErrorContains(t, err, c.bad)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.names, names, c.text)
	}
}

// tool runs a program in a directory.
func tool(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
}

// TestMembers: an archive is no better than its worst member.
func TestMembers(t *testing.T) {
	real, err := os.ReadFile(goLibrary("c-archive", "libpacked.a").path(t))
	require.NoError(t, err)
	program, err := os.ReadFile(forPlatform("linux/amd64").path(t))
	require.NoError(t, err)
	const long = "an-object-whose-name-is-longer-than-sixteen-characters.o"
	for _, c := range []struct {
		name   string
		member []byte
		fails  []string
		check  string
		text   string
	}{
		{"another object", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_REL}.build(), nil, "machine", "in all"},
		{"another machine", elfSpec{machine: elf.EM_AARCH64, kind: elf.ET_REL}.build(), []string{"machine"}, "machine", "member " + long + ": machine is aarch64"},
		{"another class", elfSpec{machine: elf.EM_386, bits32: true, kind: elf.ET_REL}.build(), []string{"machine", "class"}, "class", "32-bit"},
		{"another byte order", elfSpec{machine: elf.EM_S390, bigE: true, kind: elf.ET_REL}.build(), []string{"machine", "endianness"}, "endianness", "big endian"},
		{"another system", elfSpec{machine: elf.EM_X86_64, abi: elf.ELFOSABI_FREEBSD, kind: elf.ET_REL}.build(), []string{"os"}, "os", "freebsd"},
		{"a program", program, []string{"type"}, "type", "member " + long + " is an executable"},
		{"no object", []byte("just text"), []string{"format"}, "format", "member " + long + " is of an unknown format"},
		{"an archive", []byte(arMagic), []string{"format"}, "format", "is an ar archive, want an object"},
		{"another format", fixture(t, "lib-windows.a")[0xa0:], []string{"format", "os"}, "format", "is a PE object, want ELF"},
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "lib.a"), real, 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, long), c.member, 0o644))
		tool(t, dir, "ar", "q", "lib.a", long)
		want := libraryWant(t, "c-archive")
		want.GOARCH, want.Exports = "amd64", []string{"Add"}
		findings := verifyFile(t, filepath.Join(dir, "lib.a"), want)
		if strings.TrimSpace(goEnv(t, "GOHOSTARCH")) == "amd64" {
			require.Equal(t, append([]string{}, c.fails...), failures(findings), "%s: %v", c.name, findings)
		}
		require.Contains(t, get(t, findings, c.check).Text, c.text, c.name)
	}
}

func TestArchivesOfC(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.c"), []byte("int three(void) { return 3; }\n"), 0o644))
	tool(t, dir, "gcc", "-c", "x.c")
	for _, c := range []struct{ flags, check, text string }{
		{"rcs", "exports", "exports three, all that was asked for"},
		{"rcS", "exports", "has no table of symbols"},
		{"rcsT", "format", "a thin ar archive"},
	} {
		tool(t, dir, "ar", c.flags, c.flags+".a", "x.o")
		want := libraryWant(t, "c-archive")
		want.Exports = []string{"three"}
		findings := verifyFile(t, filepath.Join(dir, c.flags+".a"), want)
		require.Contains(t, get(t, findings, c.check).Text, c.text)
		require.Equal(t, c.flags != "rcs", Failed(findings), "%v", findings)
	}
	want := libraryWant(t, "c-archive") // of C, and without a header: what cannot be known is no failure
	findings := verifyFile(t, filepath.Join(dir, "rcs.a"), want)
	require.Empty(t, failures(findings))
	require.Equal(t, Note, get(t, findings, "exports").Level)
	require.Equal(t, Note, get(t, findings, "build-info").Level)
}

// fixture is a file of testdata/lib, unpacked.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "lib", name))
	require.NoError(t, err)
	if !strings.HasSuffix(name, ".gz") {
		return raw
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	require.NoError(t, err)
	raw, err = io.ReadAll(r)
	require.NoError(t, err)
	return raw
}

// TestLibrariesOfOtherSystems: real files of mingw's and LLVM's linkers and archivers.
func TestLibrariesOfOtherSystems(t *testing.T) {
	both := []string{"Add", "Sub"}
	for _, c := range []struct {
		file, platform, mode string
		exports              []string
		fails                []string
		check, text          string
	}{
		{"lib.dll.gz", "windows/amd64", "c-shared", both, nil, "exports", "exports Add, Sub"},
		{"lib.dll.gz", "windows/amd64", "c-shared", []string{"hidden"}, []string{"exports"}, "exports", "does not export hidden"},
		{"lib.dll.gz", "windows/amd64", "", nil, []string{"type"}, "type", "is a DLL"},
		{"lib.dll.gz", "windows/arm64", "c-shared", both, []string{"machine"}, "machine", "x86-64"},
		{"lib.dylib.gz", "darwin/arm64", "c-shared", both, nil, "exports", "exports Add, Sub"},
		{"lib.dylib.gz", "darwin/arm64", "c-shared", []string{"hidden"}, []string{"exports"}, "exports", "does not export hidden"},
		{"lib.dylib.gz", "darwin/arm64", "", nil, []string{"type"}, "type", "dynamic library"},
		{"lib.dylib.gz", "darwin/amd64", "c-shared", both, []string{"machine"}, "machine", "aarch64"},
		{"lib-windows.a", "windows/amd64", "c-archive", both, nil, "exports", "exports Add, Sub"},
		{"lib-windows.a", "windows/amd64", "c-archive", []string{"Mul"}, []string{"exports"}, "exports", "Mul"},
		{"lib-windows.a", "windows/386", "c-archive", []string{}, []string{"machine", "class"}, "machine", "member lib.obj: machine is x86-64"},
		{"lib-windows.a", "linux/amd64", "c-archive", both, []string{"format", "os"}, "format", "is a PE object, want ELF"},
		{"lib-darwin.a", "darwin/arm64", "c-archive", both, nil, "exports", "exports Add, Sub"},
		{"lib-darwin.a", "darwin/arm64", "c-archive", []string{"Mul"}, []string{"exports"}, "exports", "Mul"},
		{"lib-darwin.a", "darwin/amd64", "c-archive", both, []string{"machine"}, "machine", "member lib-arm64.o: machine is aarch64"},
	} {
		findings := readBytes(t, fixture(t, c.file), c.platform, Want{BuildMode: c.mode, Exports: c.exports})
		require.Equal(t, append([]string{}, c.fails...), failures(findings), "%s as %s %s: %v", c.file, c.platform, c.mode, findings)
		require.Contains(t, get(t, findings, c.check).Text, c.text, "%s as %s", c.file, c.platform)
	}
}

// TestHostileArchives: no cut and no changed byte of an archive or a library panics, and a cut one is never good.
func TestHostileArchives(t *testing.T) {
	for file, platform := range map[string]string{"lib-windows.a": "windows/amd64", "lib-darwin.a": "darwin/arm64", "lib.dll.gz": "windows/amd64"} {
		raw := fixture(t, file)
		want := Want{BuildMode: "c-archive", Exports: []string{"Add"}}
		if strings.HasSuffix(file, ".gz") {
			want.BuildMode = "c-shared"
		}
		for i := range raw {
			require.True(t, Failed(readBytes(t, raw[:i], platform, want)), "%s cut at %d", file, i)
			for _, flip := range []byte{0xff, 0x80, 0x01} {
				bad := bytes.Clone(raw)
				bad[i] ^= flip
				require.NotEmpty(t, readBytes(t, bad, platform, want))
			}
		}
	}
	for text, raw := range map[string]string{
		"no header at byte 8":          arMagic + strings.Repeat("x", arHeader),
		"has no header":                arMagic + "short",
		"has no members":               arMagic,
		"no library for C":             arMagic + arEntry("__.PKGDEF", "go object linux amd64"),
		"is not in the table of names": arMagic + arEntry("/12", "x"),
		"has no name":                  arMagic + arEntry("#1/99", "x"),
		"table of symbols is damaged":  arMagic + arEntry("/", "\xff\xff\xff\xff") + arEntry("x.o/", string(fixture(t, "lib-windows.a")[0xa0:])),
		"names no member for Add":      arMagic + arEntry("/", "\x00\x00\x00\x01\x00\x00\x00\x01Add\x00") + arEntry("x.o/", string(fixture(t, "lib-windows.a")[0xa0:])),
		"table of symbols is cut off":  arMagic + arEntry("/", "\x00\x00\x00\x01\x00\x00\x00\x01") + arEntry("x.o/", string(fixture(t, "lib-windows.a")[0xa0:])),
		"truncated: the member":        arMagic + strings.Replace(arEntry("x.o/", "abcde"), "5   ", "5000", 1),
		"is an empty file, want":       arMagic + arEntry("x.o/", ""),
	} {
		findings := readBytes(t, []byte(raw), "windows/amd64", Want{BuildMode: "c-archive"})
		require.Equal(t, []string{"format"}, failures(findings), "%s: %v", text, findings)
		require.Contains(t, findings[0].Text, text)
	}
}

// arEntry is one member with its header.
func arEntry(name, content string) string {
	pad := func(s string, n int) string { return s + strings.Repeat(" ", n-len(s)) }
	head := pad(name, 16) + pad("0", 12) + pad("0", 6) + pad("0", 6) + pad("644", 8) + pad(strconv.Itoa(len(content)), 10) + arEnd
	if len(content)%2 == 1 {
		content += "\n"
	}
	return head + content
}
