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
	sections := header + 24 + uint32(stdbinary.LittleEndian.Uint16(raw[header+20:]))
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
		{"no entry", func(b []byte) []byte { clear(b[header+24+16 : header+24+20]); return b }, "", []string{"type"}, "type", "entry point at 0x0, where there is no code"},
		{"arm without Thumb-2", func(b []byte) []byte { b[header+4], b[header+5] = 0xc0, 1; return b }, "", []string{"format"}, "format", "unrecognized PE machine: 0x1c0"},
		{"sections in one place", func(b []byte) []byte { copy(b[sections+40+12:][:4], b[sections+12:]); return b }, "", []string{"format"}, "format", "before section .text ends"},
		{"sections of the same bytes", func(b []byte) []byte { copy(b[sections+40+20:][:4], b[sections+20:]); return b }, "", []string{"format"}, "format", "sections .text and .rdata share bytes of the file"},
		{"section behind the end", func(b []byte) []byte { b[sections+16+3] = 0x7f; return b }, "", []string{"format"}, "format", "truncated: section .text"},
		{"imports nowhere", func(b []byte) []byte { b[header+24+112+8+3] = 0x7f; return b }, "", []string{"format"}, "format", "table of imports is damaged"},
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
		{"no entry", func(b []byte) []byte { o.PutUint32(b[loadCommand(t, b, lcMain):], 0x7f); return b }, "", []string{"type", "signature"}, "type", "has no entry point"},
		{"another loader", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(appleLoader), []byte("/opt/lib/dyld")) }, "", []string{"loader", "signature"}, "loader", "loader is /opt/lib/dyld, want /usr/lib/dyld"},
		{"arm64e", func(b []byte) []byte { b[8] = 2; return b }, "", []string{"cpu", "signature"}, "cpu", "arm64e"},
		{"unknown subtype", func(b []byte) []byte { b[8] = 9; return b }, "", []string{"cpu", "signature"}, "cpu", "processor subtype 9"},
		{"@rpath of nowhere", func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("/usr/lib/libSystem"), []byte("@rpath/l/libSystem"))
		}, "", []string{"needed", "signature"}, "needed", "has no LC_RPATH"},
		{"beside the program", func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("/usr/lib/libSystem"), []byte("@executable_path/m"))
		}, "", []string{"signature"}, "needed", "must come with the program"},
		{"of the machine that built it", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("/usr/lib/libS"), []byte("/opt/lib/libS")) }, "", []string{"needed", "signature"}, "needed", "only on machines like the one that built"},
		{"weak", func(b []byte) []byte {
			o.PutUint32(b[loadCommand(t, b, lcLoadDylib):], lcWeakDylib)
			return bytes.ReplaceAll(b, []byte("/usr/lib/libS"), []byte("/opt/lib/libS"))
		}, "", []string{"signature"}, "needed", "must come with the program"},
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

// TestHardeningAndVersions: what PE and Mach-O files say of the system they run on, and how they are protected.
func TestHardeningAndVersions(t *testing.T) {
	const windows, darwin = "windows/amd64", "darwin/amd64"
	gui := forPlatform(windows, "-ldflags=-H=windowsgui").path(t)
	fixed := forPlatform(windows, "-buildmode=exe").path(t)
	of := map[string][]byte{windows: readReal(t, windows), darwin: readReal(t, darwin), "gui": readFile(t, gui), "fixed": readFile(t, fixed), "linux/amd64": readReal(t, "linux/amd64")}
	section := bytes.Index(of[windows][:4096], []byte(".data\x00"))
	flags := func(bit byte) func([]byte) []byte { return func(b []byte) []byte { b[26] ^= bit; return b } } // the third byte of a Mach-O header's flags
	for _, c := range []struct {
		file, platform string
		change         func([]byte) []byte
		want           Want
		check          string
		level          Level
		text           string
	}{
		{windows, windows, bytes.Clone, Want{}, "pe-hardening", Pass, "ASLR, NX"},
		{"fixed", windows, bytes.Clone, Want{}, "pe-hardening", Warn, "no DYNAMIC_BASE"},
		{"fixed", windows, bytes.Clone, Want{}, "pe-hardening", Warn, "no HIGH_ENTROPY_VA"},
		{windows, windows, func(b []byte) []byte { b[section+39] |= 0x20; return b }, Want{}, "pe-hardening", Warn, "can be written and executed at once: .data"},
		{windows, windows, bytes.Clone, Want{Subsystem: "console"}, "subsystem", Pass, "subsystem is console"},
		{"gui", windows, bytes.Clone, Want{Subsystem: "gui"}, "subsystem", Pass, "subsystem is gui"},
		{"gui", windows, bytes.Clone, Want{Subsystem: "console"}, "subsystem", Fail, "subsystem is gui, want console"},
		{windows, windows, bytes.Clone, Want{Subsystem: "window"}, "subsystem", Fail, "want console or gui"},
		{"linux/amd64", "linux/amd64", bytes.Clone, Want{Subsystem: "gui"}, "subsystem", Note, "only windows"},

		{darwin, darwin, bytes.Clone, Want{}, "macho-hardening", Pass, "PIE"},
		{darwin, darwin, flags(0x20), Want{}, "macho-hardening", Warn, "no MH_PIE"},
		{darwin, darwin, flags(0x02), Want{}, "macho-hardening", Warn, "its stack can be executed"},
		{darwin, darwin, func(b []byte) []byte { b[machoSegment(t, b, "__DATA")+60] |= 4; return b }, Want{}, "macho-hardening", Warn, "at once: __DATA"},
		{darwin, darwin, func(b []byte) []byte { b[8] = 8; return b }, Want{}, "cpu", Fail, "x86_64h: it needs a Haswell"},
		{darwin, darwin, bytes.Clone, Want{}, "cpu", Pass, "any x86_64"},

		{darwin, darwin, bytes.Clone, Want{}, "min-os", Pass, "requires darwin 12.0"},
		{darwin, darwin, bytes.Clone, Want{MinOS: "12"}, "min-os", Pass, "requires darwin 12.0"},
		{darwin, darwin, bytes.Clone, Want{MinOS: "11.7.2"}, "min-os", Fail, "requires darwin 12.0, want at most 11.7.2"},
		{darwin, darwin, bytes.Clone, Want{MinOS: "big sur"}, "min-os", Fail, "is no version"},
		{darwin, darwin, func(b []byte) []byte { b[loadCommand(t, b, lcBuildVersion)] = 0x7f; return b }, Want{MinOS: "12"}, "min-os", Note, "nothing in the file says"},
		{windows, windows, bytes.Clone, Want{MinOS: "6.1"}, "min-os", Pass, "requires windows 6.1"},
		{windows, windows, bytes.Clone, Want{MinOS: "5.1"}, "min-os", Fail, "want at most 5.1"},
		{"linux/amd64", "linux/amd64", bytes.Clone, Want{MinOS: "5.1"}, "min-os", Note, "do not say"},
	} {
		f := get(t, readBytes(t, c.change(bytes.Clone(of[c.file])), c.platform, c.want), c.check)
		require.Equal(t, c.level, f.Level, "%s: %v", c.file, f)
		require.Contains(t, f.Text, c.text)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return raw
}

// machoSegment is the offset of the load command of a segment.
func machoSegment(t *testing.T, raw []byte, name string) int {
	t.Helper()
	at := bytes.Index(raw[:8192], []byte(name+"\x00"))
	require.Positive(t, at)
	return at - 8
}

// TestRealWasm: modules that Go makes for each of the two systems, and what a host of theirs would miss.
func TestRealWasm(t *testing.T) {
	const hosted = "package main\n\n//go:wasmimport env log\nfunc log(int32)\n\nfunc main() { log(1) }\n"
	const reactor = "package main\n\n//go:wasmexport add\nfunc add(a, b int32) int32 { return a + b }\n\nfunc main() {}\n"
	wasip1 := forPlatform("wasip1/wasm")
	asking := wasip1
	asking.name, asking.source = "asking.wasm", hosted
	library := wasip1
	library.name, library.source, library.args = "library.wasm", reactor, []string{"-buildmode=c-shared"}
	silent := library
	silent.name, silent.source = "silent.wasm", tiny
	for _, c := range []struct {
		build    goBuild
		platform string
		mode     string
		fails    []string
		check    string
		level    Level
		text     string
	}{
		{wasip1, "wasip1/wasm", "", nil, "wasm-imports", Pass, "functions of wasip1 alone"},
		{forPlatform("js/wasm"), "js/wasm", "", nil, "wasm-imports", Pass, "functions of js alone"},
		{forPlatform("js/wasm"), "wasip1/wasm", "", []string{"type", "os", "goos"}, "wasm-imports", Warn, "is no part of wasip1"},
		{asking, "wasip1/wasm", "", nil, "wasm-imports", Warn, "imports env.log, which is no part of wasip1"},
		{library, "wasip1/wasm", "c-shared", nil, "exports", Pass, "add"},
		{library, "wasip1/wasm", "", []string{"type", "buildmode"}, "type", Fail, "exports _initialize"},
		{silent, "wasip1/wasm", "c-shared", []string{"exports"}, "exports", Fail, "exports nothing"},
		{wasip1, "wasip1/wasm", "c-shared", []string{"type", "buildmode"}, "type", Fail, "want a shared library"},
	} {
		findings := readBytes(t, readFile(t, c.build.path(t)), c.platform, Want{BuildMode: c.mode, RequireGo: true})
		require.Equal(t, append([]string{}, c.fails...), failures(findings), "%s: %v", c.build.name, findings)
		require.Equal(t, c.level, get(t, findings, c.check).Level, c.build.name)
		require.Contains(t, get(t, findings, c.check).Text, c.text, c.build.name)
	}
	odd := wasmModule([]string{"wasi_snapshot_preview1"}, []string{"memory", "_start"})
	require.Contains(t, get(t, readBytes(t, odd, "wasip1/wasm", Want{}), "wasm-imports").Text, "wasi_snapshot_preview1.f", "a function that WASI does not have")
}
