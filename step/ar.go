package step

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The archive of a static library as GNU ld and others read it (man 5 ar of binutils; "Archive File Format" of the System V ABI):
// an index of symbols, the names that are too long for a header, and the objects. Times and owners are 0.

const (
	arMagic   = "!<arch>\n"
	arHeader  = 60 // bytes of a member's header
	arNameMax = 15 // bytes of a name in the header; the slash behind it ends it
)

// libraryMember is one object of an archive.
type libraryMember struct {
	name    string
	data    []byte
	symbols []string // that others can link with
}

// archiveMain is ar as the Go linker starts it (archive in cmd/link/internal/ld/lib.go): -q -c -s ARCHIVE OBJECT…
func archiveMain(args []string) int {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		args = args[1:]
	}
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "ar: want an archive and the objects that it is made of")
		return 1
	}
	if err := writeLibrary(args[0], args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ar:", err)
		return 1
	}
	return 0
}

// writeLibrary packs objects into a new static library.
func writeLibrary(library string, objects []string) error {
	var members []libraryMember
	for _, name := range objects {
		m, err := readMember(name)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		members = append(members, m)
	}
	archive, err := libraryBytes(members)
	if err != nil {
		return err
	}
	return os.WriteFile(library, archive, 0o644)
}

func readMember(name string) (libraryMember, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return libraryMember{}, err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return libraryMember{}, err
	}
	symbols, err := f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return libraryMember{}, err
	}
	m := libraryMember{name: filepath.Base(name), data: data}
	for _, s := range symbols {
		bind := elf.ST_BIND(s.Info)
		if s.Section != elf.SHN_UNDEF && (bind == elf.STB_GLOBAL || bind == elf.STB_WEAK) {
			m.symbols = append(m.symbols, s.Name)
		}
	}
	return m, nil
}

// libraryBytes is the archive's bytes. Offsets in its index have 32 bits: a larger archive is an error.
func libraryBytes(members []libraryMember) ([]byte, error) {
	names := longNames(members)
	index := indexSize(members)
	at := len(arMagic) + arHeader + even(index)
	if len(names) > 0 {
		at += arHeader + even(len(names))
	}
	var offsets []int
	for _, m := range members {
		offsets = append(offsets, at)
		at += arHeader + even(len(m.data))
	}
	if int64(at) > 1<<32-1 {
		return nil, fmt.Errorf("the library would have %d bytes, more than its index has room for", at)
	}
	b := bytes.NewBuffer(make([]byte, 0, at))
	b.WriteString(arMagic)
	writeMember(b, "/", "0", symbolIndex(members, offsets))
	if len(names) > 0 {
		writeMember(b, "//", "0", names)
	}
	for _, m := range members {
		writeMember(b, headerName(m.name, names), "100644", m.data)
	}
	return b.Bytes(), nil
}

func even(n int) int { return n + n%2 }

func writeMember(b *bytes.Buffer, name, mode string, data []byte) {
	fmt.Fprintf(b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", name, 0, 0, 0, mode, len(data))
	b.Write(data)
	if len(data)%2 == 1 {
		b.WriteByte('\n')
	}
}

// longNames are the names without room in a header, each ended by a slash and a new line.
func longNames(members []libraryMember) []byte {
	var names []string
	for _, m := range members {
		if len(m.name) > arNameMax && !slices.Contains(names, m.name) {
			names = append(names, m.name)
		}
	}
	var b bytes.Buffer
	for _, name := range names {
		_, _ = io.WriteString(&b, name+"/\n")
	}
	return b.Bytes()
}

// headerName is a name in a header: itself, or where it stands among the long names.
func headerName(name string, long []byte) string {
	if len(name) <= arNameMax {
		return name + "/"
	}
	return fmt.Sprintf("/%d", bytes.Index(append([]byte("\n"), long...), []byte("\n"+name+"/\n")))
}

// symbolIndex says in which member each symbol is: how many, the offsets of the members' headers, the names.
func symbolIndex(members []libraryMember, offsets []int) []byte {
	var at, names []byte
	count := uint32(0)
	for i, m := range members {
		for _, s := range m.symbols {
			at = binary.BigEndian.AppendUint32(at, uint32(offsets[i]))
			names = append(append(names, s...), 0)
			count++
		}
	}
	return slices.Concat(binary.BigEndian.AppendUint32(nil, count), at, names)
}

// indexSize is how long symbolIndex is.
func indexSize(members []libraryMember) int {
	size := 4
	for _, m := range members {
		for _, s := range m.symbols {
			size += 4 + len(s) + 1
		}
	}
	return size
}
