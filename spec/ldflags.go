package spec

import (
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
func (b *Binary) Refs() []Value[string] { return refs(b.LDFlags, strict) }

// VCSNeeds are the VCS variables that a build of the file may ask for, in the order of VCSVariables; none when it has no use
// for a repository.
func (f *File) VCSNeeds() []string {
	used := map[string]bool{}
	note := func(list []Value[string]) {
		for _, ref := range list {
			used[ref.V] = true
		}
	}
	for i := range f.Binaries {
		note(slices.Concat(f.Binaries[i].Refs(), f.Binaries[i].Verify.Run.Refs()))
	}
	note(f.ReleaseRefs())
	note(f.textRefs())
	for _, a := range slices.Backward(f.Args) { // an argument names those above it
		if used[a.Name.V] {
			note(a.Refs())
		}
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
