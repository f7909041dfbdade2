package sysroot

import (
	"fmt"
	"slices"
	"strings"
)

// Arch is one row of names that everybody spells differently: Go, Debian, GNU, musl and LLVM.
// A new target architecture is a new row.
type Arch struct {
	Debian   string   // Debian architecture: "armhf"
	GOARCH   string   // "arm"
	Variants []string // platform variants it serves: "v7"; nil: every variant of GOARCH and none
	GNU      string   // Debian's multiarch name, and TRIPLE of TRIPLE-clang for glibc: "arm-linux-gnueabihf"
	Musl     string   // Debian's musl name, and TRIPLE of TRIPLE-clang for musl: "arm-linux-musleabihf"
	LLVM     string   // how clang normalises GNU, the name of its config file: "arm-unknown-linux-gnueabihf"
	LLVMMusl string   // the same for Musl
	Loader   string   // loader path of glibc programs
	MuslLd   string   // loader path of musl programs
	Flags    []string // what clang has to be told beyond the triple for Debian's baseline of this architecture
}

// archs are the targets. Loader paths are the psABI's as glibc and musl install them; Flags follow Debian's baselines:
// armhf is ARMv7-A with VFPv3-D16, armel ARMv5TE without an FPU.
var archs = []Arch{
	{"amd64", "amd64", nil, "x86_64-linux-gnu", "x86_64-linux-musl", "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl",
		"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1", nil},
	{"arm64", "arm64", nil, "aarch64-linux-gnu", "aarch64-linux-musl", "aarch64-unknown-linux-gnu", "aarch64-unknown-linux-musl",
		"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1", nil},
	{"armhf", "arm", []string{"", "v7"}, "arm-linux-gnueabihf", "arm-linux-musleabihf", "arm-unknown-linux-gnueabihf", "arm-unknown-linux-musleabihf",
		"/lib/ld-linux-armhf.so.3", "/lib/ld-musl-armhf.so.1", []string{"-march=armv7-a", "-mfpu=vfpv3-d16", "-mfloat-abi=hard"}},
	{"armel", "arm", []string{"v5", "v6"}, "arm-linux-gnueabi", "arm-linux-musleabi", "arm-unknown-linux-gnueabi", "arm-unknown-linux-musleabi",
		"/lib/ld-linux.so.3", "/lib/ld-musl-arm.so.1", []string{"-march=armv5te", "-mfloat-abi=soft"}},
	{"i386", "386", nil, "i386-linux-gnu", "i386-linux-musl", "i386-unknown-linux-gnu", "i386-unknown-linux-musl",
		"/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1", []string{"-march=i686"}},
	{"ppc64el", "ppc64le", nil, "powerpc64le-linux-gnu", "powerpc64le-linux-musl", "powerpc64le-unknown-linux-gnu", "powerpc64le-unknown-linux-musl",
		"/lib64/ld64.so.2", "/lib/ld-musl-powerpc64le.so.1", nil},
	{"s390x", "s390x", nil, "s390x-linux-gnu", "s390x-linux-musl", "s390x-unknown-linux-gnu", "s390x-unknown-linux-musl",
		"/lib/ld64.so.1", "/lib/ld-musl-s390x.so.1", nil},
	{"riscv64", "riscv64", nil, "riscv64-linux-gnu", "riscv64-linux-musl", "riscv64-unknown-linux-gnu", "riscv64-unknown-linux-musl",
		"/lib/ld-linux-riscv64-lp64d.so.1", "/lib/ld-musl-riscv64.so.1", nil},
}

// noGlibcStaticPIE are the Debian architectures whose libc6-dev has no rcrt1.o, the startup file of a static PIE.
// musl-dev has one for every architecture.
var noGlibcStaticPIE = []string{"armhf", "armel", "ppc64el"}

// StaticPIE reports whether a static position independent executable can be linked against that C library.
func (a Arch) StaticPIE(kind Kind) bool {
	return kind == KindMusl || !slices.Contains(noGlibcStaticPIE, a.Debian)
}

// typeDefines are the macros that Debian's compilers define for an architecture and that choose the size of C types in the
// interfaces of its libraries: off_t and time_t of 64 bits since trixie (Debian's 64-bit time transition; i386 stays as it
// was). Clang from Debian for another architecture does not define them.
var typeDefines = []struct {
	suite, arch string
	defines     []string
}{
	{"trixie", "armhf", []string{"-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64"}},
	{"trixie", "armel", []string{"-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64"}},
}

// muslDefines make headers choose the 64-bit entries of Debian's libraries where long has 32 bits: musl's off_t always has
// 64, zlib's gzseek without them 32.
var muslDefines = []string{"-D_FILE_OFFSET_BITS=64", "-D_LFS64_LARGEFILE=1"}

// long32 are the Debian architectures whose long has 32 bits.
var long32 = []string{"armhf", "armel", "i386"}

// Defines are the preprocessor flags that C code needs to see the types that the suite's libraries were compiled with.
func (a Arch) Defines(kind Kind, suite string) []string {
	if kind == KindMusl {
		if slices.Contains(long32, a.Debian) {
			return slices.Clone(muslDefines)
		}
		return nil
	}
	for _, row := range typeDefines {
		if row.suite == suite && row.arch == a.Debian {
			return slices.Clone(row.defines)
		}
	}
	return nil
}

// gcc is the directory of libgcc-N-dev below usr/lib/gcc: the GNU triple, but Debian's gcc for i386 is one for i686.
func (a Arch) gcc() string { return strings.Replace(a.GNU, "i386-", "i686-", 1) }

// Archs are all rows, in a fixed order.
func Archs() []Arch { return slices.Clone(archs) }

// ArchOf finds the row of a Debian architecture.
func ArchOf(debian string) (Arch, error) {
	for _, a := range archs {
		if a.Debian == debian {
			return a, nil
		}
	}
	return Arch{}, fmt.Errorf("Debian architecture %q is not supported, known: %s", debian, archNames(func(a Arch) string { return a.Debian }))
}

// ArchFor finds the row for a Go architecture and a platform variant ("v7" of linux/arm/v7, empty for none).
func ArchFor(goarch, variant string) (Arch, error) {
	for _, a := range archs {
		if a.GOARCH == goarch && (a.Variants == nil || slices.Contains(a.Variants, variant)) {
			return a, nil
		}
	}
	name := strings.TrimSuffix(goarch+"/"+variant, "/")
	return Arch{}, fmt.Errorf("there is no C sysroot for linux/%s, only for: %s", name, archNames(Arch.platforms))
}

// platforms names what the row serves as Docker writes it: "linux/arm/v5, linux/arm/v6".
func (a Arch) platforms() string {
	if a.Variants == nil {
		return "linux/" + a.GOARCH
	}
	var names []string
	for _, v := range a.Variants {
		if v != "" {
			names = append(names, "linux/"+a.GOARCH+"/"+v)
		}
	}
	return strings.Join(names, ", ")
}

func archNames(name func(Arch) string) string {
	var names []string
	for _, a := range archs {
		names = append(names, name(a))
	}
	return strings.Join(names, ", ")
}
