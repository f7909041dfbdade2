package verify

import (
	"bytes"
	"debug/elf"
	stdbinary "encoding/binary"
)

// elfSpec describes a tiny ELF file; the zero value with a machine is a static little endian 64-bit executable.
type elfSpec struct {
	machine           elf.Machine
	bits32, bigE      bool
	kind              elf.Type // ET_EXEC when zero
	abi               elf.OSABI
	flags             uint32
	interp            string
	needed            []string
	soname            string
	rpath, runpath    string
	flags1            elf.DynFlag1
	needs             []versionNeed
	defines           []string
	dynamic           bool     // a dynamic segment even without entries
	notes             [][]byte // each one PT_NOTE
	attributes        []byte   // .ARM.attributes, with section headers
	entry             uint64   // offset of the entry from the start; 1 when zero
	fileSizeOfLoad    uint64   // claims this size for PT_LOAD when not zero
	sectionsBehindEnd bool     // claims section headers behind the end
}

const elfBase = 0x10000

// usualFlags are e_flags that all files for Linux have: EABI 5, lp64d.
var usualFlags = map[elf.Machine]uint32{elf.EM_ARM: 5 << 24, elf.EM_RISCV: riscvDouble, elf.EM_LOONGARCH: loongV1 | loongDouble}

type elfWriter struct {
	spec  elfSpec
	order interface {
		stdbinary.ByteOrder
		stdbinary.AppendByteOrder
	}
	buf bytes.Buffer
}

func (w *elfWriter) u16(vs ...uint16) {
	for _, v := range vs {
		w.buf.Write(w.order.AppendUint16(nil, v))
	}
}

func (w *elfWriter) u32(vs ...uint32) {
	for _, v := range vs {
		w.buf.Write(w.order.AppendUint32(nil, v))
	}
}

func (w *elfWriter) word(vs ...uint64) {
	for _, v := range vs {
		if w.spec.bits32 {
			w.u32(uint32(v))
			continue
		}
		w.buf.Write(w.order.AppendUint64(nil, v))
	}
}

// stringPool collects a string table.
type stringPool struct{ raw []byte }

func (s *stringPool) add(text string) uint64 {
	if len(s.raw) == 0 {
		s.raw = []byte{0}
	}
	at := len(s.raw)
	s.raw = append(append(s.raw, text...), 0)
	return uint64(at)
}

// segment is a program header over a part of the body.
type segment struct {
	kind elf.ProgType
	body []byte
}

// build writes the file: header, program headers, body, section headers. One PT_LOAD spans all of it.
func (s elfSpec) build() []byte {
	w := s.writer()
	segments := s.plainSegments()
	headers := uint64(len(segments) + 1)
	if s.hasDynamic() {
		headers++
	}
	ehsize, phsize := uint64(64), uint64(56)
	if s.bits32 {
		ehsize, phsize = 52, 32
	}
	at := ehsize + headers*phsize
	var places []uint64
	var body []byte
	place := func(raw []byte) uint64 {
		for (at+uint64(len(body)))%8 != 0 {
			body = append(body, 0)
		}
		here := at + uint64(len(body))
		body = append(body, raw...)
		return here
	}
	for _, seg := range segments {
		places = append(places, place(seg.body))
	}
	if s.hasDynamic() {
		dyn := s.dynamicSegment(place)
		segments = append(segments, segment{elf.PT_DYNAMIC, dyn})
		places = append(places, place(dyn))
	}
	attributes := place(append(bytes.Clone(s.attributes), 0)) // the NUL is .shstrtab
	total := at + uint64(len(body))
	w.header(headers, total, ehsize, phsize)
	load := total
	if s.fileSizeOfLoad != 0 {
		load = s.fileSizeOfLoad
	}
	w.program(elf.PT_LOAD, 0, load)
	for i, seg := range segments {
		w.program(seg.kind, places[i], uint64(len(seg.body)))
	}
	w.buf.Write(body)
	if s.attributes != nil {
		w.sections(attributes, total)
	}
	return w.buf.Bytes()
}

func (s elfSpec) writer() *elfWriter {
	if s.bigE {
		return &elfWriter{spec: s, order: stdbinary.BigEndian}
	}
	return &elfWriter{spec: s, order: stdbinary.LittleEndian}
}

func (s elfSpec) hasDynamic() bool {
	return s.dynamic || s.needed != nil || s.soname != "" || s.flags1 != 0 || s.needs != nil || s.defines != nil || s.rpath != "" || s.runpath != ""
}

func (s elfSpec) plainSegments() []segment {
	var out []segment
	if s.interp != "" {
		out = append(out, segment{elf.PT_INTERP, append([]byte(s.interp), 0)})
	}
	for _, n := range s.notes {
		out = append(out, segment{elf.PT_NOTE, n})
	}
	return out
}

func (w *elfWriter) header(phnum, end, ehsize, phsize uint64) {
	s := w.spec
	class, data := byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	if s.bits32 {
		class = byte(elf.ELFCLASS32)
	}
	if s.bigE {
		data = byte(elf.ELFDATA2MSB)
	}
	w.buf.Write([]byte{0x7f, 'E', 'L', 'F', class, data, 1, byte(s.abi), 0, 0, 0, 0, 0, 0, 0, 0})
	kind, entry := s.kind, s.entry
	if kind == 0 {
		kind = elf.ET_EXEC
	}
	if entry == 0 {
		entry = 1
	}
	shoff, shnum, shstr, shsize := uint64(0), uint16(0), uint16(0), uint16(64)
	if s.bits32 {
		shsize = 40
	}
	if s.attributes != nil {
		shoff, shnum, shstr = end, 3, 2
	}
	if s.sectionsBehindEnd {
		shoff, shnum = end+1<<20, 3
	}
	w.u16(uint16(kind), uint16(s.machine))
	w.u32(1)
	w.word(elfBase+entry, ehsize, shoff)
	w.u32(s.flags | usualFlags[s.machine])
	w.u16(uint16(ehsize), uint16(phsize), uint16(phnum), shsize, shnum, shstr)
}

func (w *elfWriter) program(kind elf.ProgType, off, size uint64) {
	flags := uint32(elf.PF_R | elf.PF_X)
	w.u32(uint32(kind))
	if !w.spec.bits32 {
		w.u32(flags)
	}
	w.word(off, elfBase+off, elfBase+off, size, size)
	if w.spec.bits32 {
		w.u32(flags)
	}
	align := uint64(8)
	if w.spec.bits32 {
		align = 4
	}
	w.word(align)
}

// sections writes a null section, .ARM.attributes and .shstrtab (empty names are enough).
func (w *elfWriter) sections(at, end uint64) {
	for _, sec := range []struct {
		kind      uint32
		off, size uint64
	}{{0, 0, 0}, {shtARMAttributes, at, uint64(len(w.spec.attributes))}, {uint32(elf.SHT_STRTAB), end - 1, 1}} {
		w.u32(0, sec.kind)
		w.word(0, 0, sec.off, sec.size)
		w.u32(0, 0)
		w.word(1, 0)
	}
}

// dynamicSegment places the tables it points to and gives the segment.
func (s elfSpec) dynamicSegment(place func([]byte) uint64) []byte {
	w, table := s.writer(), &stringPool{}
	put := func(tag elf.DynTag, value uint64) { w.word(uint64(tag), value) }
	for _, name := range s.needed {
		put(elf.DT_NEEDED, table.add(name))
	}
	for _, t := range []struct {
		tag  elf.DynTag
		text string
	}{{elf.DT_SONAME, s.soname}, {elf.DT_RPATH, s.rpath}, {elf.DT_RUNPATH, s.runpath}} {
		if t.text != "" {
			put(t.tag, table.add(t.text))
		}
	}
	if s.flags1 != 0 {
		put(elf.DT_FLAGS_1, uint64(s.flags1))
	}
	if len(s.needs) > 0 {
		put(elf.DT_VERNEED, elfBase+place(s.verneed(table)))
		put(elf.DT_VERNEEDNUM, uint64(len(s.needs)))
	}
	if len(s.defines) > 0 {
		put(elf.DT_VERDEF, elfBase+place(s.verdef(table)))
		put(elf.DT_VERDEFNUM, uint64(len(s.defines)))
	}
	if table.raw != nil {
		put(elf.DT_STRTAB, elfBase+place(table.raw))
		put(elf.DT_STRSZ, uint64(len(table.raw)))
	}
	put(elf.DT_NULL, 0)
	return w.buf.Bytes()
}

func (s elfSpec) verneed(table *stringPool) []byte {
	w := s.writer()
	for i, need := range s.needs {
		next := uint32(16 + 16*len(need.names))
		if i == len(s.needs)-1 {
			next = 0
		}
		w.u16(1, uint16(len(need.names)))
		w.u32(uint32(table.add(need.library)), 16, next)
		for j, name := range need.names {
			aux := uint32(16)
			if j == len(need.names)-1 {
				aux = 0
			}
			w.u32(0)
			w.u16(0, 0)
			w.u32(uint32(table.add(name)), aux)
		}
	}
	return w.buf.Bytes()
}

func (s elfSpec) verdef(table *stringPool) []byte {
	w := s.writer()
	for i, name := range s.defines {
		next := uint32(28)
		if i == len(s.defines)-1 {
			next = 0
		}
		w.u16(1, 0, uint16(i+2), 1)
		w.u32(0, 20, next)
		w.u32(uint32(table.add(name)), 0)
	}
	return w.buf.Bytes()
}

// elfNoteBytes is one little endian note with a four-byte padded owner and body.
func elfNoteBytes(owner string, kind uint32, desc ...byte) []byte {
	w := elfSpec{}.writer()
	w.u32(uint32(len(owner)+1), uint32(len(desc)), kind)
	name := append([]byte(owner), 0)
	for (12+len(name))%8 != 0 {
		name = append(name, 0)
	}
	w.buf.Write(name)
	w.buf.Write(desc)
	return w.buf.Bytes()
}

// armAttributeBytes is an .ARM.attributes section with pairs of tags and values below 128.
func armAttributeBytes(pairs ...byte) []byte {
	w := elfSpec{}.writer()
	w.buf.WriteByte('A')
	w.u32(uint32(4 + 6 + 5 + len(pairs)))
	w.buf.WriteString("aeabi\x00\x01")
	w.u32(uint32(5 + len(pairs)))
	w.buf.Write(pairs)
	return w.buf.Bytes()
}
