package size

import (
	"encoding/binary"
	"io"
	"slices"
	"sort"

	"github.com/crossgo/crossgo/verify/pclntab"
)

// wasmFile is where a WebAssembly module has what tells of Go's functions.
type wasmFile struct {
	r        io.ReaderAt
	code     section
	data     section
	segments []segment
}

// segment is a piece of memory that the module begins with. What lies between is zero: Go's linker leaves that out
// (cmd/link/internal/wasm/asm.go).
type segment struct{ addr, at, size int64 }

// maxSegments is a little more than Go's linker makes, since engines refuse more than that.
const maxSegments = 1 << 17

// readData reads where the segments are. It ends where it does not understand.
func (w *wasmFile) readData(s section) {
	w.data = s
	in := newReaderSize(w.r, s.at, s.size, 64<<10)
	for n := in.uint(); n > 0 && in.err == nil && len(w.segments) < maxSegments; n-- {
		if flags, op := in.uint(), in.byte(); flags != 0 || op != 0x41 { // memory 0, i32.const
			return
		}
		addr := in.signed()
		if end := in.byte(); end != 0x0b {
			return
		}
		size := in.uint()
		w.segments = append(w.segments, segment{addr, s.at + in.read, size})
		in.skip(size)
	}
	slices.SortStableFunc(w.segments, func(a, b segment) int { return int(a.addr>>1 - b.addr>>1) })
}

// signed is a signed LEB128 number of 32 bits; addresses beyond 2 GiB are negative in it.
func (r *reader) signed() int64 {
	var v int64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v & 0xffffffff
		}
	}
	return 0
}

// memory is the module's memory before it runs.
func (w *wasmFile) memory() (size int64) {
	if len(w.segments) == 0 {
		return 0
	}
	last := w.segments[len(w.segments)-1]
	return last.addr + last.size
}

// ReadAt reads memory.
func (w *wasmFile) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	end := off + int64(len(p))
	i := sort.Search(len(w.segments), func(i int) bool { return w.segments[i].addr+w.segments[i].size > off })
	for ; i < len(w.segments) && w.segments[i].addr < end; i++ {
		s := w.segments[i]
		from, to := max(s.addr, off), min(s.addr+s.size, end)
		if from >= to {
			continue
		}
		if _, err := w.r.ReadAt(p[from-off:to-off], s.at+from-s.addr); err != nil && err != io.EOF {
			return 0, err
		}
	}
	return len(p), nil
}

// table finds Go's function table in memory: its first bytes are in one segment, having no zeros to leave out.
func (w *wasmFile) table() (*pclntab.Table, bool) {
	return pclntab.Search(w.r, w.data.at, w.data.size, binary.LittleEndian, func(at int64) (*pclntab.Table, bool) {
		i := slices.IndexFunc(w.segments, func(s segment) bool { return at >= s.at && at < s.at+s.size })
		if i < 0 {
			return nil, false
		}
		addr := w.segments[i].addr + at - w.segments[i].at
		return pclntab.Open(w, addr, w.memory()-addr, binary.LittleEndian)
	})
}

// each is for WebAssembly what it is for a table of addresses: here the table has the number of each function, in some versions of Go
// with 16 bits for a place inside of it (textOff in runtime/symtab.go), and the code section has the sizes, in that order.
func (w *wasmFile) each(take func(name []byte, bytes int64)) (sum int64) {
	t, ok := w.table()
	if !ok {
		return 0
	}
	first, _, _ := t.Entry(0)
	shift := 0
	if second, _, _ := t.Entry(1); second-first >= 1<<16 {
		shift = 16
	}
	code := newReaderSize(w.r, w.code.at, w.code.size, 64<<10)
	number, left := int64(0), code.uint()
	for i := range t.Count() {
		pc, off, ok := t.Entry(i)
		if !ok {
			break
		}
		for want := (pc - first) >> shift; number <= want && left > 0; number, left = number+1, left-1 {
			size := code.uint()
			code.skip(size)
			if number == want && code.err == nil {
				take(t.Name(off), size)
				sum += size
			}
		}
	}
	return sum
}
