// Package compare says what sets two executables apart, in the facts that people decide by: what they need, what they are made of, how
// large they are, which checks they pass. It says nothing of bytes; two files that differ only there have the change Content.
package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/size"
)

// Program is one side of a comparison.
type Program struct {
	SHA256   string
	Facts    verify.Facts      // nothing but Size for a file that is no executable
	Sizes    *size.Map         // nil where they are not known
	Config   map[string]string // of an image as a whole, which is no program: user, entrypoint, environment
	Findings []verify.Finding
}

// Change is one difference.
type Change struct {
	What  string `json:"what"`            // one of the words below
	Name  string `json:"name,omitempty"`  // which of several: a library, a module, a setting, a section, a package, a check
	Old   string `json:"old,omitempty"`   // empty: it is new. Sizes are in bytes
	New   string `json:"new,omitempty"`   // empty: it is gone
	Bytes int64  `json:"bytes,omitempty"` // of sizes: how much more there is, below zero for less
	Text  string `json:"text,omitempty"`  // of checks: what the new finding says, of one that is gone the old
}

// What a change is about, in the order of a comparison.
const (
	Size      = "size"
	Needed    = "needed"
	Floor     = "floor"
	Export    = "export"
	GoVersion = "go"
	Module    = "module"
	Setting   = "setting"
	Config    = "config"
	Section   = "section"
	Package   = "package"
	Check     = "check"
	Content   = "content"
)

// scalars are the facts of which a file has one each.
var scalars = []struct {
	what string
	get  func(verify.Facts) string
}{
	{"format", func(f verify.Facts) string { return f.Format }},
	{"machine", func(f verify.Facts) string { return f.Machine }},
	{"class", func(f verify.Facts) string { return bits(f.Bits) }},
	{"endianness", func(f verify.Facts) string { return f.ByteOrder }},
	{"kind", func(f verify.Facts) string { return f.Kind }},
	{"system", func(f verify.Facts) string { return strings.Join(f.Systems, ", ") }},
	{"link", func(f verify.Facts) string { return f.Link }},
	{"loader", func(f verify.Facts) string { return f.Loader }},
	{"libc", func(f verify.Facts) string { return f.Libc }},
	{"soname", func(f verify.Facts) string { return f.Soname }},
	{"rpath", func(f verify.Facts) string { return strings.Join(f.RPath, ":") }},
	{"runpath", func(f verify.Facts) string { return strings.Join(f.RunPath, ":") }},
	{"minimum system", func(f verify.Facts) string { return f.MinOS }},
	{"signature", func(f verify.Facts) string { return f.Signature }},
	{"cgo", func(f verify.Facts) string { return yes(f.CGO) }},
	{GoVersion, func(f verify.Facts) string { return build(f).GoVersion }},
	{"main package", func(f verify.Facts) string { return build(f).Path }},
}

func bits(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d-bit", n)
}

func yes(b bool) string {
	if b {
		return "runtime/cgo is linked"
	}
	return ""
}

func build(f verify.Facts) verify.Build {
	if f.Build == nil {
		return verify.Build{}
	}
	return *f.Build
}

// Programs lists what sets two programs apart; nothing for equal ones.
func Programs(old, new Program) []Change {
	if old.SHA256 == new.SHA256 && old.SHA256 != "" {
		return checks(old.Findings, new.Findings)
	}
	var all []Change
	if d := new.Facts.Size - old.Facts.Size; d != 0 {
		all = append(all, Change{What: Size, Old: fmt.Sprint(old.Facts.Size), New: fmt.Sprint(new.Facts.Size), Bytes: d})
	}
	for _, s := range scalars {
		if a, b := s.get(old.Facts), s.get(new.Facts); a != b {
			all = append(all, Change{What: s.what, Old: a, New: b})
		}
	}
	all = slices.Concat(all,
		named(Needed, list(old.Facts.Needed), list(new.Facts.Needed)),
		named(Floor, floors(old.Facts), floors(new.Facts)),
		named(Export, list(old.Facts.Exports), list(new.Facts.Exports)),
		named(Module, modules(build(old.Facts)), modules(build(new.Facts))),
		named(Setting, settings(build(old.Facts)), settings(build(new.Facts))),
		named(Config, old.Config, new.Config),
		sizes(Section, sections(old.Sizes), sections(new.Sizes)),
		sizes(Package, packages(old.Sizes), packages(new.Sizes)),
		checks(old.Findings, new.Findings))
	if len(all) == 0 && old.SHA256 != new.SHA256 {
		all = []Change{{What: Content, Old: old.SHA256, New: new.SHA256}}
	}
	return all
}

// named compares values that have names, in the order of the names. A value is never empty.
func named(what string, old, new map[string]string) []Change {
	var all []Change
	for _, name := range union(old, new) {
		if old[name] != new[name] {
			all = append(all, Change{What: what, Name: name, Old: old[name], New: new[name]})
		}
	}
	return all
}

// union are the names of both, sorted.
func union[V any](a, b map[string]V) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

const there = "yes"

func list(names []string) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		all[name] = there
	}
	return all
}

func floors(f verify.Facts) map[string]string {
	all := map[string]string{}
	for _, floor := range f.Floors {
		all[floor.Name] = floor.Version
	}
	return all
}

// modules are versions by path, the main module's among them. A replaced one says by what.
func modules(b verify.Build) map[string]string {
	all := map[string]string{}
	for _, m := range append([]verify.Module{b.Main}, b.Modules...) {
		if m.Path == "" {
			continue
		}
		version := cmp.Or(m.Version, "no version")
		if r := m.Replace; r != nil {
			version += strings.TrimRight(fmt.Sprintf(" => %s %s", r.Path, r.Version), " ")
		}
		all[m.Path] = version
	}
	return all
}

// settings are those of the build info; of a key that is there twice all values.
func settings(b verify.Build) map[string]string {
	all := map[string]string{}
	for _, s := range b.Settings {
		value := cmp.Or(s.Value, `""`)
		if before, twice := all[s.Key]; twice {
			value = before + ", " + value
		}
		all[s.Key] = value
	}
	return all
}

// sizes compares sizes by name, the largest difference first.
func sizes(what string, old, new map[string]int64) []Change {
	var all []Change
	for _, name := range union(old, new) {
		if d := new[name] - old[name]; d != 0 {
			all = append(all, Change{What: what, Name: name, Old: number(old, name), New: number(new, name), Bytes: d})
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int { return cmp.Compare(abs(b.Bytes), abs(a.Bytes)) })
	return all
}

func number(sizes map[string]int64, name string) string {
	if n, ok := sizes[name]; ok {
		return fmt.Sprint(n)
	}
	return ""
}

func abs(n int64) int64 { return max(n, -n) }

func sections(m *size.Map) map[string]int64 {
	all := map[string]int64{}
	if m != nil {
		for _, s := range m.Sections {
			all[s.Name] = s.Bytes
		}
	}
	return all
}

// packages are the sizes of machine code, which are known with and without symbols.
func packages(m *size.Map) map[string]int64 {
	all := map[string]int64{}
	if m != nil {
		for _, p := range m.Packages {
			all[p.Name] = p.Code
		}
	}
	return all
}

// rank orders levels by how grave they are.
var rank = map[verify.Level]int{verify.Pass: 1, verify.Note: 2, verify.Warn: 3, verify.Fail: 4}

// checks lists those whose outcome is another, in the order of the new report; those that are gone come last.
func checks(old, new []verify.Finding) []Change {
	before, after := worst(old), worst(new)
	var all []Change
	for _, f := range slices.Concat(new, old) {
		id := f.Check
		a, b := before[id], after[id]
		done := slices.ContainsFunc(all, func(c Change) bool { return c.Name == id })
		if done || a.Level == b.Level || quiet(a.Level) && quiet(b.Level) {
			continue
		}
		all = append(all, Change{What: Check, Name: id, Old: string(a.Level), New: string(b.Level), Text: cmp.Or(b.Text, a.Text)})
	}
	return all
}

// quiet are the levels of a check that was not made or found nothing: that one becomes the other is no news.
func quiet(l verify.Level) bool { return l == "" || l == verify.Pass }

// worst is the gravest finding of each check.
func worst(findings []verify.Finding) map[string]verify.Finding {
	all := map[string]verify.Finding{}
	for _, f := range findings {
		if rank[f.Level] > rank[all[f.Check].Level] {
			all[f.Check] = f
		}
	}
	return all
}
