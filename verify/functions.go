package verify

import (
	"bufio"
	"bytes"
	stdbinary "encoding/binary"
	"errors"
	"io"

	"github.com/crossgo/crossgo/verify/pclntab"
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
	if table, ok := functionTable(r, size, bin); ok {
		if part, ok := table.Names(); ok {
			return extent{part.At, part.Size}, true
		}
	}
	return maybeFunctions(size, bin), false
}

// functionTable is the program's function table, false where there is none whose header tells.
func functionTable(r io.ReaderAt, size int64, bin *binary) (*pclntab.Table, bool) {
	order := stdbinary.ByteOrder(stdbinary.LittleEndian)
	if bin.order == big {
		order = stdbinary.BigEndian
	}
	in := maybeFunctions(size, bin)
	return pclntab.Find(r, in.at, in.size, order)
}

// maybeFunctions is what may hold the table: its section, or the whole file where none tells. It is in the read-only data of PE, and in
// a data segment of WebAssembly.
func maybeFunctions(size int64, bin *binary) extent {
	in := bin.pclntab
	if in.size == 0 {
		in = extent{0, size}
	}
	in.size = min(in.size, pclntab.MaxScan)
	return in
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
