package verify

import (
	"bytes"
	"crypto/sha256"
	"debug/macho"
	stdbinary "encoding/binary"
	"fmt"
	"io"
)

// machoCPUs names the CPU type in the words of the arches table.
var machoCPUs = map[macho.Cpu]string{
	macho.Cpu386:   "i386",
	macho.CpuAmd64: "x86-64",
	macho.CpuArm:   "arm",
	macho.CpuArm64: "aarch64",
	macho.CpuPpc:   "ppc",
	macho.CpuPpc64: "ppc64",
}

// machoKinds are the file types of <mach-o/loader.h>; only an executable can be started.
var machoKinds = map[macho.Type]string{
	1: "relocatable object (.o)", 4: "core dump", 6: "dynamic library (dylib)", 8: "bundle", 10: "debug symbols file (dSYM)",
}

var machoRoles = map[macho.Type]string{1: objectRole, macho.TypeExec: programRole, macho.TypeDylib: libraryRole}

// Load commands and platforms of <mach-o/loader.h> that debug/macho does not parse.
const (
	lcUnixThread     = 0x05
	lcLoadDylib      = 0x0c
	lcLoadDylinker   = 0x0e
	lcCodeSignature  = 0x1d
	lcLazyDylib      = 0x20
	lcVersionMacOS   = 0x24
	lcVersionIOS     = 0x25
	lcVersionTVOS    = 0x2f
	lcVersionWatchOS = 0x30
	lcBuildVersion   = 0x32
	lcWeakDylib      = 0x80000018
	lcReexportDylib  = 0x8000001f
	lcUpwardDylib    = 0x80000023
	lcMain           = 0x80000028
)

var machoPlatforms = map[uint32]string{1: "darwin", 2: "ios", 3: "tvos", 4: "watchos", 5: "bridgeos", 6: "mac catalyst", 7: "ios simulator"}

// machoVersions are the older commands, one for each platform.
var machoVersions = map[uint32]evidence{
	lcVersionMacOS:   {"darwin", "LC_VERSION_MIN_MACOSX"},
	lcVersionIOS:     {"ios", "LC_VERSION_MIN_IPHONEOS"},
	lcVersionTVOS:    {"tvos", "LC_VERSION_MIN_TVOS"},
	lcVersionWatchOS: {"watchos", "LC_VERSION_MIN_WATCHOS"},
}

// machoFacts is what only Mach-O files have.
type machoFacts struct {
	subtype uint32   // of the processor, without the bits for features
	flags   uint32   // of the header
	weak    []string // libraries that may be missing
	rpaths  []string // directories that stand for @rpath
	entry   bool     // LC_MAIN or LC_UNIXTHREAD is there
	open    []string // segments that are writable and executable at once
}

func parseMachO(r io.ReaderAt, size int64) (*binary, error) {
	f, err := macho.NewFile(limited(r, size))
	if err != nil {
		return nil, err
	}
	facts := &machoFacts{subtype: f.SubCpu & 0xffffff, flags: f.Flags}
	bin := &binary{machine: machoCPUs[f.Cpu], bits: 32, order: little, kind: "executable", sections: machoSections(f), macho: facts}
	if bin.machine == "" {
		bin.machine = f.Cpu.String()
	}
	if f.Magic == macho.Magic64 {
		bin.bits = 64
	}
	if f.ByteOrder == stdbinary.BigEndian {
		bin.order = big
	}
	for _, l := range f.Loads {
		if err := takeLoad(bin, f, l, r, size); err != nil {
			return nil, err
		}
	}
	bin.machoKind(f.Type)
	if bin.role == libraryRole {
		bin.exports = machoExports(f)
	}
	if s := f.Section("__gopclntab"); s != nil {
		bin.pclntab = extent{int64(s.Offset), int64(s.Size)}
	}
	return bin, nil
}

func (b *binary) machoKind(kind macho.Type) {
	b.role = machoRoles[kind]
	switch {
	case kind != macho.TypeExec:
		if b.kind = machoKinds[kind]; b.kind == "" {
			b.kind = fmt.Sprintf("file of type %d", kind)
		}
		b.kindBad = "is a " + b.kind
	case !b.macho.entry:
		b.kindBad, b.role = "has no entry point (neither LC_MAIN nor LC_UNIXTHREAD)", ""
	}
}

// Protections of a segment (<mach/vm_prot.h>).
const machoWriteExecute = 2 | 4

// takeLoad reads one load command: a segment, what stands in the file by name, or the signature.
func takeLoad(bin *binary, f *macho.File, l macho.Load, r io.ReaderAt, size int64) error {
	switch l := l.(type) {
	case *macho.Segment:
		if l.Offset > uint64(size) || l.Filesz > uint64(size)-l.Offset {
			return fmt.Errorf("truncated: segment %s ends at byte %d, the file at %d", l.Name, l.Offset+l.Filesz, size)
		}
		if l.Prot&machoWriteExecute == machoWriteExecute {
			bin.macho.open = append(bin.macho.open, l.Name)
		}
		return nil
	case *macho.Rpath:
		bin.macho.rpaths = append(bin.macho.rpaths, l.Path)
		return nil
	}
	raw := l.Raw()
	if len(raw) < 12 {
		return nil
	}
	o := f.ByteOrder
	switch id := o.Uint32(raw); id {
	case lcLoadDylib, lcWeakDylib, lcReexportDylib, lcLazyDylib, lcUpwardDylib, lcLoadDylinker:
		return takeName(bin, id, raw, o)
	case lcUnixThread, lcMain:
		bin.macho.entry = true
	case lcVersionMacOS, lcVersionIOS, lcVersionTVOS, lcVersionWatchOS:
		bin.system = append(bin.system, machoVersions[id])
		bin.minOS = machoVersion(o.Uint32(raw[8:]))
	case lcBuildVersion:
		name, ok := machoPlatforms[o.Uint32(raw[8:])]
		if !ok {
			name = fmt.Sprintf("Apple platform %d", o.Uint32(raw[8:]))
		}
		bin.system = append(bin.system, evidence{name, "LC_BUILD_VERSION"})
		if len(raw) >= 16 {
			bin.minOS = machoVersion(o.Uint32(raw[12:]))
		}
	case lcCodeSignature:
		return takeSignature(bin, raw, o, r, size)
	}
	return nil
}

// takeName reads a command that names a file: the text begins where its third word says.
func takeName(bin *binary, id uint32, raw []byte, o stdbinary.ByteOrder) error {
	at := o.Uint32(raw[8:])
	if at > uint32(len(raw)) {
		return fmt.Errorf("the name of load command %#x is outside of it", id)
	}
	text, _, _ := bytes.Cut(raw[at:], []byte{0})
	switch name := string(text); id {
	case lcLoadDylinker:
		bin.interp = name
	case lcWeakDylib:
		bin.macho.weak = append(bin.macho.weak, name)
		fallthrough
	default:
		bin.needed = append(bin.needed, name)
	}
	return nil
}

// machoVersion is a version as Apple packs it: 16 bits, 8 bits, 8 bits.
func machoVersion(packed uint32) string {
	version := fmt.Sprintf("%d.%d", packed>>16, packed>>8&0xff)
	if patch := packed & 0xff; patch > 0 {
		version += fmt.Sprintf(".%d", patch)
	}
	return version
}

func takeSignature(bin *binary, raw []byte, o stdbinary.ByteOrder, r io.ReaderAt, size int64) error {
	if len(raw) < 16 {
		return fmt.Errorf("the code signature command is %d bytes long", len(raw))
	}
	bin.signature = "signed"
	if err := checkPages(r, size, int64(o.Uint32(raw[8:])), int64(o.Uint32(raw[12:]))); err != nil {
		bin.signature = err.Error()
	}
	return nil
}

// Magic numbers of <Security/CSCommon.h>; everything in a signature is big endian.
const (
	magicSuperBlob     = 0xfade0cc0
	magicCodeDirectory = 0xfade0c02
	hashSHA256         = 2
	maxSignature       = 1 << 28
)

// checkPages hashes the file page by page and compares with the code directories of the signature, as the kernel does when
// it starts the program.
func checkPages(r io.ReaderAt, size, at, length int64) error {
	if length < 12 || length > maxSignature || at > size-length {
		return fmt.Errorf("the code signature lies outside of the file")
	}
	blob := make([]byte, length)
	if _, err := r.ReadAt(blob, at); err != nil {
		return err
	}
	o := stdbinary.BigEndian
	if o.Uint32(blob) != magicSuperBlob {
		return fmt.Errorf("the code signature is damaged")
	}
	checked := false
	for i := range min(int64(o.Uint32(blob[8:])), (length-12)/8) {
		start := int64(o.Uint32(blob[12+8*i+4:]))
		if start > length-44 || o.Uint32(blob[start:]) != magicCodeDirectory {
			continue
		}
		if blob[start+37] != hashSHA256 {
			continue // SHA-1 directories serve systems before macOS 10.11 and stand beside a SHA-256 one
		}
		if err := checkDirectory(r, at, blob[start:]); err != nil {
			return err
		}
		checked = true
	}
	if !checked {
		return fmt.Errorf("the code signature has no SHA-256 code directory")
	}
	return nil
}

// checkDirectory compares the page hashes of one code directory. at is where the signature begins: hashed code ends before.
func checkDirectory(r io.ReaderAt, at int64, cd []byte) error {
	o := stdbinary.BigEndian
	hashes, slots, limit := int64(o.Uint32(cd[16:])), int64(o.Uint32(cd[28:])), int64(o.Uint32(cd[32:]))
	page := int64(1) << min(cd[39], 30)
	if hashes+slots*sha256.Size > int64(len(cd)) || limit > at || slots != (limit+page-1)/page {
		return fmt.Errorf("the code directory is damaged")
	}
	buf := make([]byte, min(page, limit))
	for i := range slots {
		n, err := r.ReadAt(buf[:min(page, limit-i*page)], i*page)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(buf[:n])
		if !bytes.Equal(sum[:], cd[hashes+i*sha256.Size:][:sha256.Size]) {
			return fmt.Errorf("was changed after it was signed: page %d (byte %d) has another hash", i, i*page)
		}
	}
	return nil
}

// checkSignature: an Apple system kills an arm64 program that is unsigned, and any program whose pages do not match.
func checkSignature(s *subject) []Finding {
	const want = "a code signature that matches"
	if s.bin.format != formatMachO {
		return nil
	}
	switch {
	case s.bin.signature == "signed":
		return pass("signature", "signed", want, "code signature matches the file")
	case s.bin.signature != "":
		return fail("signature", s.bin.signature, want, s.bin.signature)
	case s.bin.machine == "aarch64":
		return fail("signature", "unsigned", want, "has no code signature, without which arm64 systems kill it at start")
	}
	return pass("signature", "unsigned", "", "has no code signature, which x86-64 does not ask for")
}
