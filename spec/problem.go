package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string // name of the file as given to Parse
	Pos  Pos    // first character of what is wrong; the zero Pos when the file as a whole is meant
	End  Pos    // place just behind its last character
	Path string // where in the structure: "binaries[0].libc"; empty when the text is not even YAML
	Text string // what was found and what is allowed, one line
}

// Error is the problem in one line: "crossgo.yaml:4:11: binaries[0].libc: found …".
func (p Problem) Error() string {
	var s strings.Builder
	s.WriteString(p.File)
	if p.Pos.Known() {
		s.WriteString(":" + p.Pos.String())
	}
	if p.Path != "" {
		s.WriteString(": " + p.Path)
	}
	s.WriteString(": " + p.Text)
	return s.String()
}

// Error is what Parse returns for a file it does not accept: every problem of it, in the order of the file.
type Error struct {
	Problems []Problem
}

// Error has one line per problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives each problem as an error of its own, so that errors.As finds a Problem.
func (e *Error) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p
	}
	return errs
}

// problems collects what is wrong with one file.
type problems struct {
	file string
	ends map[Pos]Pos // where the value that begins at the key ends
	list []Problem
}

func (p *problems) fail(pos Pos, path, format string, args ...any) {
	end, ok := p.ends[pos]
	if !ok && pos.Known() {
		end = Pos{pos.Line, pos.Column + 1}
	}
	p.list = append(p.list, Problem{File: p.file, Pos: pos, End: end, Path: path, Text: fmt.Sprintf(format, args...)})
}

// err is nil or an *Error with everything collected, sorted by place; problems at one place stay in the order they were found.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	return &Error{Problems: p.list}
}

// shown is how much of the user's text a message repeats, in characters.
const shown = 60

// quote puts the user's text into a message: in quotes, on one line, not longer than shown.
func quote(s string) string {
	if utf8.RuneCountInString(s) > shown {
		s = string([]rune(s)[:shown]) + "…"
	}
	return strconv.Quote(s)
}

// notAllowed is the one way to say that a word is not among those that are: found, allowed, nearest.
func notAllowed(found string, allowed []string) string {
	return fmt.Sprintf("found %s, allowed are %s%s", quote(found), strings.Join(allowed, ", "), didYouMean(found, allowed))
}

// didYouMean is ` (did you mean "x"?)` with the nearest allowed word, or nothing when none is near.
func didYouMean(found string, allowed []string) string {
	if near := nearest(found, allowed); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// Nearest is the word that a reader may have meant, or "" when none is near.
func Nearest(found string, words []string) string { return nearest(found, words) }

// nearest is the first of the words with the smallest edit distance to found, or "" when that takes more than a
// third of the word, but two edits at least.
func nearest(found string, words []string) string {
	if len(found) > shown {
		return ""
	}
	found = strings.ToLower(found)
	best, word := max(2, len(found)/3)+1, ""
	for _, w := range words {
		d := levenshtein.Distance(found, strings.ToLower(w), nil)
		if d < best && d < len(w) {
			best, word = d, w
		}
	}
	return word
}
