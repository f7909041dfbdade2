package size

import (
	"debug/macho"
	"io"
)

func openMachO(r io.ReaderAt, size int64) (*image, error) {
	f, err := macho.NewFile(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	img := &image{order: f.ByteOrder}
	for _, s := range f.Sections {
		out := section{name: s.Seg + "." + s.Name, kind: machoKind(s), at: int64(s.Offset), addr: s.Addr}
		if !machoZero[s.Flags&0xff] {
			out.size = inside(uint64(s.Offset), s.Size, size)
		}
		img.sections = append(img.sections, out)
	}
	if s := f.Segment("__LINKEDIT"); s != nil {
		img.sections = append(img.sections, section{name: "__LINKEDIT", kind: Link, at: int64(s.Offset), size: inside(s.Offset, s.Filesz, size)})
	}
	return img, nil
}

// machoZero are the types of sections that take nothing in the file: S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL of <mach-o/loader.h>.
var machoZero = map[uint32]bool{0x1: true, 0xc: true, 0x12: true}

// machoNames are sections that their segment does not tell.
var machoNames = map[string]Kind{
	"__gopclntab": Tables, "__typelink": Tables, "__itablink": Tables, "__gosymtab": Tables, "__go_buildinfo": Tables, "__go_module": Tables, "__go_fipsinfo": Tables,
	"__symbol_stub1": Link, "__stubs": Link, "__stub_helper": Link, "__got": Link, "__nl_symbol_ptr": Link, "__la_symbol_ptr": Link, "__unwind_info": Link,
}

// machoCode are S_ATTR_PURE_INSTRUCTIONS and S_ATTR_SOME_INSTRUCTIONS.
const machoCode = 0x80000000 | 0x400

func machoKind(s *macho.Section) Kind {
	switch k, ok := machoNames[s.Name]; {
	case ok:
		return k
	case s.Seg == "__DWARF":
		return Debug
	case s.Flags&machoCode != 0:
		return Code
	}
	return Data
}
