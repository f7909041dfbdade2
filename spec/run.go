package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Run is how an output is started before it leaves the build, and what is expected of it.
type Run struct {
	Pos       Pos
	Args      []Value[string] // with ${NAME} not yet replaced
	Exit      Value[int]      // the exit code, 0 by default
	Stdout    Output
	Stderr    Output
	Timeout   Value[int64] // milliseconds; 0 when nothing is said
	MaxMemory Value[int64] // bytes; 0 when nothing is said
}

// Output is what a program has to print. One of the three at most has a place; the first two have ${NAME} not yet replaced.
type Output struct {
	Is       Value[string] // the whole text, but for a line feed at the end of either
	Contains Value[string]
	Matches  Value[string] // a regular expression (go doc regexp/syntax) that matches somewhere
}

var runKeys = []key[Run]{
	{"args", keyDoc{
		typ: "string or list of strings", def: "none", allowed: "a single string has no spaces; `${NAME}` is a build argument", example: `args: [--version]`,
		does:   "The arguments that each program of the entry is started with.",
		schema: stringOrList(schema{Type: "string"}),
	}, func(r reading, to *Run, path string, n *node) {
		rule := listRule{orString: true, check: anyText}
		if n.kind == kindString {
			rule.check = program
		}
		to.Args = r.texts(path, n, rule)
	}},
	{"expect", keyDoc{
		typ: "string or mapping", def: "exit code 0", allowed: "a string is what stdout contains; a mapping has the keys of [what is expected](#what-is-expected)", example: `expect: {exit: 2, stderr: {matches: "^usage: "}}`,
		does:   "What the program has to do. With a string alone its exit code is 0 too.",
		schema: schema{AnyOf: []*schema{{Type: "string"}, {Ref: "#/definitions/expect"}}},
	}, readExpect},
	{"timeout", keyDoc{
		typ: "string", def: "`10s`", allowed: "a whole number with `ms`, `s`, `m` or `h`", example: `timeout: 30s`,
		does:   "How long the program may take. Under emulation it is ten times as long.",
		schema: schema{Type: "string", Pattern: durationPattern},
	}, amount(func(v *Run) *Value[int64] { return &v.Timeout }, duration)},
	{"max-memory", keyDoc{
		typ: "string", def: "as much as the builder has", allowed: "a whole number with `KiB`, `MiB`, `GiB`, `KB`, `MB` or `GB`", example: `max-memory: 64MiB`,
		does:   "How much memory the program may have in use at once (its resident set). Under emulation it is not measured.",
		schema: schema{Type: "string", Pattern: memoryPattern},
	}, amount(func(v *Run) *Value[int64] { return &v.MaxMemory }, memory)},
}

var expectKeys = []key[Run]{
	{"exit", keyDoc{
		typ: "number", def: "0", allowed: "a whole number, 0 to 255", example: `exit: 2`,
		does:   "The exit code.",
		schema: schema{Type: "integer"},
	}, readExit},
	{"stdout", outputDoc("stdout", `stdout: "server ${VERSION}"`), readOutput(func(v *Run) *Output { return &v.Stdout })},
	{"stderr", outputDoc("stderr", `stderr: {matches: "^listening on :[0-9]+"}`), readOutput(func(v *Run) *Output { return &v.Stderr })},
}

func outputDoc(name, example string) keyDoc {
	return keyDoc{
		typ: "string or mapping", def: "any text", allowed: "a string is what it contains; a mapping has one of the keys of [a text](#a-text)", example: example,
		does:   "What the program prints to " + name + ".",
		schema: schema{AnyOf: []*schema{{Type: "string"}, {Ref: "#/definitions/output"}}},
	}
}

var outputKeys = []key[Output]{
	{"is", keyDoc{
		typ: "string", def: "none", allowed: "`${NAME}` is a build argument", example: `is: "server 1.2"`,
		does:   "The whole text. One line feed at its end counts for nothing.",
		schema: schema{Type: "string"},
	}, one(func(o *Output) *Value[string] { return &o.Is }, onlyStrings, anyText)},
	{"contains", keyDoc{
		typ: "string", def: "none", allowed: "not empty; `${NAME}` is a build argument", example: `contains: "server 1"`,
		does:   "A part of the text.",
		schema: schema{Type: "string"},
	}, one(func(o *Output) *Value[string] { return &o.Contains }, onlyStrings, someText)},
	{"matches", keyDoc{
		typ: "string", def: "none", allowed: "a regular expression as Go has them; `$` is its own", example: `matches: "^server [0-9.]+$"`,
		does:   "A regular expression that matches somewhere in the text. `(?m)` in front lets `^` and `$` stand for lines.",
		schema: schema{Type: "string"},
	}, one(func(o *Output) *Value[string] { return &o.Matches }, onlyStrings, expression)},
}

func readRun(r reading, to *Verify, path string, n *node) {
	if n.kind != kindMapping {
		r.wrongType(path, n, "a mapping, for example {args: [--version]}; {} starts the program without arguments")
		return
	}
	to.Run = &Run{Pos: n.pos}
	mapping(r, to.Run, path, n, runKeys)
}

func readReproducible(r reading, to *Verify, path string, n *node) {
	if v, ok := r.truth(path, n); ok {
		to.Reproducible = v
	}
}

func readExpect(r reading, to *Run, path string, n *node) {
	if n.kind != kindString {
		mapping(r, to, path, n, expectKeys)
		return
	}
	if v, ok := r.text(path, n, onlyStrings, someText); ok {
		to.Stdout.Contains = v
	}
}

func readExit(r reading, to *Run, path string, n *node) {
	if n.kind != kindNumber {
		r.wrongType(path, n, "a whole number, 0 to 255")
		return
	}
	v, err := strconv.Atoi(n.text)
	if err != nil || v < 0 || v > 255 {
		r.fail(n.pos, path, "found %s, wanted a whole number, 0 to 255", n.text)
		return
	}
	to.Exit = Value[int]{v, n.pos}
}

func readOutput(at func(*Run) *Output) reader[Run] {
	return func(r reading, to *Run, path string, n *node) {
		o := at(to)
		if n.kind == kindString {
			if v, ok := r.text(path, n, onlyStrings, someText); ok {
				o.Contains = v
			}
			return
		}
		mapping(r, o, path, n, outputKeys)
		if n.kind == kindMapping && len(n.fields) != 1 {
			r.fail(n.pos, path, "found %d keys, wanted one of %s", len(n.fields), strings.Join(names(outputKeys), ", "))
		}
	}
}

// amount makes the reader of a number with a unit.
func amount[T any](at func(*T) *Value[int64], parse func(string) (int64, error)) reader[T] {
	return func(r reading, to *T, path string, n *node) {
		text, ok := r.text(path, n, orNumbers, func(s string) (string, error) {
			_, err := parse(s)
			return s, err
		})
		if v, err := parse(text.V); ok && err == nil {
			*at(to) = Value[int64]{v, text.Pos}
		}
	}
}

const (
	durationPattern = `^[1-9][0-9]{0,6}(ms|s|m|h)$`
	memoryPattern   = `^[1-9][0-9]{0,6}(KiB|MiB|GiB|KB|MB|GB)$`
)

var (
	milliseconds = map[string]int64{"ms": 1, "s": 1000, "m": 60 * 1000, "h": 60 * 60 * 1000}
	bytesOf      = map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 1e3, "MB": 1e6, "GB": 1e9}
)

// duration is a time in milliseconds.
func duration(s string) (int64, error) {
	return withUnit(s, durationPattern, milliseconds, `a whole number with ms, s, m or h, such as "30s"`)
}

// memory is a size in bytes.
func memory(s string) (int64, error) {
	return withUnit(s, memoryPattern, bytesOf, `a whole number with KiB, MiB, GiB, KB, MB or GB, such as "64MiB"`)
}

func withUnit(s, pattern string, units map[string]int64, says string) (int64, error) {
	if _, err := matching(pattern, says)(s); err != nil {
		return 0, err
	}
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	v, err := strconv.ParseInt(digits, 10, 64)
	return v * units[s[len(digits):]], err
}

// expression is the check of a regular expression.
func expression(s string) (string, error) {
	if s == "" {
		return "", errors.New("found an empty string")
	}
	if _, err := regexp.Compile(s); err != nil {
		return "", fmt.Errorf("found %s, which is no regular expression: %w", quote(s), err)
	}
	return s, nil
}

// Refs are the names that the run uses as ${NAME}, each at the place that uses it first; none without a run.
func (v *Run) Refs() []Value[string] {
	if v == nil {
		return nil
	}
	return refs(append(slices.Clone(v.Args), v.Stdout.Is, v.Stdout.Contains, v.Stderr.Is, v.Stderr.Contains), strict)
}

// runRefs checks that what stands for build arguments in a run is declared.
func (r reading) runRefs(path string, v Verify, declared []string) {
	if v.Run == nil {
		return
	}
	check := func(path string, w Value[string]) {
		if err := refsDeclared(w.V, declared); err != nil {
			r.fail(w.Pos, path, "%s", err)
		}
	}
	for i, w := range v.Run.Args {
		check(fmt.Sprintf("%s.run.args[%d]", path, i), w)
	}
	for _, o := range []struct {
		name string
		text Output
	}{{"stdout", v.Run.Stdout}, {"stderr", v.Run.Stderr}} {
		check(path+".run.expect."+o.name, o.text.Is)
		check(path+".run.expect."+o.name, o.text.Contains)
	}
}
