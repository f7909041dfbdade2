package verify

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	stdbinary "encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// header is the C header of a library.
type header struct {
	names   []string // functions it declares
	problem string   // why there are none
}

// elfExports lists what the dynamic symbol table defines for others. It needs section headers: without them it is nil.
func elfExports(f *elf.File) []string {
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return nil
	}
	names := []string{}
	for _, s := range symbols {
		bind, seen := elf.ST_BIND(s.Info), elf.ST_VISIBILITY(s.Other)
		if s.Section == elf.SHN_UNDEF || bind != elf.STB_GLOBAL && bind != elf.STB_WEAK || seen != elf.STV_DEFAULT && seen != elf.STV_PROTECTED {
			continue
		}
		names = append(names, s.Name)
	}
	return sortedNames(names)
}

// Bits of n_type of <mach-o/nlist.h>.
const (
	machoExternal        = 0x01
	machoPrivateExternal = 0x10
	machoTypeBits        = 0x0e
	machoDefined         = 0x0e // N_SECT
)

// machoExports lists the external symbols, without the underscore that C names have on Apple systems.
func machoExports(f *macho.File) []string {
	if f.Symtab == nil {
		return nil
	}
	names := []string{}
	for _, s := range f.Symtab.Syms {
		if s.Type&machoExternal != 0 && s.Type&machoPrivateExternal == 0 && s.Type&machoTypeBits == machoDefined {
			names = append(names, strings.TrimPrefix(s.Name, "_"))
		}
	}
	return sortedNames(names)
}

const maxExports = 1 << 17

// peExports reads the names of the export directory (PE format, "The .edata Section"), which debug/pe does not.
func peExports(f *pe.File) ([]string, error) {
	at := peDirectory(f, pe.IMAGE_DIRECTORY_ENTRY_EXPORT)
	if at.Size == 0 {
		return []string{}, nil
	}
	o := stdbinary.LittleEndian
	table, err := peRead(f, at.VirtualAddress, 40)
	if err != nil {
		return nil, fmt.Errorf("export directory: %w", err)
	}
	count := o.Uint32(table[24:])
	if count > maxExports {
		return nil, fmt.Errorf("the export directory has %d names", count)
	}
	addresses, err := peRead(f, o.Uint32(table[32:]), 4*count)
	if err != nil {
		return nil, fmt.Errorf("exported names: %w", err)
	}
	names := []string{}
	for ; len(addresses) >= 4; addresses = addresses[4:] {
		name, err := peString(f, o.Uint32(addresses))
		if err != nil {
			return nil, fmt.Errorf("exported name: %w", err)
		}
		names = append(names, name)
	}
	return sortedNames(names), nil
}

// peDirectory is an entry of the optional header's data directories, empty where there is none.
func peDirectory(f *pe.File, i int) pe.DataDirectory {
	switch h := f.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		if uint32(i) < h.NumberOfRvaAndSizes {
			return h.DataDirectory[i]
		}
	case *pe.OptionalHeader64:
		if uint32(i) < h.NumberOfRvaAndSizes {
			return h.DataDirectory[i]
		}
	}
	return pe.DataDirectory{}
}

// peRead reads exactly n bytes at an address relative to the image.
func peRead(f *pe.File, addr, n uint32) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	for _, s := range f.Sections {
		if addr < s.VirtualAddress || addr-s.VirtualAddress >= s.Size || n > s.Size-(addr-s.VirtualAddress) {
			continue
		}
		buf := make([]byte, n)
		_, err := s.ReadAt(buf, int64(addr-s.VirtualAddress))
		return buf, err
	}
	return nil, fmt.Errorf("address %#x (%d bytes) is in no section", addr, n)
}

// peString reads a text up to the NUL.
func peString(f *pe.File, addr uint32) (string, error) {
	for _, s := range f.Sections {
		if addr < s.VirtualAddress || addr-s.VirtualAddress >= s.Size {
			continue
		}
		buf := make([]byte, min(s.Size-(addr-s.VirtualAddress), maxArName))
		if _, err := s.ReadAt(buf, int64(addr-s.VirtualAddress)); err != nil {
			return "", err
		}
		if i := bytes.IndexByte(buf, 0); i >= 0 {
			return string(buf[:i]), nil
		}
		return "", fmt.Errorf("the text at address %#x has no end", addr)
	}
	return "", fmt.Errorf("address %#x is in no section", addr)
}

func sortedNames(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// checkExports compares what a library exports with what its header declares, or with what was asked for.
func checkExports(s *subject) []Finding {
	mode := buildModes[s.want.BuildMode]
	if s.want.BuildMode == "" || mode.role != s.bin.role {
		return nil // a program, or none of what was asked for: the type check says so
	}
	names, source := s.want.Exports, "was asked for"
	if len(names) == 0 && s.bin.format != formatWasm {
		if s.header.problem != "" {
			return s.unknown("exports", "what a header declares", s.header.problem)
		}
		names, source = s.header.names, "its header declares"
	}
	switch {
	case s.bin.exports == nil && s.bin.role == archiveRole:
		return fail("exports", "no table of symbols", "", "has no table of symbols, without which linkers find nothing in it")
	case s.bin.exports == nil:
		return s.unknown("exports", shorten(names), "the file has no table of symbols, or no section headers to find it by")
	}
	return s.compareExports(names, source)
}

func (s *subject) compareExports(names []string, source string) []Finding {
	var missing []string
	for _, name := range names {
		if _, found := slices.BinarySearch(s.bin.exports, s.exportedAs(name)); !found {
			missing = append(missing, name)
		}
	}
	want := shorten(names)
	switch {
	case len(missing) > 0:
		return fail("exports", fmt.Sprintf("%d of %d", len(names)-len(missing), len(names)), want, fmt.Sprintf("does not export %s, which %s", shorten(missing), source))
	case len(names) > 0:
		return pass("exports", want, want, fmt.Sprintf("exports %s, all that %s", want, source))
	case s.bin.format != formatWasm:
		return fail("exports", "nothing", "", "exports nothing: its header declares no function, mark some with //export")
	case !slices.ContainsFunc(s.bin.exports, func(name string) bool { return name != wasmReactor && name != "memory" }):
		return fail("exports", "nothing", "", "exports nothing: mark some functions with //go:wasmexport")
	}
	return pass("exports", shorten(s.bin.exports), "", "exports "+shorten(s.bin.exports))
}

// exportedAs is the name that a C function has: in archives for Apple systems and for 32-bit Windows an underscore
// stands before it.
func (s *subject) exportedAs(name string) string {
	of := oses[s.want.GOOS].format
	if s.bin.role == archiveRole && (of == formatMachO || of == formatPE && s.bin.machine == "i386") {
		return "_" + name
	}
	return name
}
