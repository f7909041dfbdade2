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

// call finds the target of a direct call or jump at the beginning of code that lies at pc.
type call struct {
	step  int // bytes from one instruction to look at to the next
	bytes int // that it needs
	to    func(code []byte, order order, pc uint64) (target uint64, ok bool)
}

type order interface{ Uint32([]byte) uint32 }

// calls is by machine. On others it is not known who calls what.
var calls = map[elf.Machine]call{
	elf.EM_X86_64:  {1, 5, callX86},
	elf.EM_386:     {1, 5, call386},
	elf.EM_AARCH64: {4, 4, callARM64},
	elf.EM_ARM:     {4, 4, callARM},
	elf.EM_S390:    {2, 6, callS390},
}

// callX86 is CALL rel32 or JMP rel32.
func callX86(code []byte, o order, pc uint64) (uint64, bool) {
	return pc + 5 + uint64(int64(int32(o.Uint32(code[1:])))), code[0]&^1 == 0xe8
}

func call386(code []byte, o order, pc uint64) (uint64, bool) {
	target, ok := callX86(code, o, pc)
	return target & 0xffffffff, ok
}

// callARM64 is BL or B: 26 bits, in words.
func callARM64(code []byte, o order, pc uint64) (uint64, bool) {
	word := o.Uint32(code)
	return pc + uint64(int64(int32(word<<6)>>4)), word&0x7c000000 == 0x14000000
}

// callARM is BL, B or BLX: 24 bits, in words from two instructions on. BLX has half a word more in its H bit, and ends in Thumb code.
func callARM(code []byte, o order, pc uint64) (uint64, bool) {
	word := o.Uint32(code)
	target := uint64(uint32(pc) + 8 + uint32(int32(word<<8)>>6))
	if word>>25 == 0x7d {
		return target + uint64(word>>23&2) | 1, true
	}
	return target, word&0x0e000000 == 0x0a000000
}

// callS390 is BRASL or BRCL: 32 bits, in half words.
func callS390(code []byte, o order, pc uint64) (uint64, bool) {
	return pc + uint64(int64(int32(o.Uint32(code[2:])))*2), code[0] == 0xc0 && (code[1]&0xf == 5 || code[1]&0xf == 4)
}

// called reports whether some code of the file calls or jumps to the address.
func called(r io.ReaderAt, f *elf.File, target uint64) bool {
	c, ok := calls[f.Machine]
	if !ok {
		return false
	}
	found := false
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Flags&elf.PF_X == 0 {
			continue
		}
		scan(r, extent{int64(p.Off), int64(p.Filesz)}, c.bytes-1, func(at int64, window []byte) bool {
			found = c.in(window, f.ByteOrder, p.Vaddr+uint64(at), target)
			return !found
		})
	}
	return found
}

// in looks for a call of the target in code that lies at pc.
func (c call) in(code []byte, o order, pc, target uint64) bool {
	for i := 0; i+c.bytes <= len(code); i += c.step {
		if c.step == 1 && code[i]&^1 != 0xe8 { // most bytes of x86 code, which is looked at byte by byte
			continue
		}
		if to, ok := c.to(code[i:i+c.bytes], o, pc+uint64(i)); ok && to == target {
			return true
		}
	}
	return false
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

// checkStaticTLS: a library whose thread-local variables have fixed places beside the program's. musl keeps no room for those that are
// loaded later, and refuses; glibc keeps some.
func checkStaticTLS(s *subject) []Finding {
	if !s.onLinux() || !s.bin.isLibrary() || !s.bin.elf.dynamic.staticTLS {
		return nil
	}
	isMusl := s.want.Libc == musl || slices.ContainsFunc(s.libcSigns(), func(e evidence) bool { return e.says == musl })
	if isMusl {
		return fail("static-tls", "static", "dynamic", "has thread-local variables at fixed places (DF_STATIC_TLS): musl's dlopen refuses it")
	}
	return pass("static-tls", "static", "", "has thread-local variables at fixed places (DF_STATIC_TLS), for which glibc keeps some room")
}
