package verify

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// seed is a small real file of one format and the platform it is for.
type seed struct {
	platform string
	raw      []byte
}

// seeds are linked by clang, so that they are a few KiB long and most of their bytes mean something.
func seeds(t *testing.T) []seed {
	t.Helper()
	read := func(make compiled) []byte {
		raw, err := os.ReadFile(make(t))
		require.NoError(t, err)
		return raw
	}
	const library = "int __attribute__((visibility(\"default\"))) three(void) { return 3; }\n"
	return []seed{
		{host, read(byGCC(helloC, "-s"))},
		{host, read(byGCC(tlsC, "-shared", "-fPIC", "-Wl,-rpath,lib"))},
		{"linux/amd64", read(byClang("x86_64-linux-gnu", tableC, "-static-pie", "-fPIE"))},
		{"linux/arm/v7", read(byClang("armv7-linux-gnueabihf", hardFloatCode+startC, "-static"))},
		{"linux/mips", read(byClang("mips-linux-gnu", startC, "-static"))},
		{"linux/arm", elfSpec{machine: plain.machine, interp: glibcLoader, needed: glibcSo, needs: glibcNeed("GLIBC_2.34"), defines: []string{"V_1"}, notes: [][]byte{x86Note(1)}}.build()},
		{"windows/amd64", read(byClang("x86_64-pc-windows-msvc", "int mainCRTStartup(void) { return 1; }\n", "-Xlinker", "-subsystem:console"))},
		{"windows/amd64", read(byClang("x86_64-pc-windows-msvc", "int __declspec(dllexport) three(void) { return 3; }", "-shared", "-Xlinker", "-noentry"))},
		{"darwin/arm64", read(byClang("arm64-apple-macos11", library, "-dynamiclib", "-Wl,-platform_version,macos,11.0,11.0"))},
		{"darwin/amd64", read(byClang("x86_64-apple-macos11", library, "-dynamiclib", "-Wl,-platform_version,macos,11.0,11.0"))},
		{"darwin/arm64", read(func(*testing.T) string { return "testdata/lib/lib-darwin.a" })},
		{"windows/amd64", read(func(*testing.T) string { return "testdata/lib/lib-windows.a" })},
		{"wasip1/wasm", wasmModule([]string{"wasi_snapshot_preview1"}, []string{"memory", "_start"})},
	}
}

// wantAll asks for as much as there is to ask.
func wantAll(t testing.TB, platform string) Want {
	want, err := WantFor(platform)
	require.NoError(t, err)
	want.Libc, want.GlibcFloor, want.Link, want.KernelFloor, want.Strip, want.CGO = glibc, "2.31", "static-pie", "4.18", "all", "off"
	want.SymbolFloors = map[string]string{"GLIBCXX": "3.4.20"}
	return want
}

// values are those at which arithmetic goes wrong.
var values = []byte{0, 1, 0x7f, 0x80, 0xff, 0xfe}

// mutate changes one to eight bytes or runs of bytes, more of them in the headers than behind.
func mutate(r *rand.Rand, raw []byte) {
	for range 1 + r.IntN(8) {
		span := len(raw)
		if r.IntN(3) > 0 {
			span = min(span, 1024)
		}
		at := r.IntN(span)
		switch r.IntN(3) {
		case 0:
			raw[at] ^= 1 << r.IntN(8)
		case 1:
			raw[at] = values[r.IntN(len(values))]
		default:
			value := values[r.IntN(len(values))]
			for i := range min(8, len(raw)-at) {
				raw[at+i] = value
			}
		}
	}
}

// TestMutatedFiles: 10,000 damaged files, the same ones each time, give findings and no panic, soon and in little memory.
func TestMutatedFiles(t *testing.T) {
	const count = 10_000
	all := seeds(t)
	random := rand.New(rand.NewPCG(4, 2026))
	for i := range count {
		s := all[i%len(all)]
		raw := bytes.Clone(s.raw)
		mutate(random, raw)
		if i%10 == 0 {
			raw = raw[:random.IntN(len(raw))]
		}
		begin := time.Now()
		var findings []Finding
		require.NotPanics(t, func() { findings = Read(bytes.NewReader(raw), int64(len(raw)), wantAll(t, s.platform)) }, "file %d", i)
		require.NotEmpty(t, findings, "file %d", i)
		require.Less(t, time.Since(begin), 10*time.Second, "file %d", i)
	}
}

// FuzzRead looks for files that make the checks panic.
func FuzzRead(f *testing.F) {
	for _, spec := range []elfSpec{plain, {machine: plain.machine, interp: glibcLoader, needed: glibcSo, needs: glibcNeed("GLIBC_2.34")}, armSpec("/lib/ld-linux-armhf.so.3", armHard, 6, 10)} {
		f.Add(spec.build(), "linux/amd64")
	}
	f.Add(wasmModule([]string{"gojs"}, []string{"run"}), "js/wasm")
	for _, head := range []string{"MZ", "\xcf\xfa\xed\xfe", "\xfe\xed\xfa\xce", "\x7fELF"} {
		f.Add([]byte(head), "windows/amd64")
	}
	f.Fuzz(func(t *testing.T, raw []byte, platform string) {
		want, err := WantFor(platform)
		if err != nil {
			return
		}
		require.NotEmpty(t, Read(bytes.NewReader(raw), int64(len(raw)), wantAll(t, want.platform())))
	})
}
