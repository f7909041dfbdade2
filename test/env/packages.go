package env

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/therootcompany/xz"
)

// readIndex is the text of a Packages or Sources file.
func readIndex(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader
	switch path.Ext(file) {
	case ".xz":
		r, err = xz.NewReader(f, xz.DefaultDictMax)
	case ".gz":
		r, err = gzip.NewReader(f)
	default:
		err = fmt.Errorf("want .xz or .gz")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return text, nil
}

// paragraph is what an index says of one package.
type paragraph []byte

// paragraphs are those of an index.
func paragraphs(text []byte) iter.Seq[paragraph] {
	return func(yield func(paragraph) bool) {
		for len(text) > 0 {
			var p []byte
			p, text, _ = bytes.Cut(text, []byte("\n\n"))
			if p = bytes.TrimSpace(p); len(p) > 0 && !yield(p) {
				return
			}
		}
	}
}

// get is a field's value, all lines of it.
func (p paragraph) get(name string) string {
	rest, found := bytes.CutPrefix(p, []byte(name+":"))
	if !found {
		if _, rest, found = bytes.Cut(p, []byte("\n"+name+":")); !found {
			return ""
		}
	}
	end := 0
	for end < len(rest) && (rest[end] != '\n' || end+1 < len(rest) && (rest[end+1] == ' ' || rest[end+1] == '\t')) {
		end++
	}
	return strings.TrimSpace(string(rest[:end]))
}

// listed are the files that an index lists, by path in the archive.
func listed(text []byte) map[string][32]byte {
	all := map[string][32]byte{}
	add := func(file, sum string) {
		var raw [32]byte
		if n, err := hex.Decode(raw[:], []byte(sum)); err == nil && n == len(raw) {
			all[file] = raw
		}
	}
	for p := range paragraphs(text) {
		if file := p.get("Filename"); file != "" {
			add(file, p.get("SHA256"))
			continue
		}
		for line := range strings.Lines(p.get("Checksums-Sha256")) {
			if f := strings.Fields(line); len(f) == 3 {
				add(path.Join(p.get("Directory"), f[2]), f[0])
			}
		}
	}
	return all
}

// packageName finds the names in a Depends field: versions, architectures and the choice between alternatives are
// left out.
var packageName = regexp.MustCompile(`(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)`)

// closure are the paragraphs of the named packages and of all that they depend on, of every version, every
// alternative.
func closure(text []byte, names []string) []paragraph {
	byName := map[string][]paragraph{}
	for p := range paragraphs(text) {
		name := p.get("Package")
		byName[name] = append(byName[name], p)
	}
	var all []paragraph
	for queue := names; len(queue) > 0; queue = queue[1:] {
		found := byName[queue[0]]
		delete(byName, queue[0])
		for _, p := range found {
			all = append(all, p)
			for _, m := range packageName.FindAllStringSubmatch(p.get("Pre-Depends")+","+p.get("Depends"), -1) {
				queue = append(queue, m[1])
			}
		}
	}
	return all
}
