package advice

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	undefined   = regexp.MustCompile(`(?m)(?:^|: )undefined: |: could not import |no required module provides package`)
	invalidFlag = regexp.MustCompile(`invalid flag in #cgo \w+: (\S+)`)
	generate    = regexp.MustCompile(`(?m)^//go:generate (.*)$`)
)

// CodeHints are the hints for a compiler's text that the user's own code gives: what would have generated what is missing, and which
// line has the flag that the go command does not let through.
func (t Tree) CodeHints(text string) []string {
	var list []string
	if m := invalidFlag.FindStringSubmatch(text); m != nil {
		if place := t.search(regexp.MustCompile(`(?m)^.*#cgo .*` + regexp.QuoteMeta(m[1]) + `.*$`)); place != nil {
			list = append(list, fmt.Sprintf("the flag is in %s", place.where))
		}
	}
	if undefined.MatchString(text) {
		if place := t.search(generate); place != nil {
			list = append(list, fmt.Sprintf("%s says //go:generate %s: if that writes what is undefined, run go generate before the build, which runs no such command, and see that no .dockerignore leaves the files out",
				place.where, strings.TrimSpace(place.groups[1])))
		}
	}
	return list
}

// found is a line of the user's code.
type found struct {
	where  string
	groups []string
}

// notSearched are folders with code that is not the user's.
var notSearched = []string{"vendor", "node_modules", "testdata", ".git"}

// search is the first line of the Go files that matches, in the order of paths.
func (t Tree) search(pattern *regexp.Regexp) *found {
	var first *found
	// What cannot be read is no place to point at.
	_ = fs.WalkDir(t.FS, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir() && slices.Contains(notSearched, d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		data, err := fs.ReadFile(t.FS, name)
		if err != nil {
			return nil
		}
		if m := pattern.FindSubmatchIndex(data); m != nil {
			first = &found{where: fmt.Sprintf("%s:%d", name, strings.Count(string(data[:m[0]]), "\n")+1)}
			for i := 0; i < len(m); i += 2 {
				first.groups = append(first.groups, string(data[m[i]:m[i+1]]))
			}
			return fs.SkipAll
		}
		return nil
	})
	return first
}
