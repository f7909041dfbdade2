package size

import (
	"debug/pe"
	"encoding/binary"
	"io"
	"strings"
)

func openPE(r io.ReaderAt, size int64) (*image, error) {
	f, err := pe.NewFile(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	img := &image{order: binary.LittleEndian}
	for _, s := range f.Sections {
		img.sections = append(img.sections, section{name: s.Name, kind: peKind(s), at: int64(s.Offset), addr: uint64(s.VirtualAddress),
			size: inside(uint64(s.Offset), uint64(s.Size), size)})
	}
	if n := f.NumberOfSymbols; n > 0 && f.Section(".symtab") == nil { // Go puts them into a section, other linkers behind all
		at, end := uint64(f.PointerToSymbolTable), uint64(f.PointerToSymbolTable)+uint64(n)*pe.COFFSymbolSize+uint64(len(f.StringTable))
		img.sections = append(img.sections, section{name: "symbols", kind: Debug, at: int64(at), size: inside(at, end-at, size)})
	}
	return img, nil
}

// What is in a section (IMAGE_SCN_* of the PE format), by which debug/pe does not name what it has in it.
const peCode, peDiscardable = 0x20, 0x02000000

func peKind(s *pe.Section) Kind {
	switch {
	case strings.HasPrefix(s.Name, ".debug"), strings.HasPrefix(s.Name, ".zdebug"), s.Name == ".symtab":
		return Debug
	case s.Name == ".idata", s.Name == ".edata", s.Name == ".reloc", s.Characteristics&peDiscardable != 0:
		return Link
	case s.Characteristics&peCode != 0:
		return Code
	}
	return Data
}
