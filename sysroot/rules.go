package sysroot

import (
	"slices"
	"strings"
)

// A sysroot is read by a compiler and a linker; nothing in it is ever started, and it has no postinst. So of the
// dependencies of a user's package only libraries, headers and what pkg-config reads are of use. Everything else
// (compilers, interpreters, tools, configuration) is left out by these rules, in this order; the first that fits wins.
// A package that a rule leaves out ends the walk there: what only it needs is left out with it.
var rules = []rule{
	{"is essential to a running system", func(e *entry) bool { return e.essential }, true},
	{"is a compiler or part of one", func(e *entry) bool { return hasPrefix(e.Name, toolchainPrefixes) }, true},
	{"is a program", func(e *entry) bool { return hasPrefix(e.Name, programPrefixes) || hasSuffix(e.Name, programSuffixes) }, true},
	{"", func(e *entry) bool { return slices.Contains(librarySections, sectionOf(e)) }, false},
	{"", func(e *entry) bool { return strings.HasSuffix(e.Name, "-dev") }, false}, // headers filed elsewhere: x11proto-dev, linux-libc-dev
	{"is no library or header package", func(*entry) bool { return true }, true},
}

// rule tells whether a package is left out, and why in words that follow its name.
type rule struct {
	why  string
	fits func(*entry) bool
	skip bool
}

var (
	librarySections   = []string{"libs", "libdevel", "oldlibs"}
	toolchainPrefixes = []string{"gcc-", "g++-", "cpp-", "gfortran-", "clang-", "llvm-", "lld-", "binutils", "libc-dev-bin", "musl-tools", "dpkg-dev", "rustc", "golang"}
	programPrefixes   = []string{"perl", "python3", "debconf", "dpkg", "base-files", "pkgconf", "pkg-config", "init-system-helpers", "gir1.2-"}
	programSuffixes   = []string{"-bin", "-utils", "-tools", "-doc", "-perl"}
)

// muslReplaces are glibc's own development packages: never part of a musl sysroot, whose C library has its own. Beside
// them no package of section libs is taken: it holds shared objects, which Debian links against glibc.
var muslReplaces = []string{"libc6-dev", "libcrypt-dev"}

// leftOut says why a package has no place in a sysroot of this kind; empty: it has one.
func leftOut(e *entry, kind Kind) string {
	if kind == KindMusl && (slices.Contains(muslReplaces, e.Name) || sectionOf(e) == "libs" && !strings.HasSuffix(e.Name, "-dev")) {
		return "has only shared libraries for glibc, of no use with musl"
	}
	for _, r := range rules {
		if r.fits(e) {
			if r.skip {
				return r.why
			}
			return ""
		}
	}
	return ""
}

// sectionOf drops the area in front of a section: "contrib/libs" is "libs".
func sectionOf(e *entry) string {
	_, section, _ := cutLast(e.section, "/")
	return section
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func hasSuffix(s string, suffixes []string) bool {
	return slices.ContainsFunc(suffixes, func(p string) bool { return strings.HasSuffix(s, p) })
}
