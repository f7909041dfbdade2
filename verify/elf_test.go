package verify

import (
	"bytes"
	"debug/elf"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readBytes verifies bytes for a platform, with the rest of want as given.
func readBytes(t *testing.T, raw []byte, platform string, want Want) []Finding {
	t.Helper()
	base, err := WantFor(platform)
	require.NoError(t, err)
	want.GOOS, want.GOARCH, want.Variant = base.GOOS, base.GOARCH, base.Variant
	return Read(bytes.NewReader(raw), int64(len(raw)), want)
}

// failures are the ids of the failed checks in order.
func failures(findings []Finding) []string {
	ids := []string{}
	for _, f := range findings {
		if f.Level == Fail {
			ids = append(ids, f.Check)
		}
	}
	return ids
}

// get is the first finding of a check.
func get(t *testing.T, findings []Finding, id string) Finding {
	t.Helper()
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.Check == id })
	require.GreaterOrEqual(t, i, 0, "no finding %q in %v", id, findings)
	return findings[i]
}

var (
	plain   = elfSpec{machine: elf.EM_X86_64}
	glibcSo = []string{"libc.so.6"}
	muslSo  = []string{"libc.musl-x86_64.so.1"}
)

const (
	glibcLoader = "/lib64/ld-linux-x86-64.so.2"
	muslLoader  = "/lib/ld-musl-x86_64.so.1"
)

func glibcNeed(names ...string) []versionNeed {
	return []versionNeed{{library: "libc.so.6", names: names}}
}

// elfCases: each row is one file and what must come out: failed checks, and words that one finding's text must hold.
var elfCases = []struct {
	name     string
	spec     elfSpec
	platform string
	want     Want
	fails    []string
	check    string
	text     string
}{
	{"static passes", plain, "linux/amd64", Want{Link: "static"}, nil, "link", "link is static"},
	{"machine", elfSpec{machine: elf.EM_AARCH64}, "linux/amd64", Want{}, []string{"machine"}, "machine", "machine is aarch64, want x86-64"},
	{"unnamed machine", elfSpec{machine: elf.EM_VAX}, "linux/amd64", Want{}, []string{"machine"}, "machine", "EM_VAX"},
	{"x32 has the wrong class", elfSpec{machine: elf.EM_X86_64, bits32: true}, "linux/amd64", Want{}, []string{"class"}, "class", "class is 32-bit, want 64-bit"},
	{"byte order", elfSpec{machine: elf.EM_PPC64, bigE: true}, "linux/ppc64le", Want{}, []string{"endianness"}, "endianness", "big endian, want little"},
	{"big endian passes", elfSpec{machine: elf.EM_S390, bigE: true}, "linux/s390x", Want{}, nil, "endianness", "big endian"},
	{"mips64 is not mips", elfSpec{machine: elf.EM_MIPS, bigE: true}, "linux/mips", Want{}, []string{"class"}, "class", "64-bit"},
	{"wrong format", plain, "windows/amd64", Want{}, []string{"format"}, "format", "format is ELF, want PE"},

	{"relocatable", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_REL}, "linux/amd64", Want{}, []string{"type"}, "type", "relocatable object (.o)"},
	{"core", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_CORE}, "linux/amd64", Want{}, []string{"type"}, "type", "core dump"},
	{"other type", elfSpec{machine: elf.EM_X86_64, kind: 0xfe00}, "linux/amd64", Want{}, []string{"type"}, "type", "is of type"},
	{"shared object by soname", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_DYN, soname: "libx.so.1", interp: glibcLoader}, "linux/amd64", Want{}, []string{"type"}, "type", "soname libx.so.1"},
	{"shared object without anything", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_DYN, dynamic: true}, "linux/amd64", Want{}, []string{"type"}, "type", "shared object"},
	{"pie of an old linker", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_DYN, dynamic: true, interp: glibcLoader}, "linux/amd64", Want{Link: "pie"}, nil, "link", "link is pie"},
	{"static pie", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_DYN, flags1: elf.DF_1_PIE}, "linux/amd64", Want{Link: "static"}, nil, "type", "position independent"},
	{"static pie without dynamic section", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_DYN}, "linux/amd64", Want{Link: "static"}, []string{"type"}, "type", "nothing relocates it"},
	{"entry outside of code", elfSpec{machine: elf.EM_X86_64, entry: 1 << 30}, "linux/amd64", Want{}, []string{"type"}, "type", "no code"},

	{"freebsd by OS/ABI", elfSpec{machine: elf.EM_X86_64, abi: elf.ELFOSABI_FREEBSD}, "linux/amd64", Want{}, []string{"os"}, "os", "system is freebsd (OS/ABI byte), want linux"},
	{"freebsd passes", elfSpec{machine: elf.EM_X86_64, abi: elf.ELFOSABI_FREEBSD}, "freebsd/amd64", Want{}, nil, "os", "system is freebsd"},
	{"linux is not freebsd", elfSpec{machine: elf.EM_X86_64, abi: elf.ELFOSABI_LINUX}, "freebsd/amd64", Want{}, []string{"os"}, "os", "want freebsd"},
	{"OS/ABI of none of ours", elfSpec{machine: elf.EM_X86_64, abi: elf.ELFOSABI_AIX}, "linux/amd64", Want{}, []string{"os"}, "os", "ELFOSABI_AIX"},
	{"netbsd by note", elfSpec{machine: elf.EM_X86_64, notes: [][]byte{elfNoteBytes("NetBSD", 1, 0, 0, 0, 0)}}, "linux/amd64", Want{}, []string{"os"}, "os", "netbsd (NetBSD note)"},
	{"dragonfly by note", elfSpec{machine: elf.EM_X86_64, notes: [][]byte{elfNoteBytes("DragonFly", 1, 0, 0, 0, 0)}}, "linux/amd64", Want{}, []string{"os"}, "os", "dragonfly"},
	{"android by note", elfSpec{machine: elf.EM_AARCH64, notes: [][]byte{elfNoteBytes("Android", 1, 21, 0, 0, 0)}}, "linux/arm64", Want{}, []string{"os"}, "os", "android"},
	{"android by loader", elfSpec{machine: elf.EM_AARCH64, interp: "/system/bin/linker64"}, "linux/arm64", Want{}, []string{"os", "loader"}, "os", "loader /system/bin/linker64"},
	{"android passes", elfSpec{machine: elf.EM_AARCH64, interp: "/system/bin/linker64"}, "android/arm64", Want{}, nil, "loader", "/system/bin/linker64"},
	{"openbsd by loader", elfSpec{machine: elf.EM_X86_64, interp: "/usr/libexec/ld.so"}, "linux/amd64", Want{}, []string{"os", "loader"}, "os", "openbsd"},
	{"illumos says solaris", elfSpec{machine: elf.EM_X86_64, interp: "/lib/amd64/ld.so.1"}, "illumos/amd64", Want{}, nil, "os", "system is illumos"},
	{"nothing names the system", plain, "linux/amd64", Want{}, nil, "os", "nothing in the file names its system"},

	{"glibc loader", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: glibcSo}, "linux/amd64", Want{Libc: "glibc", Link: "dynamic"}, nil, "loader", glibcLoader},
	{"musl loader", elfSpec{machine: elf.EM_X86_64, interp: muslLoader, needed: muslSo}, "linux/amd64", Want{Libc: "musl", Link: "dynamic"}, nil, "libc", "libc is musl"},
	{"musl asked, glibc found", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: glibcSo}, "linux/amd64", Want{Libc: "musl"}, []string{"loader", "libc"}, "loader", "(glibc on amd64), want " + muslLoader},
	{"glibc asked, musl found", elfSpec{machine: elf.EM_X86_64, interp: muslLoader, needed: muslSo}, "linux/amd64", Want{Libc: "glibc", GlibcFloor: "2.31"}, []string{"loader", "libc", "glibc-floor"}, "glibc-floor", "is for musl"},
	{"nix loader", elfSpec{machine: elf.EM_X86_64, interp: "/nix/store/abc/lib/ld-linux-x86-64.so.2"}, "linux/amd64", Want{}, []string{"loader"}, "loader", "no libc's own path"},
	{"loader of another architecture", elfSpec{machine: elf.EM_X86_64, interp: "/lib/ld-linux-aarch64.so.1"}, "linux/amd64", Want{}, []string{"loader"}, "loader", "glibc on arm64"},
	{"riscv64 loader of Go's linker exists nowhere", elfSpec{machine: elf.EM_RISCV, interp: "/lib/ld.so.1"}, "linux/riscv64", Want{}, []string{"loader"}, "loader", "want /lib/ld-linux-riscv64-lp64d.so.1"},
	{"exact loader", elfSpec{machine: elf.EM_X86_64, interp: "/opt/ld.so"}, "linux/amd64", Want{Loader: "/opt/ld.so"}, nil, "loader", "/opt/ld.so"},
	{"exact loader missing", plain, "linux/amd64", Want{Loader: "/opt/ld.so"}, []string{"loader"}, "loader", "asks for no loader"},
	{"mixed libcs", elfSpec{machine: elf.EM_X86_64, interp: muslLoader, needed: glibcSo}, "linux/amd64", Want{}, []string{"libc"}, "libc", "mixes two libcs"},
	{"static with glibc's start files is not musl", elfSpec{machine: elf.EM_X86_64, notes: [][]byte{elfNoteBytes("GNU", noteABITag, make([]byte, 16)...)}}, "linux/amd64", Want{Libc: "musl", Link: "static"}, []string{"libc"}, "libc", "its start files"},

	{"dynamic is not static", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: glibcSo}, "linux/amd64", Want{Link: "static"}, []string{"link"}, "link", "is dynamic: loader " + glibcLoader + ", want static"},
	{"needed without loader", elfSpec{machine: elf.EM_X86_64, needed: glibcSo}, "linux/amd64", Want{Link: "static"}, []string{"link", "needed"}, "needed", "names no loader"},
	{"static is not dynamic", plain, "linux/amd64", Want{Link: "dynamic"}, []string{"link"}, "link", "no loader"},
	{"exec is not pie", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader}, "linux/amd64", Want{Link: "pie"}, []string{"link"}, "link", "not position independent"},
	{"exec is not static-pie", plain, "linux/amd64", Want{Link: "static-pie"}, []string{"link"}, "link", "not position independent"},
	{"static-pie passes", elfSpec{machine: elf.EM_X86_64, kind: elf.ET_DYN, flags1: elf.DF_1_PIE}, "linux/amd64", Want{Link: "static-pie"}, nil, "link", "link is static-pie"},
	{"unknown link", plain, "linux/amd64", Want{Link: "shared"}, []string{"link"}, "link", "want one of static"},
	{"needed is listed", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: []string{"libm.so.6", "libc.so.6"}}, "linux/amd64", Want{}, nil, "needed", "needs libm.so.6, libc.so.6"},

	{"floor holds", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: glibcSo, needs: glibcNeed("GLIBC_2.2.5", "GLIBC_2.9")}, "linux/amd64", Want{GlibcFloor: "2.31"}, nil, "glibc-floor", "requires glibc 2.9"},
	{"floor broken, numerically", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: glibcSo, needs: glibcNeed("GLIBC_2.9", "GLIBC_2.34")}, "linux/amd64", Want{GlibcFloor: "2.31"}, []string{"glibc-floor"}, "glibc-floor", "requires glibc 2.34, want at most 2.31"},
	{"no floor, still told", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: glibcSo, needs: glibcNeed("GLIBC_2.34")}, "linux/amd64", Want{}, nil, "glibc-floor", "requires glibc 2.34"},
	{"relative relocations need 2.36", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: glibcSo, needs: glibcNeed("GLIBC_ABI_DT_RELR")}, "linux/amd64", Want{GlibcFloor: "2.35"}, []string{"glibc-floor"}, "glibc-floor", "2.36"},
	{"private symbols", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needed: glibcSo, needs: glibcNeed("GLIBC_PRIVATE")}, "linux/amd64", Want{GlibcFloor: "2.35"}, []string{"glibc-floor"}, "glibc-floor", "GLIBC_PRIVATE"},
	{"static holds any floor", plain, "linux/amd64", Want{GlibcFloor: "2.17"}, nil, "glibc-floor", "static"},
	{"no symbols at all", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader}, "linux/amd64", Want{GlibcFloor: "2.17"}, nil, "glibc-floor", "no particular glibc"},
	{"bad floor", plain, "linux/amd64", Want{GlibcFloor: "new"}, []string{"glibc-floor"}, "glibc-floor", "is no version"},
	{"C++ versions are told", elfSpec{machine: elf.EM_X86_64, interp: glibcLoader, needs: []versionNeed{{"libstdc++.so.6", []string{"GLIBCXX_3.4.9", "GLIBCXX_3.4.29"}}, {"libc.so.6", []string{"GLIBC_2.34"}}}}, "linux/amd64", Want{}, nil, "glibc-floor", "requires glibc 2.34, GLIBCXX_3.4.29"},

	{"x86-64-v3 code", elfSpec{machine: elf.EM_X86_64, notes: [][]byte{x86Note(5)}}, "linux/amd64", Want{}, []string{"cpu"}, "cpu", "needs x86-64-v3"},
	{"x86-64-v3 code for v3", elfSpec{machine: elf.EM_X86_64, notes: [][]byte{x86Note(5)}}, "linux/amd64/v3", Want{}, nil, "cpu", "x86-64-v3"},
	{"armv7 C code on v6", armSpec("", 0, 6, 10), "linux/arm/v6", Want{}, []string{"cpu"}, "cpu", "needs ARMv7"},
	{"armv7 C code on v7", armSpec("", 0, 6, 10, 10, 4), "linux/arm/v7", Want{}, nil, "cpu", "ARMv7"},
	{"armv6 C code on v6", armSpec("", 0, 6, 6, 10, 2), "linux/arm/v6", Want{}, nil, "cpu", "ARMv6"},
	{"armv8 C code on v7", armSpec("", 0, 6, 14), "linux/arm/v7", Want{}, []string{"cpu"}, "cpu", "ARMv8-A"},
	{"unknown arm architecture", armSpec("", 0, 6, 99), "linux/arm/v7", Want{}, []string{"cpu"}, "cpu", "Tag_CPU_arch 99"},
	{"VFPv3 on v6", armSpec("", 0, 6, 6, 10, 4), "linux/arm/v6", Want{}, []string{"cpu"}, "cpu", "Tag_FP_arch 4"},
	{"texts among the attributes", elfSpec{machine: elf.EM_ARM, bits32: true, attributes: armAttributeBytes(5, 'c', 0, 32, 1, 'g', 0, 67, '2', 0, 6, 10)}, "linux/arm/v6", Want{}, []string{"cpu"}, "cpu", "ARMv7"},
	{"hard float on v5", armSpec("", armHard), "linux/arm/v5", Want{}, []string{"float-abi"}, "float-abi", "hard float"},
	{"hard float by attribute on v5", armSpec("", 0, 6, 4, 28, 1), "linux/arm/v5", Want{}, []string{"float-abi"}, "float-abi", "hard float"},
	{"hard float loader on v5", armSpec("/lib/ld-linux-armhf.so.3", armHard), "linux/arm/v5", Want{}, []string{"loader", "float-abi"}, "loader", "want /lib/ld-linux.so.3"},
	{"hard float loader on v6", armSpec("/lib/ld-linux-armhf.so.3", armHard), "linux/arm/v6", Want{}, nil, "float-abi", "hard"},
	{"soft float loader on v7", armSpec("/lib/ld-linux.so.3", armSoft), "linux/arm/v7", Want{}, []string{"loader"}, "loader", "armhf"},
	{"soft code, hard loader", armSpec("/lib/ld-linux-armhf.so.3", armSoft), "linux/arm/v7", Want{}, []string{"float-abi"}, "float-abi", "soft float"},
	{"hard code, soft loader", armSpec("/lib/ld-linux.so.3", armHard), "linux/arm/v6", Want{}, []string{"float-abi"}, "float-abi", "soft float one"},
	{"soft float on v5", armSpec("/lib/ld-linux.so.3", armSoft), "linux/arm/v5", Want{}, nil, "float-abi", "soft"},

	{"no build info is a note", plain, "linux/amd64", Want{CGO: "on", GoVersion: "go1.26.8", MainPath: "x"}, nil, "build-info", "no Go build info"},
	{"build info required", plain, "linux/amd64", Want{RequireGo: true, CGO: "off"}, []string{"build-info", "cgo"}, "cgo", "cannot be known"},
}

// armSpec is an arm file with e_flags and, when pairs are given, attributes.
func armSpec(interp string, flags uint32, pairs ...byte) elfSpec {
	s := elfSpec{machine: elf.EM_ARM, bits32: true, interp: interp, flags: flags}
	if pairs != nil {
		s.attributes = armAttributeBytes(pairs...)
	}
	return s
}

// x86Note is a GNU property note that needs the given x86 levels.
func x86Note(bits byte) []byte {
	return elfNoteBytes("GNU", noteProperty, 0x02, 0x80, 0, 0xc0, 4, 0, 0, 0, bits, 0, 0, 0, 0, 0, 0, 0)
}

func TestELF(t *testing.T) {
	for _, c := range elfCases {
		t.Run(c.name, func(t *testing.T) {
			findings := readBytes(t, c.spec.build(), c.platform, c.want)
			require.Equal(t, append([]string{}, c.fails...), failures(findings), "%v", findings)
			require.Contains(t, get(t, findings, c.check).Text, c.text)
		})
	}
}

// Every loader of the table is accepted for its own platform and libc, and refused for the other libc.
func TestEveryLoader(t *testing.T) {
	machines := map[string]elf.Machine{}
	for m, word := range elfMachines {
		machines[word] = m
	}
	for _, l := range loaders {
		variant := ""
		if l.variants != nil {
			variant = l.variants[0]
		}
		row := arches[l.goarch]
		raw := elfSpec{machine: machines[row.machine], bits32: row.bits == 32, bigE: row.order == big, interp: l.path, flags: flagsOfLoader(l)}.build()
		want := Want{GOOS: "linux", GOARCH: l.goarch, Variant: variant, Libc: l.libc}
		findings := Read(bytes.NewReader(raw), int64(len(raw)), want)
		require.Empty(t, failures(findings), "%s on %s: %v", l.path, want.platform(), findings)
		want.Libc = map[string]string{musl: glibc, glibc: musl}[l.libc]
		require.Equal(t, []string{"loader", "libc"}, failures(Read(bytes.NewReader(raw), int64(len(raw)), want)), "%s on %s", l.path, want.platform())
	}
}

// flagsOfLoader are the flags of a file that the loader takes: musl is ELFv2 everywhere, glibc has a loader of its own for newer NaNs.
func flagsOfLoader(l loaderRow) uint32 {
	switch {
	case strings.Contains(l.path, "mipsn8"):
		return mipsNaN2008
	case l.goarch == "ppc64le" || l.goarch == "ppc64" && l.libc == musl:
		return 2
	case l.goarch == "ppc64":
		return 1
	}
	return 0
}

func TestDamagedELF(t *testing.T) {
	for name, raw := range map[string][]byte{
		"segment behind the end":  elfSpec{machine: elf.EM_X86_64, fileSizeOfLoad: 1 << 20}.build(),
		"sections behind the end": elfSpec{machine: elf.EM_X86_64, sectionsBehindEnd: true}.build(),
		"header only":             plain.build()[:40],
		"magic only":              []byte("\x7fELF"),
	} {
		findings := readBytes(t, raw, "linux/amd64", Want{})
		require.Equal(t, []string{"format"}, failures(findings), name)
		require.Contains(t, findings[0].Text, "damaged ELF", name)
	}
}

// No cut and no flipped byte of a rich file may panic or give findings out of order.
func TestHostileELF(t *testing.T) {
	raw := elfSpec{machine: elf.EM_ARM, bits32: true, interp: "/lib/ld-linux-armhf.so.3", needed: glibcSo, needs: glibcNeed("GLIBC_2.34"),
		defines: []string{"V_1"}, runpath: "/x", notes: [][]byte{x86Note(1)}, attributes: armAttributeBytes(6, 10)}.build()
	for i := range raw {
		require.NotEmpty(t, readBytes(t, raw[:i], "linux/arm", Want{}))
		for _, flip := range []byte{0xff, 0x80, 0x01} {
			bad := bytes.Clone(raw)
			bad[i] ^= flip
			require.NotEmpty(t, readBytes(t, bad, "linux/arm", Want{GlibcFloor: "2.31", Libc: "glibc"}))
		}
	}
}
