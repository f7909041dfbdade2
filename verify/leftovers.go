package verify

import (
	"debug/elf"
	"io"
	"maps"
	"slices"
	"strings"
)

// nssFunctions are glibc's functions that ask the name service switch, and with it load libraries of the very same glibc at run time.
var nssFunctions = []string{"getaddrinfo", "gethostbyaddr", "gethostbyaddr_r", "gethostbyname", "gethostbyname2", "gethostbyname2_r", "gethostbyname_r", "getnameinfo",
	"getgrent", "getgrgid", "getgrgid_r", "getgrnam", "getgrnam_r", "getgrouplist", "initgroups", "getpwent", "getpwnam", "getpwnam_r", "getpwuid", "getpwuid_r",
	"getnetbyname", "getprotobyname", "getservbyname", "getservbyname_r", "getservbyport", "getservbyport_r", "getspnam", "getspnam_r"}

// openers are glibc's functions that load something by a name given at run time; glibc's own code has them in every static program, so
// only a call from outside of it counts for dlopen.
const (
	dlopenName = "dlopen"
	iconvName  = "iconv_open"
)

// nssMark is a path that only the code of the name service switch has, as C keeps it: Go's own resolver has it without the NULs.
var nssMark = []byte("\x00/etc/nsswitch.conf\x00")

// leftovers are what a static glibc program still loads at run time.
type leftovers struct {
	nss    []string // functions, sorted; a path where there are no symbols
	iconv  bool
	dlopen bool // called
}

// readLeftovers looks into static programs that have glibc's start files.
func readLeftovers(r io.ReaderAt, size int64, f *elf.File) leftovers {
	if section(f, elf.SHT_SYMTAB) == nil {
		if contains(r, size, nssMark) {
			return leftovers{nss: []string{strings.Trim(string(nssMark), "\x00")}}
		}
		return leftovers{}
	}
	names := append([]string{dlopenName, iconvName}, nssFunctions...)
	found := findSymbols(r, f, names)
	_, iconv := found[iconvName]
	opener, there := found[dlopenName]
	delete(found, iconvName)
	delete(found, dlopenName)
	return leftovers{nss: slices.Sorted(maps.Keys(found)), iconv: iconv, dlopen: there && called(r, f, opener.addr)}
}

// staticGlibc: it has glibc's start files and loads nothing when it starts.
func (b *binary) staticGlibc() bool {
	return b.elf.glibcCRT && b.interp == "" && len(b.needed) == 0 && b.startable() && !b.isLibrary()
}

// checkLeftovers names what a static glibc program loads all the same.
func checkLeftovers(s *subject) []Finding {
	if !s.onLinux() || !s.bin.staticGlibc() {
		return nil
	}
	left := s.bin.elf.left
	var bad []string
	if len(left.nss) > 0 {
		bad = append(bad, "users, groups and hosts are looked up through libraries ("+shorten(left.nss)+")")
	}
	if left.iconv {
		bad = append(bad, "character sets are converted by modules (iconv_open)")
	}
	if left.dlopen {
		bad = append(bad, "code calls dlopen")
	}
	switch {
	case len(bad) > 0:
		return fail("static-leftovers", strings.Join(bad, "; "), "nothing loaded at run time", "is static, but "+strings.Join(bad, ", ")+": at run time that needs files of the very glibc it was linked with")
	case !s.bin.elf.hasSymbols:
		return pass("static-leftovers", "no sign", "", "no sign of the name service switch; a stripped file does not tell of dlopen and iconv")
	}
	return pass("static-leftovers", "none", "", "loads nothing of glibc at run time")
}
