package sysroot

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// SourceArch is what indexes of source packages go by where others have a Debian architecture.
const SourceArch = "source"

// origArchive is the name of the one file of a source package that is taken: the upstream's own archive, in a compression
// that Open reads. Archives of additional components have .orig-NAME.tar.xz.
var origArchive = regexp.MustCompile(`\.orig\.tar\.(xz|gz)$`)

// ReadSources reads an uncompressed Sources file (see Open). Source packages without an upstream archive that Open
// reads are left out. archive is the id that ends up in Package.Archive.
func ReadSources(r io.Reader, archive string) (*Index, error) {
	x := &Index{Archive: archive, byName: map[string][]int{}, providers: map[string][]int{}}
	lines := bufio.NewReaderSize(r, 1<<20)
	s := source{}
	for n := 1; ; n++ {
		line, readErr := lines.ReadString('\n')
		if readErr != nil && readErr != io.EOF {
			return nil, fmt.Errorf("sources %s: line %d: %w", archive, n, readErr)
		}
		line = strings.TrimRight(line, "\r\n")
		err := s.line(line)
		if err == nil && (line == "" || readErr == io.EOF) {
			err = s.end(x)
		}
		if err != nil {
			return nil, fmt.Errorf("sources %s: line %d: %w", archive, n, err)
		}
		if readErr == io.EOF {
			return x, nil
		}
	}
}

// source is a paragraph of a Sources file while it is read.
type source struct {
	entry
	field     string
	directory string
}

// line takes one line of the paragraph.
func (s *source) line(line string) error {
	if line == "" {
		return nil
	}
	if line[0] == ' ' || line[0] == '\t' {
		if s.field == "Checksums-Sha256" {
			return s.file(line)
		}
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("%q is no field of a Sources file", line[:min(len(line), 60)])
	}
	s.field = name
	switch value = strings.TrimSpace(value); name {
	case "Package":
		s.Name = value
	case "Version":
		s.Version = value
	case "Directory":
		s.directory = value
	}
	return nil
}

// file takes one line of the list of files: digest, size, name.
func (s *source) file(line string) error {
	f := strings.Fields(line)
	if len(f) != 3 {
		return fmt.Errorf("Checksums-Sha256: %q has %d words, want digest, size and name", line, len(f))
	}
	if !origArchive.MatchString(f[2]) {
		return nil
	}
	size, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil || size < 0 {
		return fmt.Errorf("Checksums-Sha256: %q is no size", f[1])
	}
	s.SHA256, s.Size, s.Filename = f[0], size, f[2]
	return nil
}

// end adds the paragraph to the index.
func (s *source) end(x *Index) error {
	e := s.entry
	e.Filename = s.directory + "/" + e.Filename
	wanted := s.Filename != ""
	*s = source{}
	if !wanted {
		return nil
	}
	e.Architecture = SourceArch
	return x.add(&e)
}

// takeSources pins the source packages of a request.
func (r *resolver) takeSources() {
	if len(r.req.Sources) == 0 {
		return
	}
	if len(r.indexes[SourceArch]) == 0 {
		r.fail("set "+r.req.Name, errors.New("no index of source packages"))
		return
	}
	for _, name := range r.req.Sources {
		e := r.bestIn(SourceArch, relation{name: name})
		if e == nil {
			r.fail("set "+r.req.Name, fmt.Errorf("source package %q is not in suite %s, or has no file .orig.tar.xz or .gz", name, r.suite))
			continue
		}
		r.order = append(r.order, e)
	}
}
