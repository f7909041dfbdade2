package size

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
)

// layout is where one version of Go's function table has its parts (runtime.pcHeader in runtime/symtab.go, debug/gosym).
type layout struct {
	magic uint32
	names int  // word of the header with the offset of the names; -1: offsets are from the table's start
	funcs int  // word with the offset of the functions' descriptions; -1 as well
	short bool // entries are 32 bit offsets from the start of the code, else pointers
}

var layouts = []layout{
	{0xfffffff1, 3, 7, true},    // Go 1.20
	{0xfffffff0, 3, 7, true},    // Go 1.18
	{0xfffffffa, 2, 6, false},   // Go 1.16
	{0xfffffffb, -1, -1, false}, // Go 1.2
}

// functions is Go's table of functions. The runtime cannot do without it, so that stripped files have it too.
type functions struct {
	layout
	order        binary.ByteOrder
	pointer      int64
	count        int64
	names        *window
	descriptions *window
	entries      *window
}

// functionTable finds the table: in its section, else by its first bytes in what the program reads.
func (img *image) functionTable(r io.ReaderAt, size int64) (*functions, bool) {
	for _, s := range img.sections {
		if strings.HasSuffix(s.name, "gopclntab") && s.size > 0 {
			return openFunctions(r, s.at, s.size, size)
		}
	}
	for _, s := range img.sections {
		if s.kind != Data && s.kind != Tables {
			continue
		}
		end := min(s.at+s.size, size)
		t, ok := searchFunctions(r, s, size, func(at int64) (*functions, bool) { return openFunctions(r, at, end-at, size) })
		if ok {
			return t, true
		}
	}
	return nil, false
}

// marks are the bytes that all versions' tables begin with, but for the magic's lowest byte, and where they lie.
var marks = []struct {
	mark []byte
	at   int
}{
	{[]byte{0xff, 0xff, 0xff, 0, 0}, -1}, // little endian: the lowest byte is before
	{[]byte{0xff, 0xff, 0xff}, 0},        // big endian: it comes after
}

// maxTries is how many tables that are none are looked at: more of their beginnings than that are no accident.
const maxTries = 64

// searchFunctions looks for the table in a section that has more than it: open tries whether one begins at a byte of the file.
func searchFunctions(r io.ReaderAt, s section, size int64, open func(at int64) (*functions, bool)) (*functions, bool) {
	const step, overlap = 1 << 20, 16
	end, tries := min(s.at+s.size, size), 0
	buf := make([]byte, step+overlap)
	for at := max(s.at, 0); at < end; at += step {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), end-at)], at)
		if err != nil && err != io.EOF {
			return nil, false
		}
		for _, i := range heads(buf[:n]) {
			if t, ok := open(at + int64(i)); ok {
				return t, true
			}
			if tries++; tries > maxTries {
				return nil, false
			}
		}
	}
	return nil, false
}

// heads are the places where a table may begin, at most one more than are tried.
func heads(buf []byte) (list []int) {
	for _, m := range marks {
		for i := 0; len(list) <= maxTries; i++ {
			j := bytes.Index(buf[i:], m.mark)
			if j < 0 {
				break
			}
			i += j
			if at := i + m.at; at >= 0 && at+8 <= len(buf) && new(functions).head(buf[at:at+8]) {
				list = append(list, at)
			}
		}
	}
	return list
}

// head reads the first 8 bytes: the magic, two zeros, how far instructions are apart, the size of a pointer.
func (t *functions) head(b []byte) bool {
	t.pointer = int64(b[7])
	return b[4] == 0 && b[5] == 0 && bytes.IndexByte([]byte{1, 2, 4}, b[6]) >= 0 && (t.pointer == 4 || t.pointer == 8) && t.recognise(b[:4])
}

// openFunctions reads the header of a table that begins at at and has at most size bytes.
func openFunctions(r io.ReaderAt, at, size, fileSize int64) (*functions, bool) {
	all := newWindow(r, at, size, fileSize)
	t := &functions{}
	var head [8 + 8*8]byte
	if at < 0 || all.size < int64(len(head)) {
		return nil, false
	}
	if n, _ := r.ReadAt(head[:], at); n < len(head) || !t.head(head[:8]) {
		return nil, false
	}
	word := func(i int) int64 { return t.uint(head[8+int64(i)*t.pointer:], t.pointer) }
	t.count = word(0)
	names, funcs, entries := int64(0), int64(0), 8+t.pointer
	if t.layout.names > 0 {
		names, funcs = word(t.layout.names), word(t.layout.funcs)
		entries = funcs
	}
	if t.count <= 0 || t.count > all.size/(2*t.field()) || names < 0 || names > all.size || funcs < 0 || funcs > all.size {
		return nil, false
	}
	part := func(off int64) *window { return newWindow(r, at+off, all.size-off, fileSize) }
	t.names, t.descriptions, t.entries = part(names), part(funcs), part(entries)
	return t, t.plausible()
}

func (t *functions) recognise(magic []byte) bool {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, l := range layouts {
			if order.Uint32(magic) == l.magic {
				t.order, t.layout = order, l
				return true
			}
		}
	}
	return false
}

// field is the size of one number of an entry.
func (t *functions) field() int64 {
	if t.short {
		return 4
	}
	return t.pointer
}

func (t *functions) uint(b []byte, n int64) int64 {
	if n == 4 {
		return int64(t.order.Uint32(b))
	}
	return int64(t.order.Uint64(b))
}

// plausible looks at the first function: its name has to be there.
func (t *functions) plausible() bool {
	_, off, ok := t.entry(0)
	return ok && len(t.name(off)) > 0
}

// entry is the start of function i and the offset of its description. That after the last has no description.
func (t *functions) entry(i int64) (pc, off int64, ok bool) {
	n := t.field()
	want := 2 * n
	if i == t.count {
		want = n
	}
	b := t.entries.bytes(2*i*n, want)
	if b == nil {
		return 0, 0, false
	}
	if pc = t.uint(b, n); i < t.count {
		off = t.uint(b[n:], n)
	}
	return pc, off, true
}

// name is the name of the function described at off.
func (t *functions) name(off int64) []byte {
	n := t.field()
	b := t.descriptions.bytes(off, n+4)
	if b == nil {
		return nil
	}
	return t.names.text(int64(t.order.Uint32(b[n:])))
}

// longest is above the size of any function.
const longest = 1 << 30

// each calls take for each function, in the order of the code, with its size up to the next one, and gives the sum. It ends where
// the table stops making sense.
func (t *functions) each(take func(name []byte, bytes int64)) int64 {
	var sum int64
	pc, off, ok := t.entry(0)
	for i := int64(1); ok && i <= t.count; i++ {
		next, nextOff, more := t.entry(i)
		if !more || next < pc || next-pc < 0 || next-pc > longest {
			break
		}
		name := t.name(off)
		if name == nil {
			break
		}
		take(name, next-pc)
		sum += next - pc
		pc, off = next, nextOff
	}
	return sum
}
