package verify

import (
	"bytes"
	stdbinary "encoding/binary"
	"io"
	"regexp"
)

// functionTable is a version of Go's table of functions (cmd/link/internal/ld/pcln.go; runtime/symtab.go: pcHeader). It begins
// with a magic number, two zeros, the size of instructions and of pointers; then words follow.
type functionTable struct {
	magic uint32
	files int // which of the words is the offset of the names of source files; the next one is where they end
}

var functionTables = []functionTable{
	{0xfffffff1, 5}, // Go 1.20
	{0xfffffff0, 5}, // Go 1.18
	{0xfffffffa, 4}, // Go 1.16
}

const (
	functionsHead = 8
	maxFileNames  = 1 << 26 // bytes
)

// sourceFiles gives the names of the source files in Go's table of functions, each with a NUL behind it; nil when there is no such
// table. WebAssembly modules leave out longer runs of zeros, so that the table's offsets lead nowhere.
func sourceFiles(r io.ReaderAt, size int64, bin *binary) []byte {
	order := stdbinary.ByteOrder(stdbinary.LittleEndian)
	if bin.order == big {
		order = stdbinary.BigEndian
	}
	for _, table := range functionTables {
		mark := make([]byte, 6) // the two zeros too
		order.PutUint32(mark, table.magic)
		within := bin.pclntab
		if within.size == 0 {
			within = extent{0, size}
		}
		at := find(io.NewSectionReader(r, within.at, within.size), within.size, mark)
		if at < 0 {
			continue
		}
		if names := table.read(r, size, within.at+at, mark, order); names != nil {
			return names
		}
	}
	return nil
}

// read reads the names of files when a table of this version stands at the offset.
func (t functionTable) read(r io.ReaderAt, size, at int64, mark []byte, order stdbinary.ByteOrder) []byte {
	head := make([]byte, functionsHead+8*(t.files+2))
	if n, err := r.ReadAt(head, at); err != nil && err != io.EOF || n < len(head) || !bytes.HasPrefix(head, mark) {
		return nil
	}
	word := func(i int) uint64 { return uint64(order.Uint32(head[functionsHead+4*i:])) }
	switch head[functionsHead-1] {
	case 4:
	case 8:
		word = func(i int) uint64 { return order.Uint64(head[functionsHead+8*i:]) }
	default:
		return nil
	}
	from, to := word(t.files), word(t.files+1)
	if from >= to || to > uint64(size-at) || to-from > maxFileNames {
		return nil
	}
	names := make([]byte, to-from)
	if _, err := r.ReadAt(names, at+int64(from)); err != nil {
		return nil
	}
	return names
}

// absolutePath is the name of a file on some machine: from the root, or from a drive of Windows.
var absolutePath = regexp.MustCompile(`^(/|\\|[A-Za-z]:[\\/])`)

// checkTrimpath: with -trimpath files are named by their module, "example.com/app/main.go".
func checkTrimpath(s *subject) []Finding {
	const want = "-trimpath=true"
	switch {
	case !s.want.Trimpath:
		return nil
	case s.build == nil:
		return s.unknown("trimpath", want, "there is no Go build info")
	case s.build.settings["-trimpath"] != "true":
		return fail("trimpath", "not set", want, "-trimpath is not in the build info, want "+want)
	}
	return pass("trimpath", want, want, "was built with -trimpath")
}

// checkLocalPaths: an absolute name of a source file is one of a machine that wrote or built the program. With -trimpath only
// generated code has such names.
func checkLocalPaths(s *subject) []Finding {
	if !s.want.Trimpath || s.build == nil || s.bin.format == formatWasm {
		return nil
	}
	const want = "names without the folders of a machine"
	names := sourceFiles(s.file, s.size, s.bin)
	if names == nil {
		return note("local-paths", "unknown", want, "its table of functions cannot be read: whether it names files of the machine that built it cannot be known")
	}
	var local []string
	for name := range bytes.SplitSeq(names, []byte{0}) {
		if absolutePath.Match(name) {
			local = append(local, string(name))
		}
	}
	if len(local) > 0 {
		return fail("local-paths", shorten(sortedNames(local)), want, "names files of a machine that wrote or built it: "+shorten(sortedNames(local)))
	}
	return pass("local-paths", want, want, "names no file of the machine that built it")
}
