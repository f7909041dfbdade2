package verify

import (
	"debug/elf"
	stdbinary "encoding/binary"
	"strings"
)

// elfNote is one entry of a PT_NOTE segment.
type elfNote struct {
	owner string
	kind  uint32
	desc  []byte
}

// Note types of the owner "GNU", and the property that says which x86-64 level the code needs.
const (
	noteABITag    = 1
	noteProperty  = 5
	x86ISA1Needed = 0xc0008002
)

// maxNotes bounds a note segment; real ones have some hundred bytes.
const maxNotes = 1 << 20

// noteOwners are the owners of notes that name a system.
var noteOwners = map[string]string{
	"Android":   "android",
	"DragonFly": "dragonfly",
	"FreeBSD":   "freebsd",
	"NetBSD":    "netbsd",
	"OpenBSD":   "openbsd",
}

// abiTagSystems are the first word of the ABI tag note that glibc's start files leave.
var abiTagSystems = map[uint32]string{0: "linux", 1: "hurd", 2: "solaris", 3: "freebsd"}

// readNotes takes from the notes what they say of the system, the start files and the x86-64 level.
func readNotes(f *elf.File, bin *binary) {
	seen := map[string]bool{}
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE || p.Filesz > maxNotes {
			continue
		}
		raw := make([]byte, p.Filesz)
		if _, err := p.ReadAt(raw, 0); err != nil {
			continue
		}
		for _, n := range splitNotes(f.ByteOrder, raw, max(4, p.Align)) {
			if goos := bin.elf.take(f, n); goos != "" && !seen[n.owner] {
				seen[n.owner] = true
				bin.system = append(bin.system, evidence{goos, n.owner + " note"})
			}
		}
	}
}

// splitNotes cuts a segment into notes: three words (name size, desc size, type), name, desc, both padded to align.
func splitNotes(order stdbinary.ByteOrder, raw []byte, align uint64) []elfNote {
	var notes []elfNote
	for len(raw) >= 12 {
		nameEnd := 12 + uint64(order.Uint32(raw))
		descAt := roundUp(nameEnd, align)
		descEnd := descAt + uint64(order.Uint32(raw[4:]))
		if descEnd > uint64(len(raw)) {
			break
		}
		notes = append(notes, elfNote{strings.TrimRight(string(raw[12:nameEnd]), "\x00"), order.Uint32(raw[8:]), raw[descAt:descEnd]})
		raw = raw[min(roundUp(descEnd, align), uint64(len(raw))):]
	}
	return notes
}

func roundUp(n, align uint64) uint64 {
	if align != 8 {
		align = 4 // the only two there are
	}
	return (n + align - 1) / align * align
}

// take remembers a note and gives the system it names, if any.
func (e *elfFacts) take(f *elf.File, n elfNote) string {
	switch {
	case n.owner == "GNU" && n.kind == noteABITag && len(n.desc) >= 4:
		e.glibcCRT = true
		if len(n.desc) >= 16 {
			e.kernel = kernelText(f.ByteOrder.Uint32(n.desc[4:]), f.ByteOrder.Uint32(n.desc[8:]), f.ByteOrder.Uint32(n.desc[12:]))
		}
		return abiTagSystems[f.ByteOrder.Uint32(n.desc)]
	case n.owner == "GNU" && n.kind == noteProperty:
		e.takeProperties(f, n.desc)
		return ""
	}
	return noteOwners[n.owner]
}

// takeProperties reads a property array: type, size, data padded to the word size.
func (e *elfFacts) takeProperties(f *elf.File, raw []byte) {
	align := uint64(4)
	if f.Class == elf.ELFCLASS64 {
		align = 8
	}
	for len(raw) >= 8 {
		kind, end := f.ByteOrder.Uint32(raw), 8+uint64(f.ByteOrder.Uint32(raw[4:]))
		if end > uint64(len(raw)) {
			return
		}
		if kind == x86ISA1Needed && end >= 12 {
			e.x86 |= f.ByteOrder.Uint32(raw[8:])
		}
		raw = raw[min(roundUp(end, align), uint64(len(raw))):]
	}
}
