package verify

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// host is what the machine's own gcc compiles for.
var host = "linux/" + runtime.GOARCH

// compiled makes a real file.
type compiled func(*testing.T) string

func byGCC(source string, args ...string) compiled {
	return func(t *testing.T) string { return cc(t, source, args...) }
}

func byClang(target, source string, args ...string) compiled {
	return func(t *testing.T) string { return clang(t, target, source, args...) }
}

func byGo(platform string, args ...string) compiled {
	return func(t *testing.T) string { return forPlatform(platform, args...).path(t) }
}

// patched changes bytes of a real file that no compiler here would make so.
func patched(from compiled, at int, bytes ...byte) compiled {
	return func(t *testing.T) string {
		raw, err := os.ReadFile(from(t))
		require.NoError(t, err)
		copy(raw[at:], bytes)
		out := filepath.Join(t.TempDir(), "out")
		require.NoError(t, os.WriteFile(out, raw, 0o755))
		return out
	}
}

// Where e_flags begin in files of 32 and 64 bits.
const (
	flags32 = 36
	flags64 = 48
)

const (
	lookupC = "#include <netdb.h>\n#include <stdio.h>\nint main(void) { struct addrinfo *a; return getaddrinfo(\"localhost\", 0, 0, &a); }\n"
	iconvC  = "#include <iconv.h>\nint main(int c, char **v) { return iconv_open(v[0], v[1]) == 0; }\n"
	dlopenC = "#include <dlfcn.h>\nint main(int c, char **v) { return dlopen(v[0], RTLD_NOW) == 0; }\n"
	tlsC    = "__thread int here __attribute__((tls_model(\"initial-exec\")));\nint get(void) { return here; }\n"

	// The address in the table is known only at run time. Nobody here puts it in.
	tableC = "int one = 1;\nint *volatile table[] = {&one};\nvoid _start(void) { *table[0] = 2; for (;;) ; }\n"

	// What crt1.o of glibc brings in place of the function that relocates.
	emptyRelocatorC = "#include <stdio.h>\nvoid _dl_relocate_static_pie(void) {}\nint main(void) { puts(\"hello\"); return 0; }\n"
)

// elfRuleCases: what one rule says of one real file. A rule that says nothing has the level "".
var elfRuleCases = []struct {
	name     string
	make     compiled
	platform string
	want     Want
	rule     string
	level    Level
	text     string
}{
	{"arm", byGo("linux/arm/v7"), "linux/arm/v7", Want{}, "abi-flags", Pass, "EABI version 5"},
	{"arm of an older EABI", patched(byGo("linux/arm/v7"), flags32+3, 4), "linux/arm/v7", Want{}, "abi-flags", Fail, "EABI version 4, want version 5"},
	{"mips with floats", byGo("linux/mips"), "linux/mips", Want{}, "abi-flags", Pass, "double float"},
	{"mips without floats", byGo("linux/mips/softfloat"), "linux/mips/softfloat", Want{}, "abi-flags", Pass, "soft float"},
	{"mips without floats as one with", byGo("linux/mips/softfloat"), "linux/mips", Want{}, "abi-flags", Fail, "soft float"},
	{"mips with floats as one without", byGo("linux/mips"), "linux/mips/softfloat", Want{}, "abi-flags", Fail, "want soft float"},
	{"mips C code with soft floats", byClang("mips-linux-gnu", startC, "-static", "-msoft-float"), "linux/mips", Want{}, "abi-flags", Fail, "soft float"},
	{"mips release 6", byClang("mipsel-linux-gnu", startC, "-static", "-mips32r6"), "linux/mipsle", Want{}, "abi-flags", Fail, "release 6"},
	{"mips with newer NaNs", byClang("mipsel-linux-gnu", startC, "-static", "-mips32r2", "-mnan=2008"), "linux/mipsle", Want{}, "abi-flags", Fail, "IEEE 754-2008"},
	{"mips with newer NaNs and a loader for older", byClang("mipsel-linux-gnu", startC, "-pie", "-fPIE", "-mips32r2", "-mnan=2008", "-Wl,--dynamic-linker=/lib/ld.so.1"), "linux/mipsle", Want{}, "abi-flags", Fail, "not the same"},
	{"mips with newer NaNs and its loader", byClang("mipsel-linux-gnu", startC, "-pie", "-fPIE", "-mips32r2", "-mnan=2008", "-Wl,--dynamic-linker=/lib/ld-linux-mipsn8.so.1"), "linux/mipsle", Want{}, "abi-flags", Pass, "MIPS"},
	{"mips n32", byClang("mips64el-linux-gnuabin32", startC, "-static", "-mips64r2"), "linux/mipsle", Want{}, "abi-flags", Fail, "n32"},
	{"mips n64", byClang("mips64el-linux-gnuabi64", startC, "-static", "-mips64r2"), "linux/mips64le", Want{}, "abi-flags", Pass, "MIPS"},
	{"mips of another ABI", patched(byGo("linux/mips64le"), flags64+1, 0x30), "linux/mips64le", Want{}, "abi-flags", Fail, "want n64"},
	{"ppc64", byGo("linux/ppc64"), "linux/ppc64", Want{}, "abi-flags", Pass, "ELFv1"},
	{"ppc64 with the newer ABI", byClang("powerpc64-linux-musl", startC, "-static"), "linux/ppc64", Want{}, "abi-flags", Fail, "ELFv2, want ELFv1"},
	{"ppc64 with the newer ABI for musl", byClang("powerpc64-linux-musl", startC, "-static"), "linux/ppc64", Want{Libc: musl}, "abi-flags", Pass, "ELFv2"},
	{"ppc64le", byGo("linux/ppc64le"), "linux/ppc64le", Want{}, "abi-flags", Pass, "ELFv2"},
	{"ppc64le with the older ABI", patched(byGo("linux/ppc64le"), flags64, 1), "linux/ppc64le", Want{}, "abi-flags", Fail, "ELFv1, want ELFv2"},
	{"riscv64", byGo("linux/riscv64"), "linux/riscv64", Want{}, "abi-flags", Pass, "double float"},
	{"riscv64 with soft floats", byClang("riscv64-linux-gnu", "void _start(void) { for (;;) ; }", "-static", "-march=rv64imac", "-mabi=lp64"), "linux/riscv64", Want{}, "abi-flags", Fail, "soft float ABI"},
	{"riscv64 with 16 registers", patched(byGo("linux/riscv64"), flags64, 0xc), "linux/riscv64", Want{}, "abi-flags", Fail, "RVE"},
	{"riscv64 with strict ordering", patched(byGo("linux/riscv64"), flags64, 0x14), "linux/riscv64", Want{}, "abi-flags", Fail, "Ztso"},
	{"loong64", byGo("linux/loong64"), "linux/loong64", Want{}, "abi-flags", Pass, "object ABI v1"},
	{"loong64 with soft floats", patched(byGo("linux/loong64"), flags64, 0x41), "linux/loong64", Want{}, "abi-flags", Fail, "lp64d"},
	{"loong64 of the old world", patched(byGo("linux/loong64"), flags64, 0x03), "linux/loong64", Want{}, "abi-flags", Fail, "object ABI v0"},
	{"amd64 has one ABI", byGo("linux/amd64"), "linux/amd64", Want{}, "abi-flags", "", ""},

	{"no folders", byGCC(helloC), host, Want{}, "rpath", "", ""},
	{"the file's own folder", byGCC(helloC, "-Wl,-rpath,$ORIGIN/../lib:/usr/lib/app"), host, Want{}, "rpath", Pass, "$ORIGIN/../lib, /usr/lib/app first"},
	{"relative folder", byGCC(helloC, "-Wl,-rpath,lib"), host, Want{}, "rpath", Warn, `"lib", which is relative`},
	{"empty folder", byGCC(helloC, "-Wl,-rpath,/usr/lib/app:"), host, Want{}, "rpath", Warn, "which is the working directory"},
	{"folder of the build", byGCC(helloC, "-Wl,-rpath,/usr/../tmp/build/lib", "-Wl,--disable-new-dtags"), host, Want{}, "rpath", Warn, "a folder of the build"},
	{"allowed", byGCC(helloC, "-Wl,-rpath,lib"), host, Want{Allow: []string{"rpath"}}, "rpath", Note, "(allowed)"},

	{"no gcc library", byGCC(helloC), host, Want{}, "symbol-floors", "", ""},
	{"no gcc library, with a floor", byGCC(helloC), host, Want{SymbolFloors: map[string]string{"GCC": "3.0"}}, "symbol-floors", Pass, "needs no version of GCC"},
	{"newer libstdc++", withLibstdcxx, host, Want{SymbolFloors: map[string]string{"GLIBCXX": "3.4.9"}}, "symbol-floors", Fail, "needs GLIBCXX_3.4.32 of libstdc++.so.6, want at most GLIBCXX_3.4.9"},
	{"new enough libstdc++", withLibstdcxx, host, Want{SymbolFloors: map[string]string{"GLIBCXX": "3.4.32"}}, "symbol-floors", Pass, "needs GLIBCXX_3.4.32"},
	{"no such family", byGCC(helloC), host, Want{SymbolFloors: map[string]string{"QT": "5.0"}}, "symbol-floors", Fail, "floor QT_5.0 is none"},

	{"glibc's oldest kernel", byGCC(helloC, "-static"), host, Want{KernelFloor: "4.18"}, "kernel-floor", Pass, "(ABI note)"},
	{"older than glibc's oldest kernel", byGCC(helloC, "-static"), host, Want{KernelFloor: "3.1.9"}, "kernel-floor", Fail, "(ABI note), want at most 3.1.9"},
	{"Go's oldest kernel", byGo("linux/amd64"), "linux/amd64", Want{KernelFloor: "4.18"}, "kernel-floor", Pass, "needs Linux 3.2 (go1."},
	{"older than Go's oldest kernel", byGo("linux/amd64"), "linux/amd64", Want{KernelFloor: "2.6.32"}, "kernel-floor", Fail, "want at most 2.6.32"},
	{"nobody names a kernel", byClang("x86_64-linux-gnu", startC, "-static"), "linux/amd64", Want{KernelFloor: "4.18"}, "kernel-floor", Note, "nothing in the file names"},
	{"no kernel at all", byGCC(helloC), host, Want{KernelFloor: "new"}, "kernel-floor", Fail, "is no version"},

	{"static with glibc", byGCC(helloC, "-static"), host, Want{}, "static-leftovers", Pass, "loads nothing"},
	{"static and stripped", byGCC(helloC, "-static", "-s"), host, Want{}, "static-leftovers", Pass, "does not tell of dlopen"},
	{"dynamic", byGCC(lookupC), host, Want{}, "static-leftovers", "", ""},
	{"static that looks up hosts", byGCC(lookupC, "-static"), host, Want{}, "static-leftovers", Warn, "getaddrinfo"},
	{"static that looks up hosts, stripped", byGCC(lookupC, "-static", "-s"), host, Want{}, "static-leftovers", Warn, "/etc/nsswitch.conf"},
	{"static that converts", byGCC(iconvC, "-static"), host, Want{}, "static-leftovers", Warn, "iconv_open"},
	{"static that loads", byGCC(dlopenC, "-static"), host, Want{}, "static-leftovers", Warn, "calls dlopen"},
	{"static-pie that loads", byGCC(dlopenC, "-static-pie", "-fPIE"), host, Want{}, "static-leftovers", Warn, "calls dlopen"},

	{"library for musl with fixed TLS", byGCC(tlsC, "-shared", "-fPIC"), host, Want{Libc: musl}, "static-tls", Fail, "musl's dlopen refuses it"},
	{"library for musl, found by its libc", withMusl, host, Want{}, "static-tls", Fail, "musl's dlopen"},
	{"library for glibc with fixed TLS", byGCC(tlsC, "-shared", "-fPIC"), host, Want{}, "static-tls", Pass, "glibc keeps some room"},
	{"Go's own library for musl", goLibrary("c-shared", "libtiny.so").path, host, Want{Libc: musl, BuildMode: "c-shared"}, "static-tls", Fail, "musl's dlopen refuses it"},
	{"Go's own library for glibc", goLibrary("c-shared", "libtiny.so").path, host, Want{Libc: glibc, BuildMode: "c-shared"}, "static-tls", Pass, "glibc keeps some room"},
	{"library without TLS", byGCC("int get(void) { return 1; }", "-shared", "-fPIC"), host, Want{Libc: musl}, "static-tls", "", ""},

	{"plain stack", byGCC(helloC), host, Want{}, "exec-stack", Pass, "not executable"},
	{"executable stack", byGCC(helloC, "-Wl,-z,execstack"), host, Want{}, "exec-stack", Warn, "asks for an executable stack"},
	{"stack not told of", byClang("x86_64-linux-gnu", startC, "-static", "-Wl,-z,nognustack"), "linux/amd64", Want{}, "exec-stack", Warn, "no PT_GNU_STACK"},

	{"code apart", byGCC(helloC), host, Want{}, "writable-code", Pass, "no segment"},
	{"code that is written to", byClang("x86_64-linux-gnu", "int i = 1;\n"+startC, "-static", "-Wl,-N"), "linux/amd64", Want{}, "writable-code", Warn, "is writable and executable"},

	{"no relro", byGCC(helloC, "-Wl,-z,norelro"), host, Want{}, "relro", Warn, "stay writable"},
	{"partial relro", byGCC("void f(void);\n"+helloC, "-Wl,-z,relro,-z,lazy"), host, Want{}, "relro", Pass, "RELRO is partial"},
	{"full relro", byGCC(helloC, "-Wl,-z,relro,-z,now"), host, Want{}, "relro", Pass, "RELRO is full"},
	{"static-pie", byGCC(helloC, "-static-pie", "-fPIE"), host, Want{}, "relro", Pass, "RELRO"},
	{"nothing to protect", byGo("linux/amd64"), "linux/amd64", Want{}, "relro", "", ""},

	{"no text relocations", byGCC(helloC), host, Want{}, "text-relocations", Pass, "no relocation changes"},
	{"text relocations", byClang("i386-linux-gnu", "int i;\nvoid _start(void) { i = 1; for (;;) ; }", "-fno-pic", "-pie", "-Wl,-z,notext", "-Wl,--dynamic-linker=/lib/ld-linux.so.2"), "linux/386", Want{}, "text-relocations", Warn, "DT_TEXTREL"},

	{"large pages", byClang("aarch64-linux-gnu", "int i = 1;\n"+startC, "-static"), "linux/arm64", Want{}, "page-size", Pass, "up to 64 KiB"},
	{"small pages alone", byClang("aarch64-linux-gnu", "int i = 1;\n"+startC, "-static", "-Wl,-z,max-page-size=4096"), "linux/arm64", Want{}, "page-size", Fail, "cannot be loaded with pages of 16 KiB"},
	{"medium pages alone", byClang("aarch64-linux-gnu", "int i = 1;\n"+startC, "-static", "-Wl,-z,max-page-size=16384"), "linux/arm64", Want{}, "page-size", Fail, "cannot be loaded with pages of 64 KiB"},
	{"small pages are all that amd64 has", byGo("linux/amd64"), "linux/amd64", Want{}, "page-size", Pass, "up to 4 KiB"},

	{"loads", byGCC(helloC), host, Want{}, "start", Pass, "can be loaded"},
	{"static-pie relocates itself", byGCC(helloC, "-static-pie", "-fPIE"), host, Want{}, "start", Pass, "_dl_relocate_static_pie applies"},
	{"static-pie, stripped", byGCC(helloC, "-static-pie", "-fPIE", "-s"), host, Want{}, "start", Note, "cannot be known of a stripped file"},
	{"static-pie without local symbols", withoutLocals(byGCC(helloC, "-static-pie", "-fPIE")), host, Want{}, "start", Note, "cannot be known"},
	{"static-pie with the wrong start code", byGCC(emptyRelocatorC, "-static-pie", "-fPIE"), host, Want{}, "start", Fail, "does nothing"},
	{"static-pie with no start code", byClang("x86_64-linux-gnu", tableC, "-static-pie", "-fPIE"), "linux/amd64", Want{}, "start", Fail, "start code that applies them"},
	{"static-pie without relocations", byClang("x86_64-linux-gnu", startC, "-static-pie", "-fPIE"), "linux/amd64", Want{}, "start", Pass, "can be loaded"},
	{"too low", byClang("x86_64-linux-gnu", startC, "-static", "-Wl,--image-base=0x1000"), "linux/amd64", Want{}, "start", Fail, "below the 0x10000"},
	{"segments over each other", patched(byClang("x86_64-linux-gnu", startC, "-static"), 64+56+40+1, 0xff, 0xff), "linux/amd64", Want{}, "start", Fail, "segments"},

	{"all there", byGo("linux/amd64"), "linux/amd64", Want{Strip: "none"}, "stripped", Pass, "has a symbol table and debug information"},
	{"stripped", byGo("linux/amd64", "-ldflags=-s"), "linux/amd64", Want{Strip: "all"}, "stripped", Pass, "no symbol table and no debug information"},
	{"without debug information", byGo("linux/amd64", "-ldflags=-w"), "linux/amd64", Want{Strip: "debug"}, "stripped", Pass, "a symbol table and no debug information"},
	{"stripped, but not asked to", byGo("linux/amd64", "-ldflags=-s"), "linux/amd64", Want{Strip: "none"}, "stripped", Warn, "want symbol table and debug information"},
	{"not stripped as asked", byGo("linux/amd64", "-ldflags=-w"), "linux/amd64", Want{Strip: "all"}, "stripped", Warn, "want neither"},
	{"debug information that was to go", byGo("linux/amd64"), "linux/amd64", Want{Strip: "debug"}, "stripped", Warn, "want a symbol table and no debug"},
	{"no such word", byGo("linux/amd64"), "linux/amd64", Want{Strip: "some"}, "stripped", Warn, `strip "some" was asked for`},
	{"nothing asked", byGo("linux/amd64"), "linux/amd64", Want{}, "stripped", "", ""},
}

// withLibstdcxx needs a library that calls itself libstdc++.so.6 and has one new version.
func withLibstdcxx(t *testing.T) string {
	dir := t.TempDir()
	script := filepath.Join(dir, "versions")
	require.NoError(t, os.WriteFile(script, []byte("GLIBCXX_3.4.9 { global: old; };\nGLIBCXX_3.4.32 { global: new; };\n"), 0o644))
	lib := cc(t, "void old(void) {}\nvoid new(void) {}\n", "-shared", "-fPIC", "-Wl,-soname,libstdc++.so.6", "-Wl,--version-script="+script)
	return cc(t, "void old(void); void new(void);\nint main(void) { old(); new(); return 0; }\n", lib)
}

// withoutLocals is a file after strip -x.
func withoutLocals(from compiled) compiled {
	return func(t *testing.T) string {
		file := from(t)
		text, err := exec.Command("strip", "-x", file).CombinedOutput()
		require.NoError(t, err, "%s", text)
		return file
	}
}

// withMusl is a library that needs one that calls itself musl's libc.
func withMusl(t *testing.T) string {
	lib := cc(t, "void puts(char *s) {}\n", "-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libc.musl-x86_64.so.1")
	return cc(t, "void puts(char *s);\nvoid say(void) { puts(\"hello\"); }\n"+tlsC, "-shared", "-fPIC", "-nostdlib", lib)
}

func TestELFRules(t *testing.T) {
	for _, c := range elfRuleCases {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			want, err := WantFor(c.platform)
			require.NoError(t, err)
			c.want.GOOS, c.want.GOARCH, c.want.Variant = want.GOOS, want.GOARCH, want.Variant
			findings, err := File(c.make(t), c.want)
			require.NoError(t, err)
			var level Level
			var texts []string
			for _, f := range findings {
				if f.Check == c.rule {
					level = f.Level
					texts = append(texts, f.Text)
				}
			}
			require.Equal(t, c.level, level, "%v", findings)
			require.Contains(t, strings.Join(texts, "\n"), c.text)
		})
	}
}

// goPorts are all that Go's own linker makes for Linux and Android, one of each kind.
var goPorts = []string{"linux/386", "linux/amd64", "linux/arm/v5", "linux/arm/v7", "linux/arm64", "linux/loong64", "linux/mips", "linux/mips/softfloat", "linux/mips64le",
	"linux/ppc64", "linux/ppc64le", "linux/riscv64", "linux/s390x", "android/arm64"}

// TestPlainGoProgramsHaveNoFault: what everybody makes must not be warned of.
func TestPlainGoProgramsHaveNoFault(t *testing.T) {
	for _, platform := range goPorts {
		want, err := WantFor(platform)
		require.NoError(t, err)
		want.RequireGo, want.CGO, want.Strip, want.Link = true, "off", "none", "static"
		findings, err := File(forPlatform(platform).path(t), want)
		require.NoError(t, err)
		for _, f := range findings {
			require.NotContains(t, []Level{Fail, Warn}, f.Level, "%s: %v", platform, f)
		}
	}
	for _, c := range []struct {
		link string
		make compiled
	}{
		{"pie", byGo(host, "-buildmode=pie")},
		{"dynamic", byGCC(helloC)},
		{"static", byGCC(helloC, "-static")},
		{"static-pie", byGCC(helloC, "-static-pie", "-fPIE")},
	} {
		findings, err := File(c.make(t), Want{GOOS: "linux", GOARCH: runtime.GOARCH, Link: c.link})
		require.NoError(t, err)
		for _, f := range findings {
			require.NotContains(t, []Level{Fail, Warn}, f.Level, "%s: %v", c.link, f)
		}
	}
}

// TestWhatFaultsIsRefused runs the files: those that the rule refuses crash, and the one that it takes does not.
func TestWhatFaultsIsRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		make    compiled
		crashes bool
	}{
		{"rcrt1.o", byGCC(helloC, "-static-pie", "-fPIE"), false},
		{"empty relocator", byGCC(emptyRelocatorC, "-static-pie", "-fPIE"), true},
		{"no start code", byGCC(tableC, "-nostdlib", "-static-pie", "-fPIE"), true},
		{"Go's -d", byGo(host, "-buildmode=pie", "-ldflags=-d"), true},
	} {
		file := c.make(t)
		findings, err := File(file, Want{GOOS: "linux", GOARCH: runtime.GOARCH})
		require.NoError(t, err)
		require.Equal(t, c.crashes, Failed(findings), "%s: %v", c.name, findings)
		cmd := exec.Command(file)
		_ = cmd.Run() // how it ended is looked at below
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		require.True(t, ok)
		require.Equal(t, c.crashes, status.Signaled(), "%s: %v", c.name, cmd.ProcessState)
	}
}

// TestEachRuleOfThisTableHoldsAndBreaks: no rule that cannot fail, and none that always does.
func TestEachRuleOfThisTableHoldsAndBreaks(t *testing.T) {
	levels := map[string]map[Level]bool{}
	for _, c := range elfRuleCases {
		if levels[c.rule] == nil {
			levels[c.rule] = map[Level]bool{}
		}
		levels[c.rule][c.level] = true
	}
	for id, seen := range levels {
		rule, ok := LookupRule(id)
		require.True(t, ok, id)
		require.True(t, seen[Pass] || seen[""], "%s never holds", id)
		require.True(t, seen[rule.Severity], "%s never breaks", id)
	}
	others := []string{"pe-hardening", "macho-hardening"}
	for _, rule := range slices.Concat(loadRules, hardeningRules) {
		require.True(t, levels[rule.ID] != nil || slices.Contains(others, rule.ID), rule.ID)
	}
}
