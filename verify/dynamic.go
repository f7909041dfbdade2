package verify

import (
	"bytes"
	"debug/elf"
	"fmt"
	"slices"
	"strings"
)

// dynamic is the part of the dynamic segment that a loader obeys. It is read through the program headers, as the loader
// does, never through section headers, which a file need not have and may lie in.
type dynamic struct {
	present bool
	needed  []string // DT_NEEDED in file order
	soname  string
	rpath   []string // directories of DT_RPATH, unexpanded
	runpath []string // directories of DT_RUNPATH, unexpanded
	flags1  uint64

	relocations     uint64 // entries that somebody has to apply when the file starts
	textRelocations bool   // some of them change code
	staticTLS       bool   // thread-local variables at fixed places beside the program's
	lazy            bool   // there are functions that are looked up at their first call
	bindNow         bool   // but they shall be looked up when the file is loaded

	needs   []versionNeed
	defines []string // names of DT_VERDEF, the file's own name left out
}

// versionNeed lists the symbol versions wanted of one library.
type versionNeed struct {
	library string
	names   []string // "GLIBC_2.34", in file order; weak ones, which loaders do not insist on, left out
}

const (
	maxDynamic  = 1 << 20 // bytes of a dynamic segment; real ones have some hundred
	maxVersions = 1 << 16
	maxString   = 1 << 16
)

// image reads by the addresses that the file has when loaded.
type image struct {
	f *elf.File
}

// readAt reads exactly n bytes at a virtual address.
func (m image) readAt(addr, n uint64) ([]byte, error) {
	if n > maxParsed {
		return nil, fmt.Errorf("a table of %d bytes, of which at most %d are read", n, maxParsed)
	}
	for _, p := range m.f.Progs {
		if p.Type != elf.PT_LOAD || addr < p.Vaddr || addr-p.Vaddr > p.Filesz || n > p.Filesz-(addr-p.Vaddr) {
			continue
		}
		buf := make([]byte, n)
		_, err := p.ReadAt(buf, int64(addr-p.Vaddr))
		return buf, err
	}
	return nil, fmt.Errorf("address %#x (%d bytes) is in no segment", addr, n)
}

// stringTable is DT_STRTAB.
type stringTable []byte

func (t stringTable) at(offset uint64) (string, error) {
	if offset >= uint64(len(t)) {
		return "", fmt.Errorf("string %d is outside of the dynamic string table (%d bytes)", offset, len(t))
	}
	return cString(t[offset:])
}

// cString is the text up to the NUL, which must be there.
func cString(raw []byte) (string, error) {
	i := bytes.IndexByte(raw[:min(len(raw), maxString)], 0)
	if i < 0 {
		return "", fmt.Errorf("a string has no end")
	}
	return string(raw[:i]), nil
}

// tag is one entry of the dynamic segment.
type tag struct {
	tag   elf.DynTag
	value uint64
}

// readDynamic reads the dynamic segment; a file without one gives the zero dynamic.
func readDynamic(f *elf.File) (dynamic, error) {
	tags, present, err := readTags(f)
	if err != nil || !present {
		return dynamic{}, err
	}
	d := dynamic{present: true, flags1: first(tags, elf.DT_FLAGS_1)}
	d.readRelocations(tags, f.Class)
	m := image{f}
	var table stringTable
	if size := first(tags, elf.DT_STRSZ); size > 0 {
		if table, err = m.readAt(first(tags, elf.DT_STRTAB), size); err != nil {
			return dynamic{}, fmt.Errorf("dynamic strings: %w", err)
		}
	}
	if err := d.readStrings(tags, table); err != nil {
		return dynamic{}, err
	}
	if d.needs, err = readNeeds(m, table, tags); err != nil {
		return dynamic{}, fmt.Errorf("needed symbol versions: %w", err)
	}
	if d.defines, err = readDefines(m, table, tags); err != nil {
		return dynamic{}, fmt.Errorf("defined symbol versions: %w", err)
	}
	return d, nil
}

// readRelocations takes what the dynamic section says of relocations, without reading any: how many there are follows from the sizes of
// their tables. DT_RELR counts as one for each word, of which each stands for one or more.
func (d *dynamic) readRelocations(tags []tag, class elf.Class) {
	word := uint64(4)
	if class == elf.ELFCLASS64 {
		word = 8
	}
	plt := first(tags, elf.DT_PLTRELSZ)
	kinds := map[uint64]uint64{uint64(elf.DT_RELA): 3 * word, uint64(elf.DT_REL): 2 * word}
	d.relocations = first(tags, elf.DT_RELASZ)/(3*word) + first(tags, elf.DT_RELSZ)/(2*word) + first(tags, dtRelrSize)/word
	if size, ok := kinds[first(tags, elf.DT_PLTREL)]; ok {
		d.relocations += plt / size
	}
	flags := first(tags, elf.DT_FLAGS)
	d.lazy = plt > 0
	d.bindNow = has(tags, elf.DT_BIND_NOW) || flags&uint64(elf.DF_BIND_NOW) != 0 || d.flags1&uint64(elf.DF_1_NOW) != 0
	d.textRelocations = has(tags, elf.DT_TEXTREL) || flags&uint64(elf.DF_TEXTREL) != 0
	d.staticTLS = flags&uint64(elf.DF_STATIC_TLS) != 0
}

// dtRelrSize is DT_RELRSZ, which debug/elf does not name.
const dtRelrSize elf.DynTag = 35

func has(tags []tag, want elf.DynTag) bool {
	return slices.ContainsFunc(tags, func(t tag) bool { return t.tag == want })
}

// readTags reads the entries of the first PT_DYNAMIC up to DT_NULL.
func readTags(f *elf.File) (tags []tag, present bool, err error) {
	for _, p := range f.Progs {
		if p.Type != elf.PT_DYNAMIC {
			continue
		}
		if p.Filesz > maxDynamic {
			return nil, true, fmt.Errorf("the dynamic segment is %d bytes long", p.Filesz)
		}
		raw := make([]byte, p.Filesz)
		if _, err := p.ReadAt(raw, 0); err != nil {
			return nil, true, fmt.Errorf("dynamic segment: %w", err)
		}
		return splitTags(f, raw), true, nil
	}
	return nil, false, nil
}

func splitTags(f *elf.File, raw []byte) []tag {
	var tags []tag
	word := 4
	if f.Class == elf.ELFCLASS64 {
		word = 8
	}
	number := func(b []byte) uint64 {
		if word == 8 {
			return f.ByteOrder.Uint64(b)
		}
		return uint64(f.ByteOrder.Uint32(b))
	}
	for ; len(raw) >= 2*word; raw = raw[2*word:] {
		t := tag{elf.DynTag(number(raw)), number(raw[word:])}
		if t.tag == elf.DT_NULL {
			break
		}
		tags = append(tags, t)
	}
	return tags
}

// first is the value of the first entry with the tag, 0 without one.
func first(tags []tag, want elf.DynTag) uint64 {
	for _, t := range tags {
		if t.tag == want {
			return t.value
		}
	}
	return 0
}

func (d *dynamic) readStrings(tags []tag, table stringTable) error {
	for _, t := range tags {
		switch t.tag {
		case elf.DT_NEEDED, elf.DT_SONAME, elf.DT_RPATH, elf.DT_RUNPATH:
		default:
			continue
		}
		s, err := table.at(t.value)
		if err != nil {
			return fmt.Errorf("%s: %w", t.tag, err)
		}
		switch t.tag {
		case elf.DT_NEEDED:
			d.needed = append(d.needed, s)
		case elf.DT_SONAME:
			d.soname = s
		case elf.DT_RPATH:
			d.rpath = strings.Split(s, ":")
		case elf.DT_RUNPATH:
			d.runpath = strings.Split(s, ":")
		}
	}
	return nil
}

const verFlagWeak = 2

// readNeeds walks the Verneed chain (Verneed 16 bytes, Vernaux 16 bytes, the same in both classes).
func readNeeds(m image, table stringTable, tags []tag) ([]versionNeed, error) {
	var needs []versionNeed
	at := first(tags, elf.DT_VERNEED)
	for range min(first(tags, elf.DT_VERNEEDNUM), maxVersions) {
		raw, err := m.readAt(at, 16)
		if err != nil {
			return nil, err
		}
		o := m.f.ByteOrder
		library, err := table.at(uint64(o.Uint32(raw[4:])))
		if err != nil {
			return nil, err
		}
		need := versionNeed{library: library}
		if need.names, err = readAux(m, table, at+uint64(o.Uint32(raw[8:])), int(o.Uint16(raw[2:])), 16); err != nil {
			return nil, err
		}
		needs = append(needs, need)
		next := uint64(o.Uint32(raw[12:]))
		if next == 0 {
			break
		}
		at += next
	}
	return needs, nil
}

// readAux walks a chain of Vernaux (16 bytes: flags at 4, name at 8, next at 12) or Verdaux (8 bytes: name, next).
func readAux(m image, table stringTable, at uint64, count, size int) ([]string, error) {
	var names []string
	for range count {
		raw, err := m.readAt(at, uint64(size))
		if err != nil {
			return nil, err
		}
		o := m.f.ByteOrder
		name, err := table.at(uint64(o.Uint32(raw[size-8:])))
		if err != nil {
			return nil, err
		}
		if size == 8 || o.Uint16(raw[4:])&verFlagWeak == 0 {
			names = append(names, name)
		}
		next := uint64(o.Uint32(raw[size-4:]))
		if next == 0 {
			break
		}
		at += next
	}
	return names, nil
}

const verFlagBase = 1

// readDefines walks the Verdef chain (20 bytes each); of every definition the first name is its own, the rest its parents.
func readDefines(m image, table stringTable, tags []tag) ([]string, error) {
	var names []string
	at := first(tags, elf.DT_VERDEF)
	for range min(first(tags, elf.DT_VERDEFNUM), maxVersions) {
		raw, err := m.readAt(at, 20)
		if err != nil {
			return nil, err
		}
		o := m.f.ByteOrder
		own, err := readAux(m, table, at+uint64(o.Uint32(raw[12:])), 1, 8)
		if err != nil {
			return nil, err
		}
		if o.Uint16(raw[2:])&verFlagBase == 0 {
			names = append(names, own...)
		}
		next := uint64(o.Uint32(raw[16:]))
		if next == 0 {
			break
		}
		at += next
	}
	return names, nil
}
