package verify

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// inFile writes bytes to a file.
func inFile(raw string) compiled {
	return func(t *testing.T) string {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, []byte(raw), 0o755))
		return file
	}
}

// cut is a real file without its last bytes.
func cut(from compiled, bytes int64) compiled {
	return func(t *testing.T) string {
		raw, err := os.ReadFile(from(t))
		require.NoError(t, err)
		return inFile(string(raw[:int64(len(raw))-bytes]))(t)
	}
}

// withoutGOOS is a real Go file whose build info does not name the system, so that only the rest can tell.
func withoutGOOS(platform string) compiled {
	return func(t *testing.T) string {
		goos, _, _, err := ParsePlatform(platform)
		require.NoError(t, err)
		return inFile(string(edit(t, forPlatform(platform).path(t), "GOOS="+goos, "GOOX="+goos)))(t)
	}
}

// hardFloatCode has a loop in C that is compiled for ARMv7 with floats in registers; Go links such objects (.syso) into any program.
const hardFloatCode = "double scale(double d) { return d * 3; }\n"

// softGoHardC is a program for linux/arm/v5 with an object for armhf in it.
func softGoHardC(t *testing.T) string {
	dir := t.TempDir()
	object := clang(t, "armv7-linux-gnueabihf", hardFloatCode, "-c")
	raw, err := os.ReadFile(object)
	require.NoError(t, err)
	for name, text := range map[string]string{"go.mod": "module example.com/mixed\n\ngo 1.26\n", "main.go": tiny, "scale_linux_arm.syso": string(raw)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	cmd := exec.Command("go", "build", "-o", "mixed", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOENV=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm", "GOARM=5")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	return filepath.Join(dir, "mixed")
}

// TestMustBeRefused: what looks right and is not, each a real file.
func TestMustBeRefused(t *testing.T) {
	for _, c := range []struct {
		name     string
		make     compiled
		platform string
		want     Want
		check    string
		text     string
	}{
		{"GOAMD64=v3 as plain amd64", byGo("linux/amd64/v3"), "linux/amd64", Want{}, "variant", "GOAMD64=v3"},
		{"GOARM=7 as v5", byGo("linux/arm/v7"), "linux/arm/v5", Want{}, "variant", "GOARM=7"},
		{"hard float C in soft float Go", softGoHardC, "linux/arm/v5", Want{}, "float-abi", "hard float"},
		{"hard float C alone", byClang("armv7-linux-gnueabihf", hardFloatCode+startC, "-static"), "linux/arm/v5", Want{}, "float-abi", "hard float"},
		{"ARMv7 C as v5", byClang("armv7-linux-gnueabi", hardFloatCode+startC, "-static", "-mfloat-abi=softfp"), "linux/arm/v5", Want{}, "cpu", "ARMv7"},
		{"android", byGo("android/arm64"), "linux/arm64", Want{}, "os", "android"},
		{"dragonfly", byGo("dragonfly/amd64"), "linux/amd64", Want{}, "os", "dragonfly"},
		{"solaris", byGo("solaris/amd64"), "linux/amd64", Want{}, "os", "solaris"},
		{"illumos", byGo("illumos/amd64"), "linux/amd64", Want{}, "os", "system is"},
		{"freebsd", byGo("freebsd/amd64"), "linux/amd64", Want{}, "os", "freebsd"},
		{"netbsd", byGo("netbsd/amd64"), "linux/amd64", Want{}, "os", "netbsd"},
		{"openbsd", byGo("openbsd/amd64"), "linux/amd64", Want{}, "os", "openbsd"},
		{"android that does not say so", withoutGOOS("android/arm64"), "linux/arm64", Want{}, "os", "android"},
		{"dragonfly that does not say so", withoutGOOS("dragonfly/amd64"), "linux/amd64", Want{}, "os", "dragonfly"},
		{"solaris that does not say so", withoutGOOS("solaris/amd64"), "linux/amd64", Want{}, "os", "solaris"},
		{"illumos that does not say so", withoutGOOS("illumos/amd64"), "linux/amd64", Want{}, "os", "solaris"},
		{"freebsd that does not say so", withoutGOOS("freebsd/amd64"), "linux/amd64", Want{}, "os", "freebsd"},
		{"netbsd that does not say so", withoutGOOS("netbsd/amd64"), "linux/amd64", Want{}, "os", "netbsd"},
		{"openbsd that does not say so", withoutGOOS("openbsd/amd64"), "linux/amd64", Want{}, "os", "openbsd"},

		{"object file", byGCC(helloC, "-c"), host, Want{}, "type", "relocatable object"},
		{"shared library", byGCC("int three(void) { return 3; }", "-shared", "-fPIC"), host, Want{}, "type", "shared object"},
		{"dylib", byClang("arm64-apple-macos11", "int three(void) { return 3; }", "-dynamiclib", "-Wl,-platform_version,macos,11.0,11.0"), "darwin/arm64", Want{}, "type", "dylib"},
		{"dylib as linux", byClang("arm64-apple-macos11", "int three(void) { return 3; }", "-dynamiclib", "-Wl,-platform_version,macos,11.0,11.0"), "linux/arm64", Want{}, "format", "Mach-O"},
		{"DLL", byClang("x86_64-pc-windows-msvc", "int __declspec(dllexport) three(void) { return 3; }", "-shared", "-Xlinker", "-noentry"), "windows/amd64", Want{}, "type", "DLL"},
		{"DLL as linux", byClang("x86_64-pc-windows-msvc", "int __declspec(dllexport) three(void) { return 3; }", "-shared", "-Xlinker", "-noentry"), "linux/amd64", Want{}, "format", "PE"},

		{"glibc's loader where musl was asked", byGCC(helloC), host, Want{Libc: musl}, "loader", "glibc"},
		{"musl's loader where glibc was asked", byGCC(helloC, "-Wl,--dynamic-linker="+Loaders(musl, runtime.GOARCH, "")[0]), host, Want{Libc: glibc}, "loader", "musl"},
		{"loader of nix", byGCC(helloC, "-Wl,--dynamic-linker=/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2"), host, Want{}, "loader", "no libc's own path"},
		{"static-pie that faults", byGCC(emptyRelocatorC, "-static-pie", "-fPIE"), host, Want{}, "start", "crashes"},
		{"Go's static-pie that faults", byGo("linux/amd64", "-buildmode=pie", "-ldflags=-d"), "linux/amd64", Want{}, "type", "nothing relocates it"},

		{"cut section table", cut(byGCC(helloC), 100), host, Want{}, "format", "damaged ELF"},
		{"text", inFile("hello\n"), "linux/amd64", Want{}, "format", "unknown format"},
		{"empty", inFile(""), "linux/amd64", Want{}, "format", "an empty file"},
		{"folder", func(t *testing.T) string { return t.TempDir() }, "linux/amd64", Want{}, "format", "a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want, err := WantFor(c.platform)
			require.NoError(t, err)
			c.want.GOOS, c.want.GOARCH, c.want.Variant = want.GOOS, want.GOARCH, want.Variant
			findings, err := File(c.make(t), c.want)
			require.NoError(t, err)
			require.Contains(t, failures(findings), c.check, "%v", findings)
			require.Contains(t, get(t, findings, c.check).Text, c.text)
		})
	}
}

// allocated is how many bytes a function asks for, all together.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHugeFiles: files of 4 GiB with nothing in them, with the head of a program, and with tables that claim all of it.
func TestHugeFiles(t *testing.T) {
	const size = 4 << 30
	names := elfSpec{machine: plain.machine, attributes: []byte{}}.build() // its last section header is that of the names
	at := len(names) - 64
	putWord := func(b []byte, at int, v uint64) {
		for i := range 8 {
			b[at+i] = byte(v >> (8 * i))
		}
	}
	putWord(names, at+24, 4096)
	putWord(names, at+32, size-4096)
	texts := elfSpec{machine: plain.machine, interp: glibcLoader, needed: glibcSo, fileSizeOfLoad: size}.build()
	tagged := bytes.Index(texts, []byte{byte(elf.DT_STRSZ), 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0}) // libc.so.6 and two zeros
	require.Positive(t, tagged)
	putWord(texts, tagged+8, size-1<<20)
	for name, head := range map[string][]byte{"zeros": nil, "a program": plain.build(), "section names without end": names, "dynamic strings without end": texts} {
		file := filepath.Join(t.TempDir(), "huge")
		require.NoError(t, os.WriteFile(file, head, 0o755))
		require.NoError(t, os.Truncate(file, size))
		begin := time.Now()
		var findings []Finding
		var err error
		used := allocated(func() { findings, err = File(file, Want{GOOS: "linux", GOARCH: "amd64"}) })
		require.NoError(t, err, name)
		require.NotEmpty(t, findings, name)
		require.Less(t, used, uint64(300<<20), name)
		require.Less(t, time.Since(begin), time.Minute, name)
		require.Equal(t, name != "a program", Failed(findings), "%s: %v", name, findings)
		t.Logf("%s: %v, %d KiB", name, time.Since(begin), used>>10)
		require.NoError(t, os.Remove(file))
	}
}
