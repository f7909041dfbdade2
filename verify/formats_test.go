package verify

import (
	"bytes"
	"debug/macho"
	stdbinary "encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// readReal is the content of the plain Go build of a platform.
func readReal(t *testing.T, platform string) []byte {
	t.Helper()
	raw, err := os.ReadFile(forPlatform(platform).path(t))
	require.NoError(t, err)
	return raw
}

func TestPE(t *testing.T) {
	raw := readReal(t, "windows/amd64")
	header := stdbinary.LittleEndian.Uint32(raw[0x3c:])
	characteristics, subsystem := header+22, header+24+68
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		link   string
		fails  []string
		check  string
		text   string
	}{
		{"plain", bytes.Clone, "", nil, "needed", "needs kernel32.dll, which the system ships"},
		{"static says nothing", bytes.Clone, "static", nil, "link", "says nothing about a PE file"},
		{"dll", func(b []byte) []byte { b[characteristics+1] |= 0x20; return b }, "", []string{"type"}, "type", "is a DLL"},
		{"not linked", func(b []byte) []byte { b[characteristics] &^= 2; return b }, "", []string{"type"}, "type", "not marked as an executable"},
		{"gui", func(b []byte) []byte { b[subsystem] = 2; return b }, "", nil, "type", "windows gui program"},
		{"driver", func(b []byte) []byte { b[subsystem] = 1; return b }, "", []string{"type"}, "type", "subsystem 1"},
		{"arm64", func(b []byte) []byte { b[header+4], b[header+5] = 0x64, 0xaa; return b }, "", []string{"machine"}, "machine", "aarch64"},
		{"own dll", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("kernel32.dll"), []byte("libgccxx.dll")) }, "", nil, "needed", "must come with the program"},
		{"own dll in a static program", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("kernel32.dll"), []byte("libgccxx.dll")) }, "static", []string{"needed"}, "needed", "needs libgccxx.dll, which the system does not ship"},
	} {
		findings := readBytes(t, c.change(bytes.Clone(raw)), "windows/amd64", Want{Link: c.link})
		require.Equal(t, append([]string{}, c.fails...), failures(findings), "%s: %v", c.name, findings)
		require.Contains(t, get(t, findings, c.check).Text, c.text, c.name)
	}
	require.True(t, isWindowsLibrary("api-ms-win-core-file-l1-1-0.dll"))
}

// loadCommand is the offset of a load command in a 64-bit Mach-O file.
func loadCommand(t *testing.T, raw []byte, id uint32) int {
	t.Helper()
	o := stdbinary.LittleEndian
	at := 32
	for range o.Uint32(raw[16:]) {
		if o.Uint32(raw[at:]) == id {
			return at
		}
		at += int(o.Uint32(raw[at+4:]))
	}
	require.Fail(t, "no such load command")
	return 0
}

func TestMachO(t *testing.T) {
	raw := readReal(t, "darwin/arm64")
	o := stdbinary.LittleEndian
	build, signature := loadCommand(t, raw, lcBuildVersion), loadCommand(t, raw, lcCodeSignature)
	text := bytes.Index(raw, []byte("runtime.main"))
	dropSignature := func(b []byte) []byte { o.PutUint32(b[signature:], 0x7f); return b }
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		link   string
		fails  []string
		check  string
		text   string
	}{
		{"plain", bytes.Clone, "", nil, "signature", "matches the file"},
		{"system", bytes.Clone, "", nil, "needed", "/usr/lib/libSystem.B.dylib"},
		{"changed after signing", func(b []byte) []byte { b[text] ^= 1; return b }, "", []string{"signature"}, "signature", "changed after it was signed"},
		{"unsigned", dropSignature, "", []string{"signature"}, "signature", "has no code signature"},
		{"signature behind the end", func(b []byte) []byte { o.PutUint32(b[signature+8:], 0xfffffff0); return b }, "", []string{"signature"}, "signature", "outside of the file"},
		{"ios", func(b []byte) []byte { o.PutUint32(b[build+8:], 2); return b }, "", []string{"os", "signature"}, "os", "system is ios (LC_BUILD_VERSION)"},
		{"unknown platform", func(b []byte) []byte { o.PutUint32(b[build+8:], 99); return b }, "", []string{"os", "signature"}, "os", "Apple platform 99"},
		{"dylib", func(b []byte) []byte { o.PutUint32(b[12:], uint32(macho.TypeDylib)); return b }, "", []string{"type", "signature"}, "type", "dylib"},
		{"object", func(b []byte) []byte { o.PutUint32(b[12:], 1); return b }, "", []string{"type", "signature"}, "type", "relocatable object"},
		{"own library", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("/usr/lib/libS"), []byte("/opt/lib/libS")) }, "static", []string{"needed", "signature"}, "needed", "/opt/lib/libSystem.B.dylib"},
	} {
		findings := readBytes(t, c.change(bytes.Clone(raw)), "darwin/arm64", Want{Link: c.link})
		require.Equal(t, append([]string{}, c.fails...), failures(findings), "%s: %v", c.name, findings)
		require.Contains(t, get(t, findings, c.check).Text, c.text, c.name)
	}
	intel := dropSignature(bytes.Clone(raw))
	o.PutUint32(intel[4:], uint32(macho.CpuAmd64))
	require.Equal(t, Pass, get(t, readBytes(t, intel, "darwin/amd64", Want{}), "signature").Level)
}

// wasmModule is a module of the given imports (module names) and exports.
func wasmModule(imports, exports []string) []byte {
	name := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	in, out := []byte{byte(len(imports))}, []byte{byte(len(exports))}
	for _, m := range imports {
		in = append(append(append(in, name(m)...), name("f")...), 0, 0)
	}
	for _, e := range exports {
		out = append(append(out, name(e)...), 0, 0)
	}
	raw := []byte("\x00asm\x01\x00\x00\x00")
	raw = append(append(raw, wasmImport, byte(len(in))), in...)
	return append(append(raw, wasmExport, byte(len(out))), out...)
}

func TestWasm(t *testing.T) {
	const wasi = "wasi_snapshot_preview1"
	start := []string{"memory", "_start"}
	jsExports := []string{"run", "resume", "getsp", "mem"}
	for _, c := range []struct {
		name     string
		raw      []byte
		platform string
		fails    []string
		check    string
		text     string
	}{
		{"wasi", wasmModule([]string{wasi}, start), "wasip1/wasm", nil, "os", "imports " + wasi},
		{"js", wasmModule([]string{"gojs"}, jsExports), "js/wasm", nil, "os", "imports gojs"},
		{"js is not wasi", wasmModule([]string{"gojs"}, jsExports), "wasip1/wasm", []string{"type", "os"}, "os", "system is js"},
		{"wasi is not js", wasmModule([]string{wasi}, start), "js/wasm", []string{"type", "os"}, "os", "system is wasip1"},
		{"not linux", wasmModule([]string{wasi}, start), "linux/amd64", []string{"format", "machine", "class", "os"}, "format", "format is WebAssembly"},
		{"imports nothing", wasmModule(nil, start), "wasip1/wasm", nil, "os", "nothing in the file"},
		{"library", wasmModule([]string{wasi}, []string{"add"}), "wasip1/wasm", []string{"type"}, "type", "it is a library"},
		{"host functions", wasmModule([]string{wasi, "env"}, start), "wasip1/wasm", nil, "wasm-imports", "imports wasi_snapshot_preview1.f, env.f, which"},
		{"component", []byte("\x00asm\x0d\x00\x01\x00"), "wasip1/wasm", []string{"format"}, "format", "components are not supported"},
		{"cut", wasmModule([]string{wasi}, start)[:20], "wasip1/wasm", []string{"format"}, "format", "truncated"},
		{"damaged imports", []byte("\x00asm\x01\x00\x00\x00\x02\x02\x05\x09"), "wasip1/wasm", []string{"format"}, "format", "damaged"},
	} {
		findings := readBytes(t, c.raw, c.platform, Want{})
		require.Equal(t, append([]string{}, c.fails...), failures(findings), "%s: %v", c.name, findings)
		require.Contains(t, get(t, findings, c.check).Text, c.text, c.name)
	}
	version := goEnv(t, "GOVERSION")
	findings := readBytes(t, readReal(t, "wasip1/wasm"), "wasip1/wasm", Want{GoVersion: version[:len(version)-1], RequireGo: true, CGO: "off"})
	require.Empty(t, failures(findings), "%v", findings)
}
