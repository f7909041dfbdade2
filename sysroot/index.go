package sysroot

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	debversion "github.com/knqyf263/go-deb-version"
	"github.com/therootcompany/xz"
)

// Index is one Packages file: what one component of one archive has for one architecture.
type Index struct {
	Archive string // id given to ReadIndex: "main", "security"

	entries   []entry
	byName    map[string][]int // positions in entries, in the order of the file
	providers map[string][]int // virtual name → positions of the packages that provide it
}

// entry is what is kept of a package's paragraph.
type entry struct {
	Package
	section   string
	depends   string // Pre-Depends and Depends, as written
	provides  string // as written
	essential bool
}

// Len is the number of packages in the index.
func (x *Index) Len() int { return len(x.entries) }

// Open undoes the compression that a file's name tells: .xz, .gz, .zst, or none of them. The returned reader needs no
// closing of its own.
func Open(name string, r io.Reader) (io.Reader, error) {
	var err error
	switch path.Ext(name) {
	case ".xz":
		r, err = xz.NewReader(r, xz.DefaultDictMax)
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		// One goroutine and nothing left running behind when the reader is dropped.
		r, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Base(name), err)
	}
	return r, nil
}

// ReadIndex reads an uncompressed Packages file (see Open). archive is the id that ends up in Package.Archive.
func ReadIndex(r io.Reader, archive string) (*Index, error) {
	x := &Index{Archive: archive, byName: map[string][]int{}, providers: map[string][]int{}}
	lines := bufio.NewReaderSize(r, 1<<20)
	e := entry{}
	field := ""
	for n := 1; ; n++ {
		line, readErr := lines.ReadSlice('\n')
		if readErr != nil && readErr != io.EOF {
			return nil, fmt.Errorf("index %s: line %d: %w", archive, n, readErr)
		}
		line = bytes.TrimRight(line, "\r\n")
		var err error
		switch {
		case len(line) == 0:
			err = x.add(&e)
		case line[0] == ' ' || line[0] == '\t':
			e.more(field, line)
		default:
			field, err = e.set(line)
		}
		if err == nil && readErr == io.EOF {
			err = x.add(&e)
		}
		if err != nil {
			return nil, fmt.Errorf("index %s: line %d: %w", archive, n, err)
		}
		if readErr == io.EOF {
			return x, nil
		}
	}
}

// set takes one "Name: value" line. Most fields are not needed, so the name is looked at before anything is copied.
func (e *entry) set(line []byte) (field string, err error) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return "", fmt.Errorf("%q is no field of a Packages file", line[:min(len(line), 60)])
	}
	value = bytes.TrimSpace(value)
	switch string(name) {
	case "Package":
		e.Name = string(value)
	case "Version":
		e.Version = string(value)
	case "Architecture":
		e.Architecture = string(value)
	case "Filename":
		e.Filename = string(value)
	case "SHA256":
		e.SHA256 = string(value)
	case "Section":
		e.section = string(value)
	case "Size":
		e.Size, err = strconv.ParseInt(string(value), 10, 64)
	case "Essential":
		e.essential = string(value) == "yes"
	case "Depends", "Pre-Depends":
		e.depends = joinComma(e.depends, string(value))
		return "Depends", nil
	case "Provides":
		e.provides = string(value)
		return "Provides", nil
	}
	return "", err
}

// more takes a continuation line of a field that may be folded.
func (e *entry) more(field string, line []byte) {
	switch field {
	case "Depends":
		e.depends += " " + string(bytes.TrimSpace(line))
	case "Provides":
		e.provides += " " + string(bytes.TrimSpace(line))
	}
}

func joinComma(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// add ends a paragraph. Nothing that is fetched later may be missing or lead out of the archive.
func (x *Index) add(e *entry) error {
	defer func() { *e = entry{} }()
	if *e == (entry{}) {
		return nil
	}
	if err := e.check(); err != nil {
		return err
	}
	e.Archive = x.Archive
	at := len(x.entries)
	x.entries = append(x.entries, *e)
	x.byName[e.Name] = append(x.byName[e.Name], at)
	if e.provides == "" {
		return nil
	}
	provided, err := parseRelations(e.provides)
	if err != nil {
		return fmt.Errorf("package %s: Provides: %w", e.Name, err)
	}
	for _, group := range provided {
		x.providers[group[0].name] = append(x.providers[group[0].name], at)
	}
	return nil
}

func (e *entry) check() error {
	sum, err := hex.DecodeString(e.SHA256)
	switch {
	case e.Name == "":
		return errors.New("paragraph without Package")
	case err != nil || len(sum) != 32:
		return fmt.Errorf("package %s: SHA256 %q is no sha256 digest", e.Name, e.SHA256)
	case !safePath(e.Filename):
		return fmt.Errorf("package %s: Filename %q is no path below the archive", e.Name, e.Filename)
	case !debversion.Valid(e.Version):
		return fmt.Errorf("package %s: Version %q is no Debian version", e.Name, e.Version)
	}
	return nil
}

// safePath reports whether p is a clean relative slash path that stays where it is joined to.
func safePath(p string) bool {
	return p != "" && p == path.Clean(p) && !path.IsAbs(p) && !slices.Contains(strings.Split(p, "/"), "..")
}
