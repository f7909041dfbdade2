package verify

import (
	"bufio"
	"bytes"
	stdbinary "encoding/binary"
	"errors"
	"io"
)

// The linker leaves out what nothing can reach, and names in the program's function table what is left, inlined functions
// among them (cmd/link/internal/ld/pcln.go, generateFuncnametab). Stripping does not touch that table, since the runtime
// needs it. So a function that stands there may run, and one that does not stand there never will.

// linkedFunctions are those of the names that the program's function table has. It is nil for a file without such a table, which is no
// program of Go's; isGo says that it is one.
func linkedFunctions(r io.ReaderAt, size int64, bin *binary, isGo bool, names map[string]bool) map[string]bool {
	at, found := functionNames(r, size, bin)
	if !found && !isGo {
		return nil
	}
	linked := map[string]bool{}
	eachName(io.NewSectionReader(r, at.at, at.size), func(name []byte) {
		if names[string(name)] {
			linked[string(name)] = true
		}
	})
	return linked
}

// functionNames is where the names are: the table's own part for them, or where no header tells, as in WebAssembly, whose
// linker leaves runs of zeros out, everything that may hold the table.
func functionNames(r io.ReaderAt, size int64, bin *binary) (at extent, found bool) {
	if at, found = functionsPart(r, size, bin, partNames); found {
		return at, true
	}
	return maybeFunctions(size, bin), false
}

// maybeFunctions is what may hold the table: its section, or the whole file where none tells. It is in the read-only data of PE, and in
// a data segment of WebAssembly.
func maybeFunctions(size int64, bin *binary) extent {
	in := bin.pclntab
	if in.size == 0 {
		in = extent{0, size}
	}
	in.size = min(in.size, maxScan)
	return in
}

// functionsPart is where a part of the table is; false where there is no table, or no header that tells.
func functionsPart(r io.ReaderAt, size int64, bin *binary, part int) (extent, bool) {
	order := stdbinary.ByteOrder(stdbinary.LittleEndian)
	if bin.order == big {
		order = stdbinary.BigEndian
	}
	for _, l := range pclnLayouts {
		if found, ok := l.find(r, maybeFunctions(size, bin), order, part); ok {
			return found, true
		}
	}
	return extent{}, false
}

const (
	maxScan  = 1 << 30 // bytes of a file without a section for the table that are searched for it
	maxTries = 64      // places that look like its beginning
)

// pclnLayout is the beginning of the function table of some Go versions (internal/abi/symtab.go, runtime/symtab.go): the
// number, two zeros, the size of an instruction, the size of a pointer, then numbers as long as a pointer.
type pclnLayout struct {
	magic uint32
	parts int // which of the numbers is the offset of the first part; the others follow it, and each part ends where the next begins
}

var pclnLayouts = []pclnLayout{
	{0xfffffff1, 3}, // Go 1.20 and later
	{0xfffffff0, 3}, // Go 1.18 and 1.19
	{0xfffffffa, 2}, // Go 1.16 and 1.17
}

// The parts that are read; between them is which files a package has.
const (
	partNames = 0 // of functions
	partFiles = 2 // names of source files
)

// find looks for the header in an extent.
func (l pclnLayout) find(r io.ReaderAt, in extent, order stdbinary.ByteOrder, part int) (extent, bool) {
	var mark [6]byte // two zeros follow the number
	order.PutUint32(mark[:], l.magic)
	for range maxTries {
		i := find(io.NewSectionReader(r, in.at, in.size), in.size, mark[:])
		if i < 0 {
			break
		}
		in.at, in.size = in.at+i, in.size-i
		if found, ok := l.part(r, in, order, part); ok {
			return found, true
		}
		in.at, in.size = in.at+1, in.size-1
	}
	return extent{}, false
}

// part reads the header at the beginning of an extent. What is no header is told by its numbers.
func (l pclnLayout) part(r io.ReaderAt, in extent, order stdbinary.ByteOrder, part int) (extent, bool) {
	first := l.parts + part
	head := make([]byte, 8+8*(first+2))
	if n, err := r.ReadAt(head, in.at); n < len(head) && !errors.Is(err, io.EOF) {
		return extent{}, false
	}
	quantum, pointer := head[6], int(head[7])
	if quantum != 1 && quantum != 2 && quantum != 4 || pointer != 4 && pointer != 8 {
		return extent{}, false
	}
	number := func(i int) uint64 {
		raw := head[8+i*pointer:]
		if pointer == 8 {
			return order.Uint64(raw)
		}
		return uint64(order.Uint32(raw))
	}
	from, to := number(first), number(first+1)
	if from < uint64(8+pointer*(first+2)) || to <= from || to > uint64(in.size) {
		return extent{}, false
	}
	return extent{in.at + int64(from), int64(to - from)}, true
}

// eachName hands over the texts between zeros. One that is longer than the buffer is no function that anybody asks for.
func eachName(r io.Reader, take func([]byte)) {
	b := bufio.NewReaderSize(r, 1<<18)
	for long := false; ; {
		text, err := b.ReadSlice(0)
		if errors.Is(err, bufio.ErrBufferFull) {
			long = true
			continue
		}
		if name := bytes.TrimSuffix(text, []byte{0}); !long && len(name) > 0 {
			take(name)
		}
		if err != nil {
			return
		}
		long = false
	}
}
