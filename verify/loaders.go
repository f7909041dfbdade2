package verify

import (
	"slices"
	"strings"
)

const (
	musl  = "musl"
	glibc = "glibc"
)

// loaderRow is one path that a dynamic linux program names as its loader.
type loaderRow struct {
	libc     string
	goarch   string
	path     string
	variants []string // short variants it may serve; nil: all of the architecture
}

// loaders holds every loader path of glibc and musl by architecture. glibc: sysdeps/unix/sysv/linux/*/shlib-versions and
// ldd-rewrite.sed; musl: the LDSO_PATHNAME that its configure forms, /lib/ld-musl-$(ARCH)$(SUBARCH).so.1.
// Some of the paths that Go's own linker writes are not here because no libc ships them (riscv64 /lib/ld.so.1, s390x and
// mips64 /lib64/ld64.so.1): such a file starts nowhere.
var loaders = []loaderRow{
	{glibc, "386", "/lib/ld-linux.so.2", nil},
	{glibc, "amd64", "/lib64/ld-linux-x86-64.so.2", nil},
	{glibc, "arm", "/lib/ld-linux-armhf.so.3", []string{"v6", "v7"}},
	{glibc, "arm", "/lib/ld-linux.so.3", []string{"v5", "v6"}},
	{glibc, "arm64", "/lib/ld-linux-aarch64.so.1", nil},
	{glibc, "loong64", "/lib64/ld-linux-loongarch-lp64d.so.1", nil},
	{glibc, "mips", "/lib/ld.so.1", nil},
	{glibc, "mips", "/lib/ld-linux-mipsn8.so.1", nil},
	{glibc, "mipsle", "/lib/ld.so.1", nil},
	{glibc, "mipsle", "/lib/ld-linux-mipsn8.so.1", nil},
	{glibc, "mips64", "/lib64/ld.so.1", nil},
	{glibc, "mips64", "/lib64/ld-linux-mipsn8.so.1", nil},
	{glibc, "mips64le", "/lib64/ld.so.1", nil},
	{glibc, "mips64le", "/lib64/ld-linux-mipsn8.so.1", nil},
	{glibc, "ppc64", "/lib64/ld64.so.1", nil},
	{glibc, "ppc64le", "/lib64/ld64.so.2", nil},
	{glibc, "riscv64", "/lib/ld-linux-riscv64-lp64d.so.1", nil},
	{glibc, "s390x", "/lib/ld64.so.1", nil},

	{musl, "386", "/lib/ld-musl-i386.so.1", nil},
	{musl, "amd64", "/lib/ld-musl-x86_64.so.1", nil},
	{musl, "arm", "/lib/ld-musl-armhf.so.1", []string{"v6", "v7"}},
	{musl, "arm", "/lib/ld-musl-arm.so.1", []string{"v5", "v6"}},
	{musl, "arm64", "/lib/ld-musl-aarch64.so.1", nil},
	{musl, "loong64", "/lib/ld-musl-loongarch64.so.1", nil},
	{musl, "mips", "/lib/ld-musl-mips.so.1", []string{""}},
	{musl, "mips", "/lib/ld-musl-mips-sf.so.1", []string{"softfloat"}},
	{musl, "mipsle", "/lib/ld-musl-mipsel.so.1", []string{""}},
	{musl, "mipsle", "/lib/ld-musl-mipsel-sf.so.1", []string{"softfloat"}},
	{musl, "mips64", "/lib/ld-musl-mips64.so.1", []string{""}},
	{musl, "mips64", "/lib/ld-musl-mips64-sf.so.1", []string{"softfloat"}},
	{musl, "mips64le", "/lib/ld-musl-mips64el.so.1", []string{""}},
	{musl, "mips64le", "/lib/ld-musl-mips64el-sf.so.1", []string{"softfloat"}},
	{musl, "ppc64", "/lib/ld-musl-powerpc64.so.1", nil},
	{musl, "ppc64le", "/lib/ld-musl-powerpc64le.so.1", nil},
	{musl, "riscv64", "/lib/ld-musl-riscv64.so.1", nil},
	{musl, "s390x", "/lib/ld-musl-s390x.so.1", nil},
}

// foreignLoaders are the loaders of other systems, which thereby tell the system a file is for.
var foreignLoaders = map[string]string{
	"/system/bin/linker":       "android",
	"/system/bin/linker64":     "android",
	"/libexec/ld-elf.so.1":     "freebsd",
	"/libexec/ld.elf_so":       "netbsd",
	"/usr/libexec/ld.elf_so":   "netbsd",
	"/usr/libexec/ld.so":       "openbsd",
	"/usr/libexec/ld-elf.so.2": "dragonfly",
	"/usr/lib/ld.so.1":         "solaris",
	"/lib/amd64/ld.so.1":       "solaris",
	"/lib/64/ld.so.1":          "solaris",
	"/usr/lib/amd64/ld.so.1":   "solaris",
	"/usr/lib/64/ld.so.1":      "solaris",
}

// Loaders are the loader paths that a dynamic program of a linux platform may name, glibc's before musl's. libc is "glibc",
// "musl" or empty for both; variant is a platform variant in any spelling that ParsePlatform takes.
func Loaders(libc, goarch, variant string) []string {
	row, err := lookupVariant(goarch, variant)
	if err != nil {
		return nil
	}
	var paths []string
	for _, l := range loaders {
		if l.goarch == goarch && (libc == "" || l.libc == libc) && (l.variants == nil || slices.Contains(l.variants, row.short)) {
			paths = append(paths, l.path)
		}
	}
	return paths
}

// libcOfLoader names the libc behind a linux loader path, empty when no libc ships that path.
func libcOfLoader(path string) string {
	for _, l := range loaders {
		if l.path == path {
			return l.libc
		}
	}
	return ""
}

// libcOfLibrary names the libc that a needed library belongs to, empty for any other library.
func libcOfLibrary(name string) string {
	switch {
	case name == "libc.so", strings.HasPrefix(name, "libc.musl-"), strings.HasPrefix(name, "ld-musl-"):
		return musl
	case slices.Contains(glibcLibraries, name), strings.HasPrefix(name, "ld-linux"), strings.HasPrefix(name, "ld64.so."):
		return glibc
	}
	return ""
}

// glibcLibraries are the sonames that glibc alone ships.
var glibcLibraries = []string{"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2",
	"libutil.so.1", "libanl.so.1", "libmvec.so.1", "libnsl.so.1", "libthread_db.so.1", "libBrokenLocale.so.1"}
