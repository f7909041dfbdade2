package verify

import (
	"debug/elf"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// elfFacts is what only ELF files have.
type elfFacts struct {
	dynamic  dynamic
	imported []elf.ImportedSymbol // undefined dynamic symbols with their versions, when the section headers are there
	flags    uint32               // e_flags
	glibcCRT bool                 // linked with glibc's start files, which leave an ABI note
	x86      uint32               // GNU_PROPERTY_X86_ISA_1_NEEDED
	arm      *armAttributes       // nil without .ARM.attributes
	progs    []elf.ProgHeader     // in the order of the file
	entry    uint64               // where it starts
	kernel   string               // oldest kernel in glibc's ABI note: "3.2.0"

	mipsFloat  byte                // fp_abi of .MIPS.abiflags
	hasSymbols bool                // there is a symbol table
	hasDebug   bool                // there is debug information
	symbols    map[string]symbolAt // of a static position independent program: the relocators that it has
	left       leftovers           // of a static program with glibc
}

// elfMachines names e_machine in the words of the arches table; others are named by debug/elf.
var elfMachines = map[elf.Machine]string{
	elf.EM_386:       "i386",
	elf.EM_X86_64:    "x86-64",
	elf.EM_ARM:       "arm",
	elf.EM_AARCH64:   "aarch64",
	elf.EM_LOONGARCH: "loongarch",
	elf.EM_MIPS:      "mips",
	elf.EM_PPC:       "ppc",
	elf.EM_PPC64:     "ppc64",
	elf.EM_RISCV:     "riscv",
	elf.EM_S390:      "s390",
}

// osabis tells the system from the OS/ABI byte. The zero byte (System V) stands for many: linux, android, dragonfly, solaris.
var osabis = map[elf.OSABI]string{
	elf.ELFOSABI_LINUX:   "linux",
	elf.ELFOSABI_FREEBSD: "freebsd",
	elf.ELFOSABI_NETBSD:  "netbsd",
	elf.ELFOSABI_OPENBSD: "openbsd",
	elf.ELFOSABI_SOLARIS: "solaris",
	elf.ELFOSABI_NONE:    "",
}

func parseELF(r io.ReaderAt, size int64) (*binary, error) {
	f, err := elf.NewFile(limited(r, size))
	if err != nil {
		return nil, err
	}
	if err := checkBounds(f, size); err != nil {
		return nil, err
	}
	facts := &elfFacts{flags: readFlags(r, f), entry: f.Entry, mipsFloat: readMIPSFloat(r, f), hasSymbols: section(f, elf.SHT_SYMTAB) != nil, hasDebug: hasDebug(f)}
	for _, p := range f.Progs {
		facts.progs = append(facts.progs, p.ProgHeader)
	}
	bin := &binary{format: formatELF, machine: elfMachines[f.Machine], bits: 32, order: little, elf: facts, relocates: f.Type == elf.ET_DYN}
	if bin.machine == "" {
		bin.machine = f.Machine.String()
	}
	if f.Class == elf.ELFCLASS64 {
		bin.bits = 64
	}
	if f.Data == elf.ELFDATA2MSB {
		bin.order = big
	}
	if facts.dynamic, err = readDynamic(f); err != nil {
		return nil, err
	}
	if bin.interp, err = readInterp(f); err != nil {
		return nil, err
	}
	bin.hasDyn, bin.needed, bin.pieFlag = facts.dynamic.present, facts.dynamic.needed, facts.dynamic.flags1&uint64(elf.DF_1_PIE) != 0
	bin.kind, bin.kindBad = elfKind(f, bin)
	if bin.role = elfRole(f, bin); bin.role == libraryRole {
		bin.exports = elfExports(f)
	}
	readNotes(f, bin)
	if sign, ok := osabiSign(f.OSABI); ok {
		bin.system = append([]evidence{sign}, bin.system...)
	}
	if goos := systemOfLoader(bin.interp); goos != "" {
		bin.system = append(bin.system, evidence{goos, "loader " + bin.interp})
	}
	facts.arm = readARMAttributes(f)
	facts.imported = importedSymbols(f)
	if bin.pclntab = elfFunctions(f); bin.pclntab.size > 0 {
		goSystemSign(r, bin)
	} else {
		bin.pclntab = loaded(f)
	}
	bin.sections = elfSections(f)
	readStatic(r, size, f, bin)
	return bin, nil
}

// readStatic looks up what only programs without a loader are asked about.
func readStatic(r io.ReaderAt, size int64, f *elf.File, bin *binary) {
	if bin.interp != "" || !bin.startable() || bin.isLibrary() {
		return
	}
	if bin.relocates {
		bin.elf.symbols = findSymbols(r, f, append([]string{localMark}, relocators...))
	}
	if bin.staticGlibc() {
		bin.elf.left = readLeftovers(r, size, f)
	}
}

// elfFunctions finds Go's function table: .gopclntab, or .data.rel.ro.gopclntab where the code is position independent
// (cmd/link/internal/ld/data.go).
func elfFunctions(f *elf.File) extent {
	for _, s := range f.Sections {
		if strings.HasSuffix(s.Name, ".gopclntab") && s.Type != elf.SHT_NOBITS {
			return extent{int64(s.Offset), int64(s.FileSize)}
		}
	}
	return extent{}
}

// loaded spans what is put into memory, wherever in it the function table may be: a file without section headers does not tell.
func loaded(f *elf.File) extent {
	from, to := uint64(math.MaxInt64), uint64(0)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Filesz > 0 {
			from, to = min(from, p.Off), max(to, p.Off+p.Filesz)
		}
	}
	if to <= from {
		return extent{}
	}
	return extent{int64(from), int64(to - from)}
}

// dragonflyFile is a file of Go's runtime that is compiled for dragonfly alone. Go's own files for it have no other sign.
var dragonflyFile = strings.Join([]string{"runtime/os", "dragonfly.go\x00"}, "_")

// goSystemSign looks among the names of the compiled files, where nothing else names the system.
func goSystemSign(r io.ReaderAt, bin *binary) {
	if t := bin.pclntab; len(bin.system) == 0 && contains(io.NewSectionReader(r, t.at, t.size), t.size, []byte(dragonflyFile)) {
		bin.system = append(bin.system, evidence{"dragonfly", "Go's runtime"})
	}
}

// checkBounds finds a file that ends before its segments and sections do: debug/elf does not look.
func checkBounds(f *elf.File, size int64) error {
	for i, p := range f.Progs {
		if p.Off > uint64(size) || p.Filesz > uint64(size)-p.Off {
			return fmt.Errorf("truncated: segment %d (%s) ends at byte %d, the file at %d", i, p.Type, p.Off+p.Filesz, size)
		}
	}
	for i, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL && (s.Offset > uint64(size) || s.FileSize > uint64(size)-s.Offset) {
			return fmt.Errorf("truncated: section %d (%s) ends at byte %d, the file at %d", i, s.Name, s.Offset+s.FileSize, size)
		}
	}
	return nil
}

// readFlags reads e_flags, which debug/elf does not show.
func readFlags(r io.ReaderAt, f *elf.File) uint32 {
	at := int64(36)
	if f.Class == elf.ELFCLASS64 {
		at = 48
	}
	var raw [4]byte
	if _, err := r.ReadAt(raw[:], at); err != nil {
		return 0
	}
	return f.ByteOrder.Uint32(raw[:])
}

// readInterp is the path in PT_INTERP, empty without one.
func readInterp(f *elf.File) (string, error) {
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		if p.Filesz == 0 || p.Filesz > 4096 {
			return "", fmt.Errorf("the loader's path is %d bytes long", p.Filesz)
		}
		raw := make([]byte, p.Filesz)
		if _, err := p.ReadAt(raw, 0); err != nil {
			return "", fmt.Errorf("the loader's path: %w", err)
		}
		return cString(raw)
	}
	return "", nil
}

// kindShared is the kind of a library.
const kindShared = "shared object"

// elfKind says in words what kind of ELF file it is and why it is no program, if it is none. A shared object is told from
// a position independent program by DF_1_PIE, and where older linkers left that out by having a loader and no soname.
func elfKind(f *elf.File, bin *binary) (kind, bad string) {
	switch f.Type {
	case elf.ET_EXEC:
		kind = "executable"
	case elf.ET_DYN:
		kind = "position independent executable"
	case elf.ET_REL:
		return "relocatable object", "is a relocatable object (.o), not linked yet"
	case elf.ET_CORE:
		return "core dump", "is a core dump"
	default:
		return f.Type.String(), "is of type " + f.Type.String()
	}
	dyn := bin.elf.dynamic
	switch {
	case f.Type == elf.ET_EXEC || bin.pieFlag:
	case !bin.hasDyn && bin.interp == "":
		return kind, "is position independent without a dynamic section: nothing relocates it at start, it crashes " +
			"(CGO_ENABLED=0 -buildmode=pie -ldflags=-d makes such files)"
	case dyn.soname != "":
		return kindShared, "is a shared object (soname " + dyn.soname + ")"
	case bin.interp == "":
		return kindShared, "is a shared object (neither DF_1_PIE nor a loader)"
	}
	if !entryIsCode(f) {
		return kind, fmt.Sprintf("has its entry point at %#x, where there is no code", f.Entry)
	}
	return kind, ""
}

// entryIsCode reports whether the entry point lies in an executable segment.
func entryIsCode(f *elf.File) bool {
	return slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool {
		return p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 && f.Entry >= p.Vaddr && f.Entry-p.Vaddr < p.Filesz
	})
}

func osabiSign(abi elf.OSABI) (evidence, bool) {
	goos, known := osabis[abi]
	if !known {
		goos = abi.String()
	}
	return evidence{goos, "OS/ABI byte"}, goos != ""
}

// systemOfLoader is the system whose loader the path is. /lib/ld.so.1 and the like of linux come first.
func systemOfLoader(path string) string {
	if libcOfLoader(path) != "" {
		return "linux"
	}
	return foreignLoaders[path]
}

// importedSymbols needs section headers; without them the findings name versions but no symbols.
func importedSymbols(f *elf.File) (symbols []elf.ImportedSymbol) {
	defer func() {
		if recover() != nil {
			symbols = nil
		}
	}()
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return nil
	}
	return symbols
}
