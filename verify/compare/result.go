package compare

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Status says what became of a file.
type Status string

// The states of a file.
const (
	Equal   Status = "equal"
	Changed Status = "changed"
	Added   Status = "added"
	Removed Status = "removed"
)

// File is what became of one file.
type File struct {
	Name    string   `json:"name,omitempty"` // in its directory, archive or image; empty where two files were compared
	Status  Status   `json:"status"`
	Old     *Side    `json:"old,omitempty"`
	New     *Side    `json:"new,omitempty"`
	Changes []Change `json:"changes,omitempty"`
}

// Side is one of the two files.
type Side struct {
	Name     string `json:"name"`               // as reports name it
	Platform string `json:"platform,omitempty"` // empty when nothing says it
	Size     int64  `json:"size"`               // bytes
	SHA256   string `json:"sha256,omitempty"`
}

// Result is a whole comparison.
type Result struct {
	Old   string `json:"old"` // what was compared, as the command line names it
	New   string `json:"new"`
	Files []File `json:"files"` // in the order of their names
}

// Equal reports whether no file has changed, come or gone.
func (r Result) Equal() bool {
	for _, f := range r.Files {
		if f.Status != Equal {
			return false
		}
	}
	return true
}

// JSON writes the result as indented JSON, with "equal" before all else.
func (r Result) JSON(w io.Writer) error {
	out := struct {
		Equal bool `json:"equal"`
		Result
	}{r.Equal(), r}
	if out.Files == nil {
		out.Files = []File{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// maxSizes is how many sections and how many packages the text names.
const maxSizes = 12

// Text writes a paragraph for each file that is not equal, nothing for equal ones. A line begins with + for what is new, with - for
// what is gone, with ~ for what changed.
func (r Result) Text(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Files {
		if f.Status == Equal {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		f.text(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Side) words() string {
	if s.Platform == "" {
		return s.Name
	}
	return s.Name + " (" + s.Platform + ")"
}

func (f File) text(b *strings.Builder) {
	if f.Old != nil {
		fmt.Fprintf(b, "--- %s\n", oneLine(f.Old.words()))
	}
	if f.New != nil {
		fmt.Fprintf(b, "+++ %s\n", oneLine(f.New.words()))
	}
	told, left := map[string]int{}, map[string]int64{}
	for i, c := range f.Changes {
		if told[c.What]++; told[c.What] <= maxSizes || c.What != Section && c.What != Package {
			fmt.Fprintf(b, "%s\n", oneLine(c.line()))
			continue
		}
		left[c.What] += c.Bytes
		if i+1 == len(f.Changes) || f.Changes[i+1].What != c.What {
			fmt.Fprintf(b, "  %-12s %d more, together %s\n", c.What, told[c.What]-maxSizes, signed(left[c.What]))
		}
	}
}

// line is one change as text.
func (c Change) line() string {
	mark := "~"
	switch {
	case c.Old == "":
		mark = "+"
	case c.New == "":
		mark = "-"
	}
	text := fmt.Sprintf("%s %-12s ", mark, c.What)
	if c.Name != "" {
		text += c.Name + " "
	}
	switch {
	case c.What == Needed || c.What == Export:
	case c.Bytes != 0 && mark == "~":
		text += fmt.Sprintf("%s -> %s (%s)", c.Old, c.New, signed(c.Bytes))
	case c.Bytes != 0:
		text += signed(c.Bytes)
	case mark == "~":
		text += c.Old + " -> " + c.New
	default:
		text += cmp.Or(c.New, c.Old)
	}
	if c.Text != "" {
		text += ": " + c.Text
	}
	return strings.TrimRight(text, " ")
}

// signed is a number of bytes with its sign.
func signed(n int64) string { return fmt.Sprintf("%+d bytes", n) }

// oneLine keeps what a hostile file calls itself from breaking lines or driving the terminal.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return '?'
		}
		return c
	}, s)
}
