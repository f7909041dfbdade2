package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// linkerFlag is a flag of `go tool link` that may be asked for, or that crossgo sets itself.
type linkerFlag struct {
	name  string
	value bool   // it takes a value, which may be the next word
	owner string // what to use instead when crossgo sets the flag itself; empty when the user may
}

// noKey is the owner of a flag that crossgo sets itself and that no key of the format reaches.
const noKey = "nothing"

// linkerFlags are from `go tool link -h` of Go 1.26; those only of use to people who work on the linker are left out.
var linkerFlags = []linkerFlag{
	{"X", true, ""}, {"s", false, ""}, {"w", false, ""}, {"B", true, ""}, {"H", true, ""}, {"R", true, ""}, {"T", true, ""},
	{"bindnow", false, ""}, {"buildid", true, ""}, {"checklinkname", true, ""}, {"compressdwarf", false, ""}, {"funcalign", true, ""},
	{"randlayout", true, ""}, {"strictdups", true, ""}, {"v", false, ""}, {"dumpdep", false, ""}, {"c", false, ""},
	{"linkmode", true, "link:"}, {"extld", true, "libc: and packages:"}, {"extldflags", true, "link:, libc: and packages:"},
	{"extar", true, "libc:"}, {"libgcc", true, "libc:"}, {"I", true, "libc:"}, {"d", false, "link:"}, {"buildmode", true, "buildmode: and link:"},
	{"linkshared", false, "link:"}, {"r", true, "link:"}, {"L", true, "packages:"}, {"o", true, "name:"}, {"E", true, "link:"},
	{"race", false, noKey}, {"msan", false, noKey}, {"asan", false, noKey}, {"installsuffix", true, noKey},
	{"pluginpath", true, noKey}, {"importcfg", true, noKey}, {"tmpdir", true, noKey},
}

// LinkerWords are the words of the entry's ldflags in order, with every ${NAME} replaced from vars. The flags are split
// before they are expanded: a value with spaces stays one word and cannot bring flags of its own. To hand the words to
// `go build -ldflags`, quote those with spaces.
func (b *Binary) LinkerWords(vars map[string]string) ([]string, error) {
	var words []string
	for _, element := range b.LDFlags {
		split, err := SplitFlags(element.V)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", element.Pos, err)
		}
		for _, w := range split {
			w, err := Expand(w, vars)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", element.Pos, err)
			}
			words = append(words, w)
		}
	}
	return words, nil
}

// Refs are the names that the entry's ldflags use as ${NAME}, each at the place of the flags that use it first.
func (b *Binary) Refs() []Value[string] { return refs(b.LDFlags) }

// refs are the names that texts use as ${NAME}, each at the place of the text that uses it first.
func refs(texts []Value[string]) []Value[string] {
	var list []Value[string]
	for _, element := range texts {
		// Parse has refused what is no reference: there is no error left.
		_ = eachRef(element.V, func(string) {}, func(name string) error {
			if !slices.ContainsFunc(list, func(r Value[string]) bool { return r.V == name }) {
				list = append(list, Value[string]{name, element.Pos})
			}
			return nil
		})
	}
	return list
}

// VCSNeeds are the VCS variables that a build of the file may ask for, in the order of VCSVariables; none when it has no use
// for a repository.
func (f *File) VCSNeeds() []string {
	used := map[string]bool{}
	for i := range f.Binaries {
		for _, ref := range slices.Concat(f.Binaries[i].Refs(), f.Binaries[i].Verify.Run.Refs()) {
			used[ref.V] = true
		}
	}
	for _, ref := range f.ReleaseRefs() {
		used[ref.V] = true
	}
	return slices.DeleteFunc(slices.Clone(VCSVariables), func(name string) bool {
		return !used[name] && !(f.VCS.V == VCSOn && slices.Contains(VCSStamp, name))
	})
}

// LinkerSettings are the flags that LinkerWords set, without dashes and with the last value of each; "true" for one without a value.
func LinkerSettings(words []string) map[string]string {
	set := map[string]string{}
	open := "" // the flag that waits for its value in the next word
	for _, w := range words {
		if open != "" {
			set[open], open = w, ""
			continue
		}
		name, value, given := strings.Cut(strings.TrimLeft(w, "-"), "=")
		i := slices.IndexFunc(linkerFlags, func(f linkerFlag) bool { return f.name == name })
		switch {
		case given:
			set[name] = value
		case i >= 0 && linkerFlags[i].value:
			open = name
		default:
			set[name] = "true"
		}
	}
	return set
}

// SplitFlags cuts a text into words as `go build -ldflags` does: at spaces, a word that begins with ' or " goes on to the
// next such sign, without escapes.
func SplitFlags(s string) ([]string, error) {
	var words []string
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return words, nil
		}
		if q := s[0]; q == '\'' || q == '"' {
			end := strings.IndexByte(s[1:], q)
			if end < 0 {
				return nil, fmt.Errorf("found no closing %c in %s", q, quote(s))
			}
			words, s = append(words, s[1:1+end]), s[end+2:]
			continue
		}
		end := strings.IndexAny(s, " \t\r\n")
		if end < 0 {
			end = len(s)
		}
		words, s = append(words, s[:end]), s[end:]
	}
}

// Expand replaces every ${NAME} of s by its value and every $$ by one dollar sign. A name that vars does not have and a
// dollar sign that begins neither are errors.
func Expand(s string, vars map[string]string) (string, error) {
	var out strings.Builder
	err := eachRef(s, func(text string) { out.WriteString(text) }, func(name string) error {
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
func eachRef(s string, text func(string), ref func(name string) error) error {
	for {
		before, rest, found := strings.Cut(s, "$")
		text(before)
		if !found {
			return nil
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			text("$")
			s = rest[1:]
		case strings.HasPrefix(rest, "{"):
			name, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return fmt.Errorf("found no } after %s", quote("$"+rest))
			}
			if _, err := argForm(name); err != nil {
				return fmt.Errorf("in %s: %w", quote("${"+name+"}"), err)
			}
			if err := ref(name); err != nil {
				return err
			}
			s = after
		default:
			return errors.New("found a $ alone, write ${NAME} for an argument, or $$ for the sign itself")
		}
	}
}

// ldflags checks the flags of one entry: they can be split, use declared names only, and are flags that a user may set.
func (r reading) ldflags(path string, b *Binary, declared []string) {
	open := "" // the flag that waits for its value in the next word
	for i, element := range b.LDFlags {
		path := fmt.Sprintf("%s.ldflags[%d]", path, i)
		refuse := func(err error) { r.fail(element.Pos, path, "%s", err) }
		words, err := SplitFlags(element.V)
		if err != nil {
			refuse(err)
			continue
		}
		if err := refsDeclared(element.V, declared); err != nil {
			refuse(err)
		}
		for _, w := range words {
			if open, err = linkerWord(open, w); err != nil {
				refuse(err)
			}
		}
	}
	if open != "" && allowedFlag(open) {
		last := len(b.LDFlags) - 1
		r.fail(b.LDFlags[last].Pos, fmt.Sprintf("%s.ldflags[%d]", path, last), "found -%s without its value", open)
	}
}

func refsDeclared(s string, declared []string) error {
	return eachRef(s, func(string) {}, func(name string) error {
		if slices.Contains(declared, name) {
			return nil
		}
		return fmt.Errorf("found ${%s}, which is not declared under args: known are %s%s", name, strings.Join(declared, ", "), didYouMean(name, declared))
	})
}

// linkerWord looks at the next word of the linker's flags; open is the flag whose value it is, or "". It gives the flag
// that is open behind the word.
func linkerWord(open, w string) (string, error) {
	if open != "" {
		return "", flagValue(open, w)
	}
	if !strings.HasPrefix(w, "-") {
		return "", fmt.Errorf("found %s, wanted a flag of the Go linker such as -s or -X", quote(w))
	}
	name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(w, "-"), "-"), "=")
	i := slices.IndexFunc(linkerFlags, func(f linkerFlag) bool { return f.name == name })
	if i < 0 {
		return "", fmt.Errorf("found the flag %s, %s", quote(w), unknownFlag("-"+name))
	}
	flag := linkerFlags[i]
	if flag.value && !hasValue {
		open = name
	}
	switch {
	case flag.owner == noKey:
		return open, fmt.Errorf("found the flag -%s, which crossgo sets itself", name)
	case flag.owner != "":
		return open, fmt.Errorf("found the flag -%s, which crossgo sets itself: use %s", name, flag.owner)
	case hasValue:
		return "", flagValue(name, value)
	}
	return open, nil
}

func allowedFlag(name string) bool {
	return slices.ContainsFunc(linkerFlags, func(f linkerFlag) bool { return f.name == name && f.owner == "" })
}

func unknownFlag(flag string) string {
	var allowed []string
	for _, f := range linkerFlags {
		if f.owner == "" {
			allowed = append(allowed, "-"+f.name)
		}
	}
	return fmt.Sprintf("allowed are %s%s", strings.Join(allowed, ", "), didYouMean(flag, allowed))
}

// flagValue checks the value of -X, the one flag whose mistakes the linker itself passes over in silence.
func flagValue(flag, value string) error {
	if flag != "X" {
		return nil
	}
	name, _, ok := strings.Cut(value, "=")
	if !ok || !strings.Contains(name, ".") {
		return fmt.Errorf("found -X %s, wanted -X IMPORTPATH.NAME=VALUE", quote(value))
	}
	return nil
}
