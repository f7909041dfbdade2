package size

import (
	"debug/elf"
	"encoding/binary"
	"io"
	"strings"

	"github.com/crossgo/crossgo/internal/window"
)

func openELF(r io.ReaderAt, size int64) (*image, error) {
	f, err := elf.NewFile(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	img := &image{order: f.ByteOrder}
	for _, s := range f.Sections {
		out := section{name: s.Name, kind: elfKind(s), at: int64(s.Offset), addr: s.Addr}
		if s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL {
			out.size = inside(s.Offset, s.FileSize, size)
		}
		img.sections = append(img.sections, out)
		if s.Type == elf.SHT_SYMTAB && int(s.Link) < len(f.Sections) && img.symbols == nil {
			img.symbols = elfSymbols(r, f, s, f.Sections[s.Link], size)
		}
	}
	if len(f.Sections) == 0 {
		img.sections = elfSegments(f, size)
	}
	return img, nil
}

// elfNames are sections that their flags alone do not tell.
var elfNames = map[string]Kind{
	".gopclntab": Tables, ".data.rel.ro.gopclntab": Tables, ".typelink": Tables, ".itablink": Tables, ".go.buildinfo": Tables, ".gosymtab": Tables,
	".data.rel.ro.typelink": Tables, ".data.rel.ro.itablink": Tables, ".data.rel.ro.gosymtab": Tables, ".go.module": Tables, ".go.fipsinfo": Tables,
	".plt": Link, ".got": Link, ".got.plt": Link, ".interp": Link, ".plt.got": Link,
}

func elfKind(s *elf.Section) Kind {
	if k, ok := elfNames[s.Name]; ok {
		return k
	}
	switch {
	case s.Flags&elf.SHF_ALLOC == 0:
		return Debug
	case s.Flags&elf.SHF_EXECINSTR != 0:
		return Code
	case s.Type == elf.SHT_PROGBITS, s.Type == elf.SHT_NOBITS, s.Type == elf.SHT_INIT_ARRAY, s.Type == elf.SHT_FINI_ARRAY:
		return Data
	}
	return Link
}

// elfSegments stand for the sections of a file that has none.
func elfSegments(f *elf.File, size int64) []section {
	var list []section
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		s := section{name: "segment " + strings.ToLower(strings.ReplaceAll(p.Flags.String(), "PF_", "")), kind: Data, at: int64(p.Off), addr: p.Vaddr}
		if s.size = inside(p.Off, p.Filesz, size); p.Flags&elf.PF_X != 0 {
			s.kind = Code
		}
		list = append(list, s)
	}
	return list
}

// inside is how much of a part lies in the file.
func inside(at, n uint64, size int64) int64 {
	if at >= uint64(size) {
		return 0
	}
	return int64(min(n, uint64(size)-at))
}

// elfSymbols reads the symbol table entry by entry. debug/elf would hold all of it.
func elfSymbols(r io.ReaderAt, f *elf.File, table, names *elf.Section, size int64) func(func(symbol)) {
	entry, read := int64(elf.Sym64Size), readSym64
	if f.Class == elf.ELFCLASS32 {
		entry, read = elf.Sym32Size, readSym32
	}
	return func(take func(symbol)) {
		entries := window.New(r, int64(table.Offset), inside(table.Offset, table.FileSize, size))
		text := window.New(r, int64(names.Offset), inside(names.Offset, names.FileSize, size))
		for off := entry; ; off += entry { // the first is empty
			b := entries.Bytes(off, entry)
			if b == nil {
				return
			}
			name, sym := read(f.ByteOrder, b)
			if sym.sect <= 0 || sym.sect >= len(f.Sections) {
				continue
			}
			if sym.name = text.Text(int64(name)); sym.name == nil {
				return
			}
			take(sym)
		}
	}
}

// readSym64 and readSym32 read an entry as <elf.h> has it.
func readSym64(order binary.ByteOrder, b []byte) (name uint32, s symbol) {
	return order.Uint32(b), symbol{addr: order.Uint64(b[8:]), size: int64(order.Uint64(b[16:])), sect: int(order.Uint16(b[6:]))}
}

func readSym32(order binary.ByteOrder, b []byte) (name uint32, s symbol) {
	return order.Uint32(b), symbol{addr: uint64(order.Uint32(b[4:])), size: int64(order.Uint32(b[8:])), sect: int(order.Uint16(b[14:]))}
}
