// Package advice turns what the go command, clang and lld print into what a user can do: which file and line a text is about, what
// is wrong there, and the command or the key of the spec that helps. The texts are rows of tables, by the words of Go 1.26 and
// LLVM 19; a text without a row is shown as it is.
package advice

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgo/crossgo/plan"
)

// Tree is the user's code, for the places in it.
type Tree struct {
	FS   fs.FS  // the build context
	Mods fs.FS  // the module cache
	Root string // where it is in the container: "/src"
	Dir  string // of the module, below the context
}

// row is one text of the go command.
type row struct {
	text *regexp.Regexp
	file string // the module file that it is about, and words of the line there: "go.mod require $1"; empty: what the go command says
	say  string // what is wrong and what to do; $1 is the first group
	all  func(t Tree, m []string) []plan.Problem
}

// Failure is what the text of a go command that failed as a whole is about. A text without a row is one problem without a place.
func (t Tree) Failure(text string) []plan.Problem {
	text = t.clean(text)
	for _, r := range failures {
		if m := r.text.FindStringSubmatchIndex(text); m != nil {
			return t.problems(r, text, m)
		}
	}
	return []plan.Problem{{Text: text}}
}

// Package is what an error about one package is about: at the go command's own place if it has one, else at where, which is a
// place in the spec.
func (t Tree) Package(pos, text, where string) plan.Problem {
	text, pos = t.clean(text), strings.TrimPrefix(t.clean(pos), "./")
	if pos != "" && !strings.HasPrefix(pos, "/") && t.Dir != "." && !t.exists(pos) {
		pos = path.Join(t.Dir, pos)
	}
	for _, r := range packages {
		m := r.text.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		p := t.problems(r, text, m)[0]
		p.Where = cmp.Or(p.Where, pos, where)
		return p
	}
	return plan.Problem{Where: cmp.Or(pos, where), Text: text}
}

// exists reports whether the file of "a.go:3:8" is in the context.
func (t Tree) exists(pos string) bool {
	name, _, _ := strings.Cut(pos, ":")
	_, err := fs.Stat(t.FS, path.Clean(name))
	return err == nil
}

func (t Tree) problems(r row, text string, m []int) []plan.Problem {
	expand := func(s string) string { return string(r.text.ExpandString(nil, s, text, m)) }
	if r.all != nil {
		var groups []string
		for i := 0; i < len(m); i += 2 {
			groups = append(groups, text[max(m[i], 0):max(m[i+1], 0)])
		}
		return r.all(t, groups)
	}
	p := plan.Problem{Text: strings.TrimSpace(expand(r.say))}
	if words := strings.Fields(expand(r.file)); len(words) > 0 {
		p.Where = t.line(words[0], words[1:]...)
	}
	return []plan.Problem{p}
}

// clean takes the container's paths out of a text.
func (t Tree) clean(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), t.Root+"/", "")
	text = strings.ReplaceAll(text, plan.PathModules+"/", "")
	return strings.TrimPrefix(text, "go: ")
}

// line is the first line of a module file that has all the words: "go.mod:5"; the file alone when none has. A go.work may lie above
// the module.
func (t Tree) line(file string, words ...string) string {
	name, data := t.find(file)
	for i, line := range strings.Split(string(data), "\n") {
		code, _, _ := strings.Cut(line, "//")
		fields := strings.FieldsFunc(code, func(r rune) bool { return strings.ContainsRune(" \t\r\"()", r) })
		if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(fields, w) }) {
			return fmt.Sprintf("%s:%d", name, i+1)
		}
	}
	return name
}

// find reads a file beside go.mod, or in the nearest folder above it that has one.
func (t Tree) find(file string) (string, []byte) {
	for dir := cmp.Or(t.Dir, "."); ; dir = path.Dir(dir) {
		name := path.Join(dir, file)
		if data, err := fs.ReadFile(t.FS, name); err == nil {
			return name, data
		}
		if dir == "." || dir == "/" {
			return path.Join(t.Dir, file), nil
		}
	}
}

// Sorted is problems in the order of files and their lines, each once; of several about one line of a module file the first.
func Sorted(list []plan.Problem) []plan.Problem {
	slices.SortStableFunc(list, func(a, b plan.Problem) int { return Compare(a.Where, b.Where) })
	return slices.CompactFunc(list, func(a, b plan.Problem) bool {
		return a == b || a.Where == b.Where && moduleFile.MatchString(a.Where)
	})
}

var moduleFile = regexp.MustCompile(`(^|/)(go\.(mod|sum|work)|modules\.txt):\d+$`)

// Compare orders "a.go:3:8" by file, line and column.
func Compare(a, b string) int {
	x, y := strings.Split(a, ":"), strings.Split(b, ":")
	for i := range min(len(x), len(y)) {
		n, err := strconv.Atoi(x[i])
		o, other := strconv.Atoi(y[i])
		c := cmp.Compare(n, o)
		if err != nil || other != nil {
			c = cmp.Compare(x[i], y[i])
		}
		if c != 0 {
			return c
		}
	}
	return len(x) - len(y)
}

// Text is problems as the text of one error.
func Text(list []plan.Problem) string {
	lines := make([]string, len(list))
	for i, p := range list {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
