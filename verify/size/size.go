// Package size says what the bytes of an executable are spent on: by section, and by Go package. It reads ELF, PE, Mach-O and
// WebAssembly, stripped or not, with the standard library alone. Memory does not grow with what a hostile file claims: tables are
// read through windows, and what cannot be is left out.
package size

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify/pclntab"
)

// Map is what the bytes of one file are spent on.
type Map struct {
	Bytes    int64     `json:"bytes"`              // of the whole file
	Main     string    `json:"main,omitempty"`     // path of the main module, from Go's build info; empty without
	Symbols  bool      `json:"symbols,omitempty"`  // symbols tell sizes (an ELF file that is not stripped): packages have their data too, not their code alone
	Packages []Package `json:"packages,omitempty"` // most bytes first, then by name; none where neither Go's function table nor symbols tell
	Sections []Section `json:"sections"`           // as Packages. They and Headers are the whole file, where sections do not overlap
	Headers  int64     `json:"headers,omitempty"`  // bytes outside every section: headers, padding, signatures behind the end
}

// Package is what one package takes of the file. Names that are no import path are in parentheses, see Foreign and Tables.
type Package struct {
	Name   string `json:"name"`             // import path: "net/http"
	Module string `json:"module,omitempty"` // path of its module, Std, or empty: in none, or the file has no build info
	Bytes  int64  `json:"bytes"`            // code and data
	Code   int64  `json:"code"`             // of Bytes: machine code, known with and without symbols, so files can be compared by it
}

// Section is one part of the file as its headers name it: ".text", "__DATA.__data", "code". Sections of one name are one.
type Section struct {
	Name  string `json:"name"`
	Kind  Kind   `json:"kind"`
	Bytes int64  `json:"bytes"` // in the file; what is zeroed memory takes none
}

// Kind says what a section is for.
type Kind string

// The kinds of sections.
const (
	Code   Kind = "code"   // machine code
	Data   Kind = "data"   // what the program reads or writes
	Tables Kind = "tables" // what Go's runtime knows of the program: functions, types, modules
	Debug  Kind = "debug"  // symbols and DWARF: nothing that the program needs
	Link   Kind = "link"   // what the loader reads: imports, relocations, signatures
)

// Names of what is in no Go package.
const (
	Foreign = "(C and other code)" // code outside Go's function table, data outside Go's sections
	Shared  = "(Go types, strings, tables)"
	Others  = "(others)" // more packages than any program has, or names too long to be one
)

// Std is the module of the standard library, as go list -m calls it.
const Std = "std"

// ErrFormat is for a file that is in none of the formats.
var ErrFormat = errors.New("is neither ELF, PE, Mach-O nor WebAssembly")

// File is Read for a file by name.
func File(name string) (Map, error) {
	f, err := os.Open(name)
	if err != nil {
		return Map{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Map{}, err
	}
	if !info.Mode().IsRegular() {
		return Map{}, fmt.Errorf("%s: %w", name, ErrFormat)
	}
	m, err := Read(f, info.Size())
	if err != nil {
		return Map{}, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// format is one of the formats that files begin with.
type format struct {
	magic string
	name  string
	open  func(r io.ReaderAt, size int64) (*image, error)
}

var formats = []format{
	{"\x7fELF", "ELF", openELF},
	{"MZ", "PE", openPE},
	{"\xcf\xfa\xed\xfe", "Mach-O", openMachO},
	{"\xce\xfa\xed\xfe", "Mach-O", openMachO},
	{"\xfe\xed\xfa\xcf", "Mach-O", openMachO},
	{"\xfe\xed\xfa\xce", "Mach-O", openMachO},
	{"\x00asm", "WebAssembly", openWasm},
}

// Read is the map of the file that r holds size bytes of. A file in no format that it knows is ErrFormat, a damaged one an error
// that says of which format. What a file merely lacks, symbols or Go's function table, is no error.
func Read(r io.ReaderAt, size int64) (m Map, err error) {
	head := make([]byte, 4)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return Map{}, err
	}
	i := slices.IndexFunc(formats, func(f format) bool { return bytes.HasPrefix(head[:n], []byte(f.magic)) })
	if i < 0 {
		return Map{}, ErrFormat
	}
	defer func() { // the debug packages of the standard library are not made for hostile files
		if p := recover(); p != nil {
			m, err = Map{}, fmt.Errorf("a damaged %s file: %v", formats[i].name, p)
		}
	}()
	img, err := formats[i].open(r, size)
	if err != nil {
		return Map{}, fmt.Errorf("a damaged %s file: %w", formats[i].name, err)
	}
	return img.measure(r, size), nil
}

// image is a file of any format.
type image struct {
	order    binary.ByteOrder
	sections []section
	wasm     *wasmFile               // nil for all but WebAssembly, whose functions have no addresses
	symbols  func(take func(symbol)) // in any order; nil without, or where they tell no sizes. May be called several times
}

// section is a part of the file.
type section struct {
	name     string
	kind     Kind
	at, size int64 // in the file; size 0 for what takes nothing there
	addr     uint64
}

// symbol is a name for a place in memory.
type symbol struct {
	name []byte // valid until the next one
	addr uint64
	size int64
	sect int // index of its section, -1 for none
}

// measure adds up.
func (img *image) measure(r io.ReaderAt, size int64) Map {
	m := Map{Bytes: size}
	sections, outside := map[string]Section{}, size
	for _, s := range img.sections {
		if s.size <= 0 {
			continue
		}
		sum := sections[s.name]
		sections[s.name] = Section{s.name, s.kind, sum.Bytes + s.size}
		outside -= s.size
	}
	for _, s := range sections {
		m.Sections = append(m.Sections, s)
	}
	m.Headers = max(outside, 0)
	sum := totals{}
	img.code(r, size, sum)
	m.Symbols = img.data(sum)
	modules := readModules(r)
	m.Main = modules.main
	for _, p := range sum {
		p.Module = modules.of(p.Name)
		m.Packages = append(m.Packages, *p)
	}
	slices.SortFunc(m.Packages, func(a, b Package) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name)) })
	slices.SortFunc(m.Sections, func(a, b Section) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name)) })
	return m
}

// code counts functions by package, and what is left of the code sections as Foreign.
func (img *image) code(r io.ReaderAt, size int64, sum totals) {
	var known int64
	each := img.functions(r, size)
	if each != nil {
		found := totals{}
		known = each(func(name []byte, n int64) { found.add(packageOf(name), n, n) })
		if known > size { // no program has more functions than bytes
			return
		}
		sum.join(found)
	}
	if rest := img.bytes(Code) - known; rest > slack {
		sum.add([]byte(Foreign), rest, rest)
	}
}

// functions goes over Go's functions and gives the sum of their sizes; nil where there are none.
func (img *image) functions(r io.ReaderAt, size int64) func(take func(name []byte, bytes int64)) int64 {
	if img.wasm != nil {
		return img.wasm.each
	}
	if table, ok := img.functionTable(r, size); ok {
		return table.Sizes
	}
	return nil
}

// functionTable finds Go's function table: in its section, else by its first bytes in what the program reads.
func (img *image) functionTable(r io.ReaderAt, size int64) (*pclntab.Table, bool) {
	for _, s := range img.sections {
		if strings.HasSuffix(s.name, "gopclntab") && s.size > 0 {
			return pclntab.Open(r, s.at, s.size, img.order)
		}
	}
	left := int64(pclntab.MaxScan) // of all sections: they may lie over each other
	for _, s := range img.sections {
		if s.kind != Data && s.kind != Tables {
			continue
		}
		n := min(s.size, size-s.at, left)
		if t, ok := pclntab.Find(r, s.at, n, img.order); ok {
			return t, true
		}
		left -= max(n, 0)
	}
	return nil, false
}

// bytes are those of all sections of a kind.
func (img *image) bytes(k Kind) int64 {
	var n int64
	for _, s := range img.sections {
		if s.kind == k {
			n += s.size
		}
	}
	return n
}

// slack is padding in a code section that nobody wants to read of.
const slack = 4 << 10

// totals are packages by name.
type totals map[string]*Package

// maxPackages is above what any program has: Kubernetes' largest have 3,000.
const maxPackages = 1 << 16

func (t totals) add(name []byte, bytes, code int64) {
	p, ok := t[string(name)]
	if !ok {
		key := string(name)
		if len(t) >= maxPackages {
			key = Others
		}
		if p, ok = t[key]; !ok {
			p = &Package{Name: key}
			t[key] = p
		}
	}
	p.Bytes, p.Code = p.Bytes+bytes, p.Code+code
}

func (t totals) join(other totals) {
	for _, p := range other {
		t.add([]byte(p.Name), p.Bytes, p.Code)
	}
}
