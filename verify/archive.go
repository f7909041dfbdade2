package verify

import (
	"bytes"
	stdbinary "encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Archives as ar writes them (ar(5) of FreeBSD describes all of it): a magic line, then members, each with a header of 60 bytes
// in ASCII and padded to an even length. GNU's and BSD's differ in long names and in the table of symbols.
const (
	arMagic      = "!<arch>\n"
	arHeader     = 60
	arEnd        = "`\n"
	maxMembers   = 1 << 14 // Debian's libLLVM has two thousand
	maxArName    = 1 << 12
	maxArNames   = 1 << 22 // bytes of GNU's table of long names
	maxArSymbols = 1 << 26 // bytes of the table of symbols
)

// member is one object of an archive.
type member struct {
	name string
	at   int64 // of its content
	size int64
	bin  *binary
}

// archive is what is read of one before its members are.
type archive struct {
	r        io.ReaderAt
	size     int64
	names    []byte // GNU: the table of long names
	symbols  []byte // the table of symbols, nil without one
	read     symbolTable
	members  []member
	headerAt []int64 // where each member's header begins: what the table of symbols names
}

// parseArchive reads the members one by one, and each of them as an object.
func parseArchive(r io.ReaderAt, size int64) (*binary, error) {
	r = &budget{r: r, left: maxParsed + 8*size} // all members together
	a := &archive{r: r, size: size}
	for at := int64(len(arMagic)); at < size; {
		next, err := a.takeMember(at)
		if err != nil {
			return nil, err
		}
		at = next
	}
	if len(a.members) == 0 {
		return nil, fmt.Errorf("it has no members")
	}
	bin := &binary{role: archiveRole, kind: "archive of objects", kindBad: "is an archive of objects (.a), which a program is linked with"}
	for i, m := range a.members {
		object, err := parseMember(io.NewSectionReader(r, m.at, m.size), m.size)
		if err != nil {
			return nil, fmt.Errorf("member %s is %w, want an object", m.name, err)
		}
		a.members[i].bin = object
		bin.sections = append(bin.sections, Section{m.name, m.size})
	}
	bin.members = a.members
	bin.gather()
	var err error
	bin.exports, err = a.index()
	return bin, err
}

// parseMember is parse for one member, which is no archive itself.
func parseMember(r io.ReaderAt, size int64) (*binary, error) {
	head := make([]byte, min(len(arMagic), int(size)))
	if _, err := r.ReadAt(head, 0); err == nil && string(head) == arMagic {
		return nil, fmt.Errorf("an ar archive")
	}
	return parse(r, size)
}

// gather says of the archive what its first member says, and of systems what any does.
func (b *binary) gather() {
	first := b.members[0].bin
	b.machine, b.bits, b.order = first.machine, first.bits, first.order
	for _, m := range b.members {
		b.cgoLinked = b.cgoLinked || m.bin.cgoLinked
		if t := m.bin.pclntab; t.size > 0 && b.pclntab.size == 0 {
			b.pclntab = extent{m.at + t.at, t.size}
		}
		for _, sign := range m.bin.system {
			if !slices.Contains(b.system, sign) {
				b.system = append(b.system, sign)
			}
		}
	}
}

// takeMember reads the header at an offset and remembers what follows it; next is where the next header is.
func (a *archive) takeMember(at int64) (next int64, err error) {
	head := make([]byte, arHeader)
	if a.size-at < arHeader {
		return 0, fmt.Errorf("truncated: the member at byte %d has no header", at)
	}
	if _, err := a.r.ReadAt(head, at); err != nil {
		return 0, err
	}
	size, err := strconv.ParseInt(strings.TrimRight(string(head[48:58]), " "), 10, 64)
	if err != nil || size < 0 || string(head[58:]) != arEnd {
		return 0, fmt.Errorf("there is no header at byte %d", at)
	}
	body := at + arHeader
	if size > a.size-body {
		return 0, fmt.Errorf("truncated: the member at byte %d ends at byte %d, the file at %d", at, body+size, a.size)
	}
	next = body + size + size%2
	name, start, err := a.name(strings.TrimRight(string(head[:16]), " "), body, size)
	if err != nil {
		return 0, err
	}
	return next, a.take(name, at, start, body+size-start)
}

// name gives a member's name and where its content begins, which is behind a long name of BSD's.
func (a *archive) name(field string, body, size int64) (name string, start int64, err error) {
	if number, ok := strings.CutPrefix(field, "#1/"); ok {
		length, err := strconv.ParseInt(number, 10, 64)
		if err != nil || length < 1 || length > min(size, maxArName) {
			return "", 0, fmt.Errorf("the member at byte %d has no name", body-arHeader)
		}
		raw := make([]byte, length)
		if _, err := a.r.ReadAt(raw, body); err != nil {
			return "", 0, err
		}
		return strings.TrimRight(string(raw), "\x00"), body + length, nil
	}
	offset, err := strconv.ParseInt(strings.TrimPrefix(field, "/"), 10, 64)
	if !strings.HasPrefix(field, "/") || err != nil {
		return field, body, nil
	}
	if offset < 0 || offset >= int64(len(a.names)) {
		return "", 0, fmt.Errorf("the name of the member at byte %d is not in the table of names", body-arHeader)
	}
	long, _, _ := bytes.Cut(a.names[offset:], []byte("\n"))
	return strings.TrimSuffix(string(long), "/"), body, nil
}

// symbolTable reads a table of symbols: names, and where the headers of the members that define them begin.
type symbolTable func(raw []byte, take func(name string, header int64)) error

// symbolTables are the members that are tables of symbols.
var symbolTables = map[string]symbolTable{
	"/":                   gnuSymbols(4),
	"/SYM64/":             gnuSymbols(8),
	"__.SYMDEF":           bsdSymbols(4),
	"__.SYMDEF SORTED":    bsdSymbols(4),
	"__.SYMDEF_64":        bsdSymbols(8),
	"__.SYMDEF_64 SORTED": bsdSymbols(8),
}

// take remembers one member: a table, or an object.
func (a *archive) take(name string, header, at, size int64) (err error) {
	read, isSymbols := symbolTables[name]
	switch {
	case name == "//":
		a.names, err = a.table(at, size, maxArNames)
		return err
	case name == "/" && a.symbols != nil:
		return nil // the second one of Microsoft's lib: the same symbols, sorted
	case isSymbols:
		a.read = read
		a.symbols, err = a.table(at, size, maxArSymbols)
		return err
	case name == "__.PKGDEF":
		return fmt.Errorf("it is a Go package compiled for the Go linker, no library for C")
	case len(a.members) == maxMembers:
		return fmt.Errorf("it has more than %d members", maxMembers)
	}
	if name = strings.TrimSuffix(name, "/"); name == "" {
		return fmt.Errorf("the member at byte %d has no name", header)
	}
	a.members, a.headerAt = append(a.members, member{name: name, at: at, size: size}), append(a.headerAt, header)
	return nil
}

func (a *archive) table(at, size, most int64) ([]byte, error) {
	if size > most {
		return nil, fmt.Errorf("the table at byte %d is %d bytes long", at, size)
	}
	raw := make([]byte, size)
	_, err := a.r.ReadAt(raw, at)
	return raw, err
}

// index is the table of symbols, each of which must name a member that is there: the names, sorted.
func (a *archive) index() ([]string, error) {
	if a.symbols == nil {
		return nil, nil
	}
	var names []string
	var lost string
	err := a.read(a.symbols, func(name string, header int64) {
		if _, ok := slices.BinarySearch(a.headerAt, header); !ok && lost == "" {
			lost = name
		}
		names = append(names, name)
	})
	if err == nil && lost != "" {
		err = fmt.Errorf("the table of symbols names no member for %s", lost)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// gnuSymbols reads a count, as many offsets, as many names ending in NUL; numbers are big endian and of width bytes.
func gnuSymbols(width int) symbolTable {
	number := func(b []byte) uint64 { return uint64(stdbinary.BigEndian.Uint32(b)) }
	if width == 8 {
		number = stdbinary.BigEndian.Uint64
	}
	return func(raw []byte, take func(string, int64)) error {
		if len(raw) < width || number(raw) > uint64(len(raw)/width-1) {
			return fmt.Errorf("the table of symbols is damaged")
		}
		count := int(number(raw))
		offsets, names := raw[width:], raw[width*(count+1):]
		for i := range count {
			name, rest, ok := bytes.Cut(names, []byte{0})
			if !ok {
				return fmt.Errorf("the table of symbols is cut off")
			}
			take(string(name), int64(number(offsets[width*i:])))
			names = rest
		}
		return nil
	}
}

// bsdSymbols reads the size of an array of pairs (offset of a name, offset of a member), the pairs, the size of the names, and
// the names; numbers are little endian on all systems that are left, and of width bytes.
func bsdSymbols(width uint64) symbolTable {
	number := func(b []byte) uint64 { return uint64(stdbinary.LittleEndian.Uint32(b)) }
	if width == 8 {
		number = stdbinary.LittleEndian.Uint64
	}
	return func(raw []byte, take func(string, int64)) error {
		if uint64(len(raw)) < 2*width || number(raw) > uint64(len(raw))-2*width {
			return fmt.Errorf("the table of symbols is damaged")
		}
		pairs, names := raw[width:width+number(raw)], raw[2*width+number(raw):]
		for ; uint64(len(pairs)) >= 2*width; pairs = pairs[2*width:] {
			if number(pairs) >= uint64(len(names)) {
				return fmt.Errorf("the table of symbols is damaged")
			}
			name, err := cString(names[number(pairs):])
			if err != nil {
				return err
			}
			take(name, int64(number(pairs[width:])))
		}
		return nil
	}
}
