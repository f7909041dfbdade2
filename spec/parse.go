package spec

import (
	"fmt"
	"path"
	"regexp"
	"slices"
)

// everyMain is the main of an entry that names none.
const everyMain = "./..."

// Parse reads a whole file. name is only for messages. The error is an *Error with every problem in the order of the
// file. An empty file, or one of comments alone, is a spec with all defaults.
func Parse(name string, data []byte) (*File, error) {
	p := &problems{file: name, ends: map[Pos]Pos{}}
	f := &File{Name: name, Module: Value[string]{V: "."}, VCS: Value[VCS]{V: VCSOff}, Cache: Cache{Mode: Value[CacheMode]{V: CacheAuto}}}
	root := readYAML(p, data)
	r := reading{p}
	if root != nil && root.kind != kindNull {
		mapping(r, f, "", root, fileKeys)
	}
	if len(f.Binaries) == 0 {
		f.Binaries = []Binary{newBinary(Pos{})}
	}
	r.rules(f)
	f.inherit()
	if err := p.err(); err != nil {
		return nil, err
	}
	return f, nil
}

// inherit gives each binary without a verify of its own the file's.
func (f *File) inherit() {
	for i := range f.Binaries {
		if b := &f.Binaries[i]; !b.Verify.Pos.Known() {
			b.Verify = f.Verify
		}
	}
}

// newBinary is an entry with all defaults.
func newBinary(pos Pos) Binary {
	return Binary{Pos: pos, Main: []Value[string]{{V: everyMain}}, CGO: Value[CGO]{V: CGOAuto}, Mode: Value[BuildMode]{V: BuildExe}}
}

func readBinaries(r reading, to *File, path string, n *node) {
	if n.kind != kindList {
		r.wrongType(path, n, "a list of binaries")
		return
	}
	if len(n.items) == 0 {
		r.fail(n.pos, path, "found an empty list, wanted at least one binary; leave the key out to build every main package")
	}
	for i, item := range n.items {
		to.Binaries = append(to.Binaries, r.binary(fmt.Sprintf("%s[%d]", path, i), item))
	}
}

func (r reading) binary(path string, n *node) Binary {
	b := newBinary(n.pos)
	switch n.kind {
	case kindString:
		if v, ok := r.text(path, n, onlyStrings, mainPackage); ok {
			b.Main = []Value[string]{v}
		}
	case kindMapping:
		mapping(r, &b, path, n, binaryKeys)
	default:
		r.wrongType(path, n, "the settings of a binary, or a string with its main package")
	}
	return b
}

// rules checks what several keys have to agree on.
func (r reading) rules(f *File) {
	declared := slices.Clone(BuiltinArgs)
	for _, a := range f.Args {
		declared = append(declared, a.Name.V)
	}
	for i := range f.Binaries {
		b := &f.Binaries[i]
		path := fmt.Sprintf("binaries[%d]", i)
		r.nameNeedsOneMain(path, b)
		r.ldflags(path, b, declared)
		r.runRefs(path+".verify", b.Verify, declared)
		for _, c := range combinations {
			if pos := c.broken(b); pos.Known() {
				r.fail(pos, path+"."+c.key, "%s", c.text)
			}
		}
	}
	r.distinctNames(f.Binaries)
	r.runRefs("verify", f.Verify, declared)
	for i, w := range f.Cache.Prog {
		if err := refsDeclared(w.V, declared); err != nil {
			r.fail(w.Pos, fmt.Sprintf("cache.prog[%d]", i), "%s", err)
		}
	}
	r.releaseRefs(f, declared)
	r.textRefs(f, declared)
}

// combination is a rule on the keys of one binary.
type combination struct {
	key    string              // the key that is named: the more specific of the two
	broken func(b *Binary) Pos // its place when the rule is broken, else the zero Pos
	text   string
}

// when is the place of a value if the condition holds.
func when(broken bool, at Pos) Pos {
	if broken {
		return at
	}
	return Pos{}
}

var combinations = []combination{
	{"libc", func(b *Binary) Pos {
		return when(b.Libc.V.Floor != "" && (b.Link.V == LinkStatic || b.Link.V == LinkStaticPIE), b.Libc.Pos)
	}, "a glibc floor with a static link has nothing to check: a static file carries its glibc with it; write libc: glibc, or link: dynamic or pie"},
	{"libc", func(b *Binary) Pos {
		return when(b.Libc.V.Floor != "" && b.CGO.V == CGOOff && b.Link.V == "", b.Libc.Pos)
	}, "a glibc floor with cgo: off has nothing to check: a pure Go binary uses no glibc; leave one of the two out"},
	{"link", func(b *Binary) Pos {
		return when(b.CGO.V == CGOOff && b.Link.V == LinkDynamic, b.Link.Pos)
	}, "dynamic is impossible with cgo: off: a pure Go binary uses no libc; allowed with it are static and pie"},
	{"packages", func(b *Binary) Pos {
		return when(b.CGO.V == CGOOff && len(b.Packages) > 0, first(b.Packages))
	}, "packages of the target are of use to cgo only, and cgo is off; leave one of the two out"},
	{"buildmode", func(b *Binary) Pos {
		return when(b.CGO.V == CGOOff && b.Mode.V.Library(), b.Mode.Pos)
	}, "a library for C is impossible with cgo: off; leave one of the two out"},
	{"libc", func(b *Binary) Pos {
		return when(b.Mode.V.Library() && b.Libc.V.Name == Musl, b.Libc.Pos)
	}, "a library for C crashes with musl when it is loaded: Go's runtime wants the arguments of the program, which glibc alone hands to a library; write libc: glibc"},
	{"link", func(b *Binary) Pos {
		return when(b.Mode.V.Library() && b.Link.Pos.Known(), b.Link.Pos)
	}, "a library has no link of its own: who links with it decides; leave link out"},
}

func first(list []Value[string]) Pos {
	if len(list) == 0 {
		return Pos{}
	}
	return list[0].Pos
}

func (r reading) nameNeedsOneMain(path string, b *Binary) {
	if b.Name.V == "" || len(b.Main) == 1 && !isPattern(b.Main[0].V) {
		return
	}
	if len(b.Main) == 1 {
		r.fail(b.Name.Pos, path+".name", "found %s for the pattern %s, a name needs exactly one main package", quote(b.Name.V), b.Main[0].V)
		return
	}
	r.fail(b.Name.Pos, path+".name", "found %s for %d main packages, a name needs exactly one", quote(b.Name.V), len(b.Main))
}

// distinctNames refuses two outputs of one name, as far as the file alone can tell.
func (r reading) distinctNames(binaries []Binary) {
	firsts := map[string]Pos{}
	for i, b := range binaries {
		for _, o := range b.outputs() {
			if at, again := firsts[o.name]; again {
				r.fail(o.pos, fmt.Sprintf("binaries[%d].%s", i, o.key), "the output is named %q as is the one at %s, give one of them another name", o.name, at)
				continue
			}
			firsts[o.name] = o.pos
		}
	}
}

var majorVersion = regexp.MustCompile(`^v([2-9]|[1-9][0-9]+)$`)

// IsMajorVersion tells a path element that go build passes over when it names an output: v2 and up (DefaultExecName in
// cmd/go/internal/load).
func IsMajorVersion(element string) bool { return majorVersion.MatchString(element) }

type output struct {
	name, key string
	pos       Pos
}

// outputs are the names of the files that an entry makes. A pattern's are not known here, nor that of the module's own
// directory.
func (b *Binary) outputs() []output {
	if b.Name.Pos.Known() && b.Name.V == "" {
		return nil // refused already
	}
	if b.Name.V != "" {
		return []output{{b.Mode.V.FileName(b.Name.V), "name", b.Name.Pos}}
	}
	var list []output
	for _, m := range b.Main {
		if last := path.Base(m.V); m.Pos.Known() && !isPattern(m.V) && last != "." && !IsMajorVersion(last) {
			list = append(list, output{b.Mode.V.FileName(last), "main", m.Pos})
		}
	}
	return list
}
