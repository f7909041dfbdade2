package sysroot

import (
	"fmt"
	"slices"
	"strings"
)

// Suite is one row of what a Debian release holds.
type Suite struct {
	Codename string   // "trixie"
	Security string   // codename of its security updates: "trixie-security"
	Glibc    string   // version of its libc6: "2.41"
	GCC      int      // N of libgcc-N-dev and libstdc++-N-dev
	Archs    []string // Debian architectures of the rows of Archs that it has
	Musl     []string // the part of Archs for which it has musl-dev
}

// suites are the known releases, the oldest first. Versions are those of the packages libc6, libgcc-N-dev and musl-dev
// in each suite's index.
var suites = []Suite{
	{"bullseye", "bullseye-security", "2.31", 10, longTermArchs, longTermArchs},
	{"bookworm", "bookworm-security", "2.36", 12, bookwormArchs, bookwormArchs},
	{"trixie", "trixie-security", "2.41", 14, trixieArchs, trixieArchs},
}

var (
	// Suites past their regular life keep only the architectures of long-term support in the archive.
	longTermArchs = []string{"amd64", "arm64", "armhf", "i386"}
	bookwormArchs = []string{"amd64", "arm64", "armhf", "armel", "i386", "ppc64el", "s390x"}
	trixieArchs   = []string{"amd64", "arm64", "armhf", "armel", "i386", "ppc64el", "s390x", "riscv64"}
)

// HostSuite is where the host toolchain comes from, whatever suite the target's sysroot is of.
const HostSuite = "trixie"

// hostArchs are the Debian architectures of build machines.
var hostArchs = []string{"amd64", "arm64"}

// Suites are all known suites, the oldest first.
func Suites() []Suite { return slices.Clone(suites) }

// SuiteOf finds a suite by codename.
func SuiteOf(codename string) (Suite, error) {
	for _, s := range suites {
		if s.Codename == codename {
			return s, nil
		}
	}
	return Suite{}, fmt.Errorf("Debian suite %q is not known, known: %s", codename, suiteNames())
}

// SuiteForFloor chooses the suite to build against for programs that must run on glibc floor ("2.31") and newer: the
// newest suite whose own glibc is not above it. An empty floor is no floor: the newest suite. A floor below every known
// suite gets the oldest one: what a program really needs is known only after linking, so the check of the output's symbol versions
// decides then.
func SuiteForFloor(floor string) (Suite, error) {
	if floor == "" {
		return suites[len(suites)-1], nil
	}
	if !isGlibcVersion(floor) {
		return Suite{}, fmt.Errorf("glibc version %q is not of the form 2.N; known suites: %s", floor, suiteNames())
	}
	best := suites[0]
	for _, s := range suites {
		if compareVersions(s.Glibc, floor) <= 0 {
			best = s
		}
	}
	return best, nil
}

func isGlibcVersion(v string) bool {
	minor, ok := strings.CutPrefix(v, "2.")
	return ok && minor != "" && len(minor) < 4 && strings.Trim(minor, "0123456789") == ""
}

func suiteNames() string {
	var names []string
	for _, s := range suites {
		names = append(names, s.Codename+" (glibc "+s.Glibc+")")
	}
	return strings.Join(names, ", ")
}

// hostToolchain are the packages that run clang, lld and pkg-config, chosen by what their programs load (DT_NEEDED) and
// by what clang opens (its own headers in libclang-common). What Debian's dependencies want besides is not needed to
// compile: native gcc, binutils, the C library's headers.
var hostToolchain = []string{
	"clang-19", "lld-19", "libclang-common-19-dev", "libclang-cpp19", "libllvm19",
	"libc6", "libgcc-s1", "libstdc++6", "libz3-4", "libxml2", "libtinfo6", "liblzma5", "libzstd1", "zlib1g", "libffi8",
	"libedit2", "libbsd0", "libmd0",
	"pkgconf-bin", "libpkgconf3",
}

// HostToolchain are the packages of the compiler, linker and pkg-config that run on a build machine of Debian
// architecture arch. They are of HostSuite; one host root compiles for every row of Archs.
func HostToolchain(arch string) ([]string, error) {
	if !slices.Contains(hostArchs, arch) {
		return nil, fmt.Errorf("no C toolchain runs on build machines of architecture %s, only on: %s", arch, strings.Join(hostArchs, ", "))
	}
	return slices.Clone(hostToolchain), nil
}

// GlibcSysroot are the packages of a glibc target's headers, libraries and startup files; cxx adds the C++ library.
func GlibcSysroot(suite, arch string, cxx bool) ([]string, error) {
	s, err := suiteWith(suite, arch, func(s Suite) []string { return s.Archs }, "glibc")
	if err != nil {
		return nil, err
	}
	names := []string{"libc6", "libc6-dev", "linux-libc-dev", "libgcc-s1", fmt.Sprintf("libgcc-%d-dev", s.GCC), "libcrypt1", "libcrypt-dev"}
	if cxx {
		names = append(names, "libstdc++6", fmt.Sprintf("libstdc++-%d-dev", s.GCC))
	}
	return names, nil
}

// MuslSysroot are the packages of a musl target's headers, libraries and startup files, libgcc.a among them. With cxx the
// source packages of MuslSources are needed besides.
func MuslSysroot(suite, arch string, cxx bool) ([]string, error) {
	s, err := suiteWith(suite, arch, func(s Suite) []string { return s.Musl }, "musl")
	if err != nil {
		return nil, err
	}
	if cxx && suite != cxxSuite {
		return nil, fmt.Errorf("suite %s has no C++ library for musl, only for: %s", suite, cxxSuite)
	}
	return []string{"musl", "musl-dev", "linux-libc-dev", fmt.Sprintf("libgcc-%d-dev", s.GCC)}, nil
}

// cxxSuite is the suite whose emscripten has the C++ library of the host's clang.
const cxxSuite = HostSuite

// MuslSources are the source packages of a musl target. Debian has no C++ library for musl; trixie's emscripten carries
// the sources of libc++, libc++abi and libunwind of LLVM 18.1, which clang 19 compiles.
func MuslSources(cxx bool) []string {
	if cxx {
		return []string{"emscripten"}
	}
	return nil
}

func suiteWith(suite, arch string, has func(Suite) []string, libc string) (Suite, error) {
	s, err := SuiteOf(suite)
	if err != nil {
		return s, err
	}
	if !slices.Contains(has(s), arch) {
		return s, fmt.Errorf("suite %s has no %s for Debian architecture %q, only for: %s", suite, libc, arch, strings.Join(has(s), ", "))
	}
	return s, nil
}
