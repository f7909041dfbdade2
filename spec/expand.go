package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// dollar is what a dollar sign that begins no ${NAME} means, by the text behind it: a text in its place, how much of
// the rest that takes up, or an error.
type dollar func(rest string) (text string, length int, err error)

// strict is for texts of our own making, in which each dollar sign is ours.
func strict(rest string) (string, int, error) {
	if strings.HasPrefix(rest, "$") {
		return "$", 1, nil
	}
	return "", 0, errors.New("found a $ alone, write ${NAME} for an argument, or $$ for the sign itself")
}

// plain is for texts that others read as well, such as a shell: only ${NAME} is ours, and $${ is how to write what is
// not.
func plain(rest string) (string, int, error) {
	if strings.HasPrefix(rest, "${") {
		return "${", len("${"), nil
	}
	return "$", 0, nil
}

// Expand replaces every ${NAME} of s by its value and every $$ by one dollar sign. A name that vars does not have and a
// dollar sign that begins neither are errors.
func Expand(s string, vars map[string]string) (string, error) { return expand(s, strict, vars) }

// ExpandText replaces every ${NAME} of s by its value and every $${ by ${. Other dollar signs stay. A name that vars
// does not have is an error.
func ExpandText(s string, vars map[string]string) (string, error) { return expand(s, plain, vars) }

func expand(s string, lone dollar, vars map[string]string) (string, error) {
	var out strings.Builder
	err := eachRef(s, lone, func(text string) { out.WriteString(text) }, func(name string) error {
		v, ok := vars[name]
		if !ok {
			return fmt.Errorf("found ${%s}, which has no value", name)
		}
		out.WriteString(v)
		return nil
	})
	return out.String(), err
}

// eachRef walks over s and gives its plain pieces to text, the names of its ${NAME} to ref.
func eachRef(s string, lone dollar, text func(string), ref func(name string) error) error {
	for {
		before, rest, found := strings.Cut(s, "$")
		text(before)
		if !found {
			return nil
		}
		name, after, closed := strings.Cut(strings.TrimPrefix(rest, "{"), "}")
		switch {
		case !strings.HasPrefix(rest, "{"):
			t, length, err := lone(rest)
			if err != nil {
				return err
			}
			text(t)
			s = rest[length:]
			continue
		case !closed:
			return fmt.Errorf("found no } after %s", quote("$"+rest))
		}
		if _, err := argForm(name); err != nil {
			return fmt.Errorf("in %s: %w", quote("${"+name+"}"), err)
		}
		if err := ref(name); err != nil {
			return err
		}
		s = after
	}
}

// refs are the names that texts use as ${NAME}, each at the place of the text that uses it first.
func refs(texts []Value[string], lone dollar) []Value[string] {
	var list []Value[string]
	for _, element := range texts {
		// Parse has refused what is no reference: there is no error left.
		_ = eachRef(element.V, lone, func(string) {}, func(name string) error {
			if !slices.ContainsFunc(list, func(r Value[string]) bool { return r.V == name }) {
				list = append(list, Value[string]{name, element.Pos})
			}
			return nil
		})
	}
	return list
}

// refsDeclared checks a text's names.
func refsDeclared(s string, declared []string) error { return declaredIn(s, strict, declared) }

func declaredIn(s string, lone dollar, declared []string) error {
	return eachRef(s, lone, func(string) {}, func(name string) error {
		if slices.Contains(declared, name) {
			return nil
		}
		return fmt.Errorf("found ${%s}, which is not declared under args: known are %s%s",
			name, strings.Join(declared, ", "), didYouMean(name, declared))
	})
}

// Refs are the names that the argument's default uses as ${NAME}.
func (a Arg) Refs() []Value[string] { return refs([]Value[string]{a.Default}, plain) }

// text is a value in which ${NAME} is replaced and every other dollar sign stays.
type text struct {
	path  string
	value *Value[string]
}

// texts are all of these but the defaults of arguments, in the order of the keys.
func (f *File) texts() []text {
	var all []text
	list := func(path string, values []Value[string]) {
		for i := range values {
			all = append(all, text{fmt.Sprintf("%s[%d]", path, i), &values[i]})
		}
	}
	env := func(path string, vars []EnvVar) {
		for i := range vars {
			all = append(all, text{fmt.Sprintf("%s[%q]", path, vars[i].Name.V), &vars[i].Value})
		}
	}
	if i := f.Image; i != nil {
		list("image.entrypoint", i.Entrypoint)
		list("image.cmd", i.Cmd)
		env("image.env", i.Env)
		for n := range i.Labels {
			all = append(all, text{fmt.Sprintf("image.labels[%q]", i.Labels[n].Name.V), &i.Labels[n].Value})
		}
	}
	if f.Test != nil {
		list("test.flags", f.Test.Flags)
		env("test.env", f.Test.Env)
	}
	return all
}

func (f *File) textRefs() []Value[string] {
	var values []Value[string]
	for _, t := range f.texts() {
		values = append(values, *t.value)
	}
	return refs(values, plain)
}

// textRefs checks that the file's texts name what is declared, and defaults of arguments what is declared above them.
func (r reading) textRefs(f *File, declared []string) {
	const literal = "; write $${ for the text ${ itself"
	check := func(path string, v Value[string], known []string) {
		if err := declaredIn(v.V, plain, known); err != nil {
			r.fail(v.Pos, path, "%s%s", err, literal)
		}
	}
	for _, t := range f.texts() {
		check(t.path, *t.value, declared)
	}
	above := slices.Clone(BuiltinArgs)
	for _, a := range f.Args {
		path := "args." + a.Name.V
		for _, ref := range a.Refs() {
			if slices.Contains(declared, ref.V) && !slices.Contains(above, ref.V) {
				r.fail(a.Default.Pos, path,
					"found ${%s}, which is not above it: a default names arguments that are declared before", ref.V)
				above = append(above, ref.V)
			}
		}
		check(path, a.Default, above)
		above = append(above, a.Name.V)
	}
}

// Filled is the file with the texts of image and test as vars make them. fail makes the error about a text that names
// something without a value; its path is that of the key.
func (f *File) Filled(vars map[string]string, fail func(path string, v Value[string], err error) error) (*File, error) {
	filled := *f
	if f.Image != nil {
		img := *f.Image
		img.Entrypoint, img.Cmd = slices.Clone(img.Entrypoint), slices.Clone(img.Cmd)
		img.Env, img.Labels = slices.Clone(img.Env), slices.Clone(img.Labels)
		filled.Image = &img
	}
	if f.Test != nil {
		test := *f.Test
		test.Flags, test.Env = slices.Clone(test.Flags), slices.Clone(test.Env)
		filled.Test = &test
	}
	var errs []error
	for _, t := range filled.texts() {
		filledText, err := ExpandText(t.value.V, vars)
		if err != nil {
			errs = append(errs, fail(t.path, *t.value, err))
		}
		t.value.V = filledText
	}
	return &filled, errors.Join(errs...)
}
