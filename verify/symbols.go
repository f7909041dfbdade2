package verify

import (
	"bytes"
	"debug/elf"
	"io"
	"strings"
)

// symbolAt is where a defined symbol lies, and how many bytes it has.
type symbolAt struct{ addr, size uint64 }

// section is the first one of a type.
func section(f *elf.File, kind elf.SectionType) *elf.Section {
	for _, s := range f.Sections {
		if s.Type == kind && s.FileSize > 0 {
			return s
		}
	}
	return nil
}

// hasDebug reports whether there is debug information (DWARF), compressed or not.
func hasDebug(f *elf.File) bool {
	for _, s := range f.Sections {
		if (strings.HasPrefix(s.Name, ".debug_info") || strings.HasPrefix(s.Name, ".zdebug_info")) && s.Type != elf.SHT_NOBITS {
			return true
		}
	}
	return false
}

// findSymbols looks up defined symbols by name in the symbol table, which strip removes. Neither table is read into memory: their names
// are searched for first, then the entries that point to one of the places found.
func findSymbols(r io.ReaderAt, f *elf.File, names []string) map[string]symbolAt {
	table := section(f, elf.SHT_SYMTAB)
	if table == nil || int(table.Link) >= len(f.Sections) {
		return nil
	}
	places := findNames(r, f.Sections[table.Link], names)
	if len(places) == 0 {
		return nil
	}
	found := map[string]symbolAt{}
	eachSymbol(r, f, table, func(name uint32, s symbolAt) {
		if text, ok := places[name]; ok {
			found[text] = s
		}
	})
	return found
}

// maxPlaces bounds how often a name is looked for; a real table has it once or twice.
const maxPlaces = 1 << 12

// findNames gives the offsets in a string table where one of the names begins that ends there, so also within a longer one: linkers
// let names share their ends.
func findNames(r io.ReaderAt, table *elf.Section, names []string) map[uint32]string {
	places := map[uint32]string{}
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name))
	}
	scan(r, extent{int64(table.Offset), int64(table.FileSize)}, longest, func(at int64, window []byte) bool {
		for _, name := range names {
			mark := []byte(name + "\x00")
			for i := bytes.Index(window, mark); i >= 0 && len(places) < maxPlaces; {
				places[uint32(at+int64(i))] = name
				next := bytes.Index(window[i+1:], mark)
				if next < 0 {
					break
				}
				i += 1 + next
			}
		}
		return true
	})
	return places
}

// eachSymbol walks the entries of a symbol table that are defined (Elf32_Sym of 16 bytes, Elf64_Sym of 24).
func eachSymbol(r io.ReaderAt, f *elf.File, table *elf.Section, visit func(name uint32, s symbolAt)) {
	size, o := 16, f.ByteOrder
	if f.Class == elf.ELFCLASS64 {
		size = 24
	}
	// windows are a whole number of entries long but for the last bytes, which the next one shows again
	var skip int64
	scan(r, extent{int64(table.Offset), int64(table.FileSize)}, size, func(at int64, window []byte) bool {
		for ; skip < scanWindow && skip+int64(size) <= int64(len(window)); skip += int64(size) {
			e := window[skip:]
			if size == 24 && o.Uint16(e[6:]) != 0 {
				visit(o.Uint32(e), symbolAt{o.Uint64(e[8:]), o.Uint64(e[16:])})
			} else if size == 16 && o.Uint16(e[14:]) != 0 {
				visit(o.Uint32(e), symbolAt{uint64(o.Uint32(e[4:])), uint64(o.Uint32(e[8:]))})
			}
		}
		skip -= scanWindow
		return true
	})
}
