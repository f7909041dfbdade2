// Package pclntab reads Go's table of functions, which the runtime cannot do without: stripped programs have it too. It has the names of
// all functions that are linked, those among them that are inlined everywhere, where each function begins, and the names of the source
// files (cmd/link/internal/ld/pcln.go; debug/gosym reads it as well, but holds all of it and trusts what it says).
//
// Tables of all versions since Go 1.2 are read, in both byte orders, with pointers of 4 and 8 bytes. What is said by a hostile file costs
// no more memory than that of an honest one, and time in proportion to what is searched.
package pclntab

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/crossgo/crossgo/internal/window"
)

// layout is where one version of the table has its parts (runtime.pcHeader in runtime/symtab.go, internal/abi/symtab.go). The header is
// the magic, two zeros, how far instructions are apart, the size of a pointer, then numbers of that size: how many functions there
// are, how many files, from 1.18 on where the code begins, and the offsets of the parts.
type layout struct {
	magic uint32
	names int  // which number is the offset of the first part; 0: there are none, all offsets count from the table's beginning
	short bool // the list of functions has 32 bit offsets from the beginning of the code, else pointers
}

var layouts = []layout{
	{0xfffffff1, 3, true},  // Go 1.20 and later
	{0xfffffff0, 3, true},  // Go 1.18 and 1.19
	{0xfffffffa, 2, false}, // Go 1.16 and 1.17
	{0xfffffffb, 0, false}, // Go 1.2 to 1.15
}

// The parts of the table in the order of their offsets. Each but the last ends where the next one begins.
const (
	namesPart  = iota // of functions
	unitsPart         // which files a package has
	filesPart         // names of source files
	valuesPart        // what is known of each instruction
	funcsPart         // the list of functions, then their descriptions
)

const (
	markBytes = 8       // of the header, up to its numbers
	maxHeader = 8 + 8*8 // of all layouts
	fieldName = 4       // bytes of the offset of a name in a description
	longest   = 1 << 30 // above the size of any function
	maxFiles  = 1 << 20 // more than any program was made of
)

// Table is an open table. It is for one goroutine at a time.
type Table struct {
	layout
	r        io.ReaderAt
	at, size int64 // where it begins, and how many bytes it has at most
	order    binary.ByteOrder
	pointer  int64 // bytes
	words    [8]int64
	names    *window.Window
	funcs    *window.Window // descriptions
	entries  *window.Window // the list of functions
}

// Part is a part of the file that was given to Open or Find.
type Part struct{ At, Size int64 }

// Open reads the header of the table that begins at at and has at most size bytes, all of them in r. It is false when what is there
// cannot be a table.
func Open(r io.ReaderAt, at, size int64, order binary.ByteOrder) (*Table, bool) {
	t := &Table{r: r, at: at, size: size, order: order}
	var head [maxHeader]byte
	if at < 0 || size < maxHeader {
		return nil, false
	}
	if n, _ := r.ReadAt(head[:], at); n < len(head) || !t.begins(head[:]) {
		return nil, false
	}
	for i := range t.words {
		t.words[i] = t.uint(head[markBytes+int64(i)*t.pointer:], t.pointer)
	}
	list := markBytes + t.pointer
	if t.layout.names > 0 {
		list = t.offset(funcsPart)
	}
	if t.Count() <= 0 || t.Count() > size/(2*t.field()) || !t.inside(t.offset(namesPart)) || !t.inside(t.offset(funcsPart)) {
		return nil, false
	}
	t.names, t.funcs, t.entries = t.from(t.offset(namesPart)), t.from(t.offset(funcsPart)), t.from(list)
	return t, t.plausible()
}

// begins reads the first 8 bytes.
func (t *Table) begins(b []byte) bool {
	magic := t.order.Uint32(b)
	for _, l := range layouts {
		if l.magic == magic {
			t.layout, t.pointer = l, int64(b[7])
			return b[4] == 0 && b[5] == 0 && bytes.IndexByte([]byte{1, 2, 4}, b[6]) >= 0 && (t.pointer == 4 || t.pointer == 8)
		}
	}
	return false
}

// offset is where a part begins; in a table without parts, where all offsets are counted from.
func (t *Table) offset(part int) int64 {
	if t.layout.names == 0 {
		return 0
	}
	return t.words[t.layout.names+part]
}

func (t *Table) inside(off int64) bool { return off >= 0 && off <= t.size }

func (t *Table) from(off int64) *window.Window { return window.New(t.r, t.at+off, t.size-off) }

// field is the size of one number in the list of functions.
func (t *Table) field() int64 {
	if t.short {
		return 4
	}
	return t.pointer
}

func (t *Table) uint(b []byte, n int64) int64 {
	if n == 4 {
		return int64(t.order.Uint32(b))
	}
	return int64(t.order.Uint64(b))
}

// plausible looks at the first function: its name has to be there.
func (t *Table) plausible() bool {
	_, off, ok := t.Entry(0)
	return ok && len(t.Name(off)) > 0
}

// Count is how many functions have code, as the header says.
func (t *Table) Count() int64 { return t.words[0] }

// Entry is where function i begins and the offset of its description, in the order of the code. An address is counted from the
// beginning of the code, before Go 1.18 from that of memory; only their differences mean the same in all. Behind the last function comes
// where it ends, which has no description.
func (t *Table) Entry(i int64) (pc, off int64, ok bool) {
	n := t.field()
	want := 2 * n
	if i == t.Count() {
		want = n
	}
	b := t.entries.Bytes(2*i*n, want)
	if b == nil {
		return 0, 0, false
	}
	if pc = t.uint(b, n); i < t.Count() {
		off = t.uint(b[n:], n)
	}
	return pc, off, true
}

// Name is the name of the function described at off, nil where there is none. It is valid until the next call.
func (t *Table) Name(off int64) []byte {
	n := t.field() // the address again
	b := t.funcs.Bytes(off, n+fieldName)
	if b == nil {
		return nil
	}
	return t.names.Text(int64(t.order.Uint32(b[n:])))
}

// Sizes calls take for each function, in the order of the code, with its bytes up to the next one, and gives the sum. It ends where
// the table stops making sense.
func (t *Table) Sizes(take func(name []byte, bytes int64)) int64 {
	var sum int64
	pc, off, ok := t.Entry(0)
	for i := int64(1); ok && i <= t.Count(); i++ {
		next, nextOff, more := t.Entry(i)
		if !more || next < pc || next-pc < 0 || next-pc > longest {
			break
		}
		name := t.Name(off)
		if name == nil {
			break
		}
		take(name, next-pc)
		sum += next - pc
		pc, off = next, nextOff
	}
	return sum
}

// Names is where the names of functions are, inlined ones among them, each with a zero behind it. Before Go 1.16 they lie among all else,
// and the part is the table to its end.
func (t *Table) Names() (Part, bool) {
	if t.layout.names == 0 {
		return Part{t.at, t.size}, true
	}
	return t.part(namesPart)
}

// Files is where the names of source files are, each with a zero behind it.
func (t *Table) Files() (Part, bool) {
	if t.layout.names == 0 {
		return t.oldFiles()
	}
	return t.part(filesPart)
}

func (t *Table) part(i int) (Part, bool) {
	from, to := t.offset(i), t.offset(i+1)
	header := markBytes + t.pointer*int64(t.layout.names+funcsPart+1)
	if from < header || to <= from || to > t.size {
		return Part{}, false
	}
	return Part{t.at + from, to - from}, true
}

// oldFiles is Files for tables without parts: behind the list of functions stands the offset of a list that begins with its own length,
// of 4 byte offsets of names. The linker wrote these one after the other.
func (t *Table) oldFiles() (Part, bool) {
	at := t.entries.Bytes((2*t.Count()+1)*t.pointer, 4)
	if at == nil {
		return Part{}, false
	}
	list := t.from(int64(t.order.Uint32(at)))
	first, last := t.size, int64(0)
	for i, count := int64(1), t.number(list, 0); i < min(count, maxFiles); i++ {
		off := t.number(list, 4*i)
		first, last = min(first, off), max(last, off)
	}
	end := last + int64(len(t.names.Text(last))) + 1
	if first < markBytes || first > last || end > t.size {
		return Part{}, false
	}
	return Part{t.at + first, end - first}, true
}

// number is that of 4 bytes at off, 0 where there is none.
func (t *Table) number(w *window.Window, off int64) int64 {
	b := w.Bytes(off, 4)
	if b == nil {
		return 0
	}
	return int64(t.order.Uint32(b))
}
