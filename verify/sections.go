package verify

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"fmt"
)

// elfSections lists what takes up bytes of the file; the segments where section headers are missing.
func elfSections(f *elf.File) []Section {
	var list []Section
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NULL && s.Type != elf.SHT_NOBITS && s.FileSize > 0 {
			list = append(list, Section{s.Name, int64(s.FileSize)})
		}
	}
	if len(f.Sections) > 0 {
		return list
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Filesz > 0 {
			list = append(list, Section{p.Type.String(), int64(p.Filesz)})
		}
	}
	return list
}

func peSections(f *pe.File) []Section {
	var list []Section
	for _, s := range f.Sections {
		if s.Size > 0 && s.Offset > 0 {
			list = append(list, Section{s.Name, int64(s.Size)})
		}
	}
	return list
}

// Section types of <mach-o/loader.h> that take up memory and no bytes of the file.
const (
	machoTypeMask            = 0xff
	machoZeroFill            = 0x1
	machoGBZeroFill          = 0xc
	machoThreadLocalZeroFill = 0x12
)

// machoSections lists sections as "__TEXT,__text", and the segments that have none (__LINKEDIT: symbols and signature).
func machoSections(f *macho.File) []Section {
	var list []Section
	for _, l := range f.Loads {
		if seg, ok := l.(*macho.Segment); ok && seg.Nsect == 0 && seg.Filesz > 0 {
			list = append(list, Section{seg.Name, int64(seg.Filesz)})
		}
	}
	for _, s := range f.Sections {
		switch s.Flags & machoTypeMask {
		case machoZeroFill, machoGBZeroFill, machoThreadLocalZeroFill:
			continue
		}
		if s.Size > 0 {
			list = append(list, Section{s.Seg + "," + s.Name, int64(s.Size)})
		}
	}
	return list
}

// wasmSectionNames is by section id (WebAssembly core specification, 5.5.2).
var wasmSectionNames = []string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count", "tag"}

// wasmSectionName is a section's name; a custom one has its own.
func wasmSectionName(id byte, body []byte) string {
	if id == wasmCustom && body != nil {
		return (&wasmReader{raw: body}).name()
	}
	if int(id) < len(wasmSectionNames) {
		return wasmSectionNames[id]
	}
	return fmt.Sprintf("section %d", id)
}
