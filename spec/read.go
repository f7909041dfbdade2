package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// reading is one Parse under way.
type reading struct{ *problems }

// reader reads the value of a key into a T. It notes every problem it finds and goes on.
type reader[T any] func(r reading, to *T, path string, n *node)

// key is one row of the format: what the parser does with a key, and what the reference page and the schema say of it.
type key[T any] struct {
	name string
	doc  keyDoc
	read reader[T]
}

// mapping reads the fields of n with the rows of the table, refusing unknown and repeated keys.
func mapping[T any](r reading, to *T, path string, n *node, keys []key[T]) {
	if n.kind != kindMapping {
		r.wrongType(path, n, "a mapping with the keys "+strings.Join(names(keys), ", "))
		return
	}
	r.eachField(path, n, func(name, path string, key, value *node) {
		for _, k := range keys {
			if k.name == name {
				k.read(r, to, path, value)
				return
			}
		}
		r.fail(key.pos, path, "%s", unknownKey(name, path, names(keys)))
	})
}

func names[T any](keys []key[T]) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.name
	}
	return list
}

// eachField calls do for every field of a mapping, the first one where a key is repeated.
func (r reading) eachField(path string, n *node, do func(name, path string, key, value *node)) {
	first := map[string]Pos{}
	for _, f := range n.fields {
		name := f.key.text
		path := join(path, name)
		if at, ok := first[name]; ok {
			r.fail(f.key.pos, path, "duplicate key, the first one is at %s", at)
			continue
		}
		first[name] = f.key.pos
		do(name, path, f.key, f.value)
	}
}

// plainKey is what a path shows without quotes.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)

func join(path, name string) string {
	switch {
	case !plainKey.MatchString(name):
		return path + "[" + quote(name) + "]"
	case path == "":
		return name
	}
	return path + "." + name
}

func (r reading) wrongType(path string, n *node, wanted string) {
	switch {
	case wanted == "a string" && (n.kind == kindNumber || n.kind == kindBool):
		r.fail(n.pos, path, "found %s, wanted a string: write %s", n.kind, quote(n.text))
		return
	case n.scalar() && n.kind != kindNull:
		r.fail(n.pos, path, "found %s (%s), wanted %s", n.kind, quote(n.text), wanted)
		return
	}
	r.fail(n.pos, path, "found %s, wanted %s", n.kind, wanted)
}

// taker says which kinds of value a text may be written as.
type taker []kind

var (
	onlyStrings = taker{kindString}
	orNumbers   = taker{kindString, kindNumber}                     // the text counts: a Go version, a user id
	anyScalar   = taker{kindString, kindNumber, kindBool, kindNull} // the text counts, nothing is the empty text
)

// wanted is the taker's kinds in words.
func (t taker) wanted() string {
	return map[int]string{len(onlyStrings): "a string", len(orNumbers): "a string or a number", len(anyScalar): "a simple value"}[len(t)]
}

// check looks at one text and gives its normal form, or says what is wrong and what is allowed.
type check func(text string) (string, error)

// text reads one scalar with a check.
func (r reading) text(path string, n *node, take taker, check check) (Value[string], bool) {
	for _, k := range take {
		if n.kind != k {
			continue
		}
		v, err := check(n.text)
		if err != nil {
			r.fail(n.pos, path, "%s", err)
			return Value[string]{}, false
		}
		return Value[string]{v, n.pos}, true
	}
	r.wrongType(path, n, take.wanted())
	return Value[string]{}, false
}

// listRule says what a list of texts may look like.
type listRule struct {
	orString bool // one text may stand for a list of it
	notEmpty bool
	unique   bool
	check    check
}

func (r reading) texts(path string, n *node, rule listRule) []Value[string] {
	switch {
	case n.kind == kindString && rule.orString:
		if v, ok := r.text(path, n, onlyStrings, rule.check); ok {
			return []Value[string]{v}
		}
		return nil
	case n.kind != kindList:
		wanted := "a list of strings"
		if rule.orString {
			wanted = "a string or a list of strings"
		}
		r.wrongType(path, n, wanted)
		return nil
	case len(n.items) == 0 && rule.notEmpty:
		r.fail(n.pos, path, "found an empty list, wanted at least one entry, or no such key")
	}
	return r.items(path, n, rule)
}

func (r reading) items(path string, n *node, rule listRule) []Value[string] {
	var list []Value[string]
	first := map[string]Pos{}
	for i, item := range n.items {
		path := fmt.Sprintf("%s[%d]", path, i)
		v, ok := r.text(path, item, onlyStrings, rule.check)
		if !ok {
			continue
		}
		if at, again := first[v.V]; again && rule.unique {
			r.fail(v.Pos, path, "%s is in the list already, at %s", quote(v.V), at)
			continue
		}
		first[v.V] = v.Pos
		list = append(list, v)
	}
	return list
}

// one makes the reader of a text.
func one[T any](at func(*T) *Value[string], take taker, check check) reader[T] {
	return func(r reading, to *T, path string, n *node) {
		v, ok := r.text(path, n, take, check)
		if !ok {
			v = Value[string]{Pos: n.pos} // the place alone tells the rules that there was something
		}
		*at(to) = v
	}
}

// many makes the reader of a list of texts.
func many[T any](at func(*T) *[]Value[string], rule listRule) reader[T] {
	return func(r reading, to *T, path string, n *node) {
		*at(to) = r.texts(path, n, rule)
	}
}

// pair is a name and its value in a mapping whose keys are the user's.
type pair struct{ Name, Value Value[string] }

// pairs reads a mapping of names to simple values; nothing at all is an empty mapping.
func (r reading) pairs(path string, n *node, name check) []pair {
	if n.kind == kindNull {
		return nil
	}
	if n.kind != kindMapping {
		r.wrongType(path, n, "a mapping of names to values")
		return nil
	}
	var list []pair
	r.eachField(path, n, func(text, path string, key, value *node) {
		text, err := name(text)
		if err != nil {
			r.fail(key.pos, path, "%s", err)
			return
		}
		if v, ok := r.text(path, value, anyScalar, anyText); ok {
			list = append(list, pair{Value[string]{text, key.pos}, v})
		}
	})
	return list
}
