package verify

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"debug/macho"
	"debug/pe"
	stdbinary "encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// ReproducibleID is the id of the rule that a second build gives the same file.
const ReproducibleID = "reproducible"

// Reproducible is the finding for a file that was built twice; difference is what Differ says, empty when there is none.
func Reproducible(difference string, allow []string) Finding {
	const want = "the same bytes"
	if difference == "" {
		return Finding{Check: ReproducibleID, Level: Pass, Found: want, Want: want, Text: "a second build with nothing kept gives the same bytes"}
	}
	text := "a second build with nothing kept gives another file: " + difference
	return rule(ReproducibleID).settle(fail(ReproducibleID, "other bytes", want, text), allow)[0]
}

// Differ says what tells two builds of one program apart: the sections that differ, and of the first the symbol and both its texts.
// It is empty when the files are the same. The error is for a file that cannot be read.
func Differ(first, second string) (string, error) {
	a, err := openBuild(first)
	if err != nil {
		return "", err
	}
	defer a.Close()
	b, err := openBuild(second)
	if err != nil {
		return "", err
	}
	defer b.Close()
	at, err := firstDifference(a, b, a.all(), b.all())
	if err != nil || at < 0 {
		return "", err
	}
	if len(a.regions) == 0 || len(b.regions) == 0 {
		return describe(a, b, []difference{{a.all(), b.all(), at}}), nil
	}
	list, err := differences(a, b)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return fmt.Sprintf("its headers differ at byte %d", at), nil
	}
	return describe(a, b, list), nil
}

// build is an open file cut into its sections.
type build struct {
	*os.File
	size    int64
	regions []region
	symbol  func(region, int64) string // the symbol that a section has at an offset; empty where none is known
}

// region is a section.
type region struct {
	name string
	at   int64 // in the file
	size int64
	addr uint64
}

func (b *build) all() region { return region{name: "the file", size: b.size} }

func openBuild(name string) (*build, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b := &build{File: f, size: info.Size(), symbol: func(region, int64) string { return "" }}
	b.cut()
	return b, nil
}

// cut reads the sections; a file of another format, or a damaged one, stays whole.
func (b *build) cut() {
	defer func() {
		if recover() != nil {
			b.regions = nil
		}
	}()
	if f, err := elf.NewFile(b); err == nil {
		b.cutELF(f)
	} else if f, err := pe.NewFile(b); err == nil {
		b.cutPE(f)
	} else if f, err := macho.NewFile(b); err == nil {
		b.cutMachO(f)
	} else {
		b.cutWasm()
	}
}

func (b *build) cutELF(f *elf.File) {
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL {
			b.regions = append(b.regions, region{s.Name, int64(s.Offset), int64(s.FileSize), s.Addr})
		}
	}
	symbols, _ := f.Symbols() // none in a stripped file
	table := goFunctions(f)
	b.symbol = func(r region, off int64) string {
		addr := r.addr + uint64(off)
		for _, s := range symbols {
			if r.addr != 0 && s.Size > 0 && s.Value <= addr && addr-s.Value < s.Size {
				return s.Name
			}
		}
		if table == nil || r.name != ".text" {
			return ""
		}
		if fn := table.PCToFunc(addr); fn != nil {
			return fn.Name
		}
		return ""
	}
}

// goFunctions is Go's own table of functions, which stripping leaves.
func goFunctions(f *elf.File) *gosym.Table {
	text := f.Section(".text")
	for _, s := range f.Sections {
		if text == nil || !strings.HasSuffix(s.Name, ".gopclntab") {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return nil
		}
		table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
		if err == nil {
			return table
		}
	}
	return nil
}

func (b *build) cutPE(f *pe.File) {
	index := map[string]int{}
	for i, s := range f.Sections {
		b.regions = append(b.regions, region{name: s.Name, at: int64(s.Offset), size: int64(s.Size)})
		index[s.Name] = i + 1
	}
	b.symbol = func(r region, off int64) string {
		var best *pe.Symbol
		for _, s := range f.Symbols {
			if int(s.SectionNumber) == index[r.name] && int64(s.Value) <= off && (best == nil || s.Value > best.Value) {
				best = s
			}
		}
		if best == nil {
			return ""
		}
		return best.Name
	}
}

func (b *build) cutMachO(f *macho.File) {
	for _, s := range f.Sections {
		if s.Offset != 0 {
			b.regions = append(b.regions, region{s.Seg + "," + s.Name, int64(s.Offset), int64(s.Size), s.Addr})
		}
	}
	b.symbol = func(r region, off int64) string {
		name, value := "", uint64(0)
		if f.Symtab == nil {
			return ""
		}
		for _, s := range f.Symtab.Syms {
			if addr := r.addr + uint64(off); s.Value >= r.addr && s.Value <= addr && s.Value >= value {
				name, value = s.Name, s.Value
			}
		}
		return name
	}
}

// wasmNames are the sections by their id (WebAssembly core specification, section 5.5).
var wasmNames = []string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count"}

func (b *build) cutWasm() {
	head := make([]byte, 8)
	if readFull(b, head, 0) != nil || string(head[:4]) != "\x00asm" {
		return
	}
	for at := int64(8); at < b.size; {
		head := make([]byte, min(64, b.size-at))
		if readFull(b, head, at) != nil {
			break
		}
		length, n := stdbinary.Uvarint(head[1:])
		start := at + 1 + int64(n)
		if n <= 0 || length > uint64(b.size-start) || int(head[0]) >= len(wasmNames) {
			break // the rest is no section
		}
		name := wasmNames[head[0]]
		if r := (wasmReader{raw: head[1+n:]}); head[0] == wasmCustom {
			name += " " + r.name()
		}
		b.regions = append(b.regions, region{name: name, at: start, size: int64(length)})
		at = start + int64(length)
	}
}

// difference is a section that is not the same in both files.
type difference struct {
	a, b region
	at   int64 // the first offset that differs; that of the shorter one's end when only the length does
}

func (d difference) String() string {
	if d.a.size != d.b.size {
		return fmt.Sprintf("%s (%d bytes, then %d)", d.a.name, d.a.size, d.b.size)
	}
	return d.a.name
}

// consequences are sections that differ whenever anything does: names that are made from the content.
var consequences = []string{".note.go.buildid", ".note.gnu.build-id", "custom go:buildid"}

// differences are the sections that differ, those that only follow from others last.
func differences(a, b *build) ([]difference, error) {
	var list, follow []difference
	seen := map[string]int{}
	for _, r := range a.regions {
		other, ok := b.region(r.name, seen[r.name])
		seen[r.name]++
		if !ok {
			list = append(list, difference{r, region{name: r.name}, 0})
			continue
		}
		at, err := firstDifference(a, b, r, other)
		if err != nil {
			return nil, err
		}
		if at < 0 {
			continue
		}
		follows := slices.Contains(consequences, r.name)
		if skip := min(a.buildID(r), b.buildID(other)); at < skip {
			rest, err := firstDifference(a, b, r.from(skip), other.from(skip))
			if err != nil {
				return nil, err
			}
			follows = rest < 0
			if rest >= 0 {
				at = skip + rest
			}
		}
		if d := (difference{r, other, at}); follows {
			follow = append(follow, d)
		} else {
			list = append(list, d)
		}
	}
	return append(list, follow...), nil
}

// buildID is how long the name is that Go's linker puts before the code in PE and Mach-O files, which it makes from the content; 0
// without one (textbuildid in cmd/link/internal/ld/data.go).
func (b *build) buildID(r region) int64 {
	head := make([]byte, min(256, max(0, r.size)))
	if readFull(b, head, r.at) != nil {
		return 0
	}
	start := bytes.Index(head, []byte("\xff Go build ID: \""))
	end := bytes.Index(head, []byte("\"\n \xff"))
	if start < 0 || end < start {
		return 0
	}
	return int64(end)
}

// from is the section without its beginning.
func (r region) from(skip int64) region {
	return region{r.name, r.at + skip, r.size - skip, r.addr + uint64(skip)}
}

// region is the nth section of a name.
func (b *build) region(name string, n int) (region, bool) {
	for _, r := range b.regions {
		if r.name == name {
			if n == 0 {
				return r, true
			}
			n--
		}
	}
	return region{}, false
}

// describe names the sections, and of the first what stands there.
func describe(a, b *build, list []difference) string {
	const most = 6
	var names []string
	for i, d := range list {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(list)-most))
			break
		}
		names = append(names, d.String())
	}
	d := list[0]
	text := fmt.Sprintf("differs in %s; first at byte %d of %s", strings.Join(names, ", "), d.at, d.a.name)
	if symbol := a.symbol(d.a, d.at); symbol != "" {
		text += ", in " + symbol
	}
	return fmt.Sprintf("%s: %s, then %s", text, a.around(d.a, d.at), b.around(d.b, d.at))
}

// around is what stands at an offset of a section: the text that the byte is in the middle of, else the bytes.
func (b *build) around(r region, at int64) string {
	const before, after = 24, 24
	from := max(0, at-before)
	data := make([]byte, max(0, min(r.size, at+after)-from))
	n, err := b.ReadAt(data, r.at+from)
	if err != nil && !errors.Is(err, io.EOF) || n == 0 {
		return "nothing"
	}
	data = data[:n]
	mid := int(min(at-from, int64(n-1)))
	first, last := mid, mid
	for first > 0 && printable(data[first-1]) {
		first--
	}
	for last < len(data) && printable(data[last]) {
		last++
	}
	if last-first >= 4 {
		return fmt.Sprintf("%q", data[first:last])
	}
	return fmt.Sprintf("% x", data[mid:min(len(data), mid+8)])
}

func printable(c byte) bool { return c >= ' ' && c < 0x7f }

// firstDifference is the first offset at which two sections differ, the shorter one's size when it begins the longer one, -1 when they
// are the same.
func firstDifference(a, b *build, ra, rb region) (int64, error) {
	const step = 1 << 16
	x, y := make([]byte, step), make([]byte, step)
	both := min(ra.size, rb.size)
	for at := int64(0); at < both; at += step {
		n := min(step, both-at)
		if err := errors.Join(readFull(a, x[:n], ra.at+at), readFull(b, y[:n], rb.at+at)); err != nil {
			return 0, err
		}
		if bytes.Equal(x[:n], y[:n]) {
			continue
		}
		for i := range n {
			if x[i] != y[i] {
				return at + i, nil
			}
		}
	}
	if ra.size != rb.size {
		return both, nil
	}
	return -1, nil
}

func readFull(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	return err
}
