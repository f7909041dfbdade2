package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/verify"
)

// binary is one output with everything decided that concerns it alone.
type binary struct {
	entry    int    // index into the spec's binaries
	name     string // of the output file
	plain    string // the same without what the system or the build mode adds
	main     MainPackage
	where    string // for messages of the plan itself
	ref      string // for messages of steps
	cgo      bool
	linking  linking
	tags     []string
	userTags []string // tags without those that the linking adds
}

// decideBinaries turns the spec's entries into outputs, one per main package.
func decideBinaries(in Input) ([]binary, error) {
	var all []binary
	var errs []error
	for i, entry := range in.File.Binaries {
		facts := in.Facts.Binaries[i]
		bs, err := decideEntry(in, i, entry, facts)
		all, errs = append(all, bs...), append(errs, err, checkAllowed(in, entry), checkVariables(in, i))
	}
	return all, errors.Join(errs...)
}

func decideEntry(in Input, i int, entry spec.Binary, facts BinaryFacts) ([]binary, error) {
	if err := checkCGO(in, entry, facts); err != nil { // first: without cgo whole packages seem to be empty
		return nil, err
	}
	if len(facts.Problems) > 0 {
		return nil, problems(in.File, facts.Problems)
	}
	if err := noMain(in, entry, facts); err != nil {
		return nil, err
	}
	var bs []binary
	for _, m := range facts.Mains {
		l, err := decideLinking(in, entry, facts.CGO, m.Loads)
		if err != nil {
			return nil, err
		}
		plain := plainName(entry, m)
		bs = append(bs, binary{
			entry: i, name: entry.Mode.V.FileName(plain) + fileEnding(in.Target), plain: plain, main: m, where: place(in.File, at(entry.Main[m.Pattern].Pos, entry.Pos)), ref: mainRef(i, m.Pattern),
			cgo: facts.CGO, linking: l, tags: tags(entry, l), userTags: values(entry.Tags),
		})
	}
	return bs, nil
}

// noMain finds patterns that match libraries alone. They can be tested.
func noMain(in Input, entry spec.Binary, facts BinaryFacts) error {
	if in.Select.Kind.tests() {
		return nil
	}
	var errs []error
	for i, v := range entry.Main {
		if !slices.ContainsFunc(facts.Mains, func(m MainPackage) bool { return m.Pattern == i }) && !slices.ContainsFunc(entry.Main[:i], func(o spec.Value[string]) bool { return strings.Contains(o.V, "...") }) {
			errs = append(errs, fmt.Errorf("%s: main: %s matches no main package of the module, and a library is nothing to build for %s: --target test tests it", place(in.File, at(v.Pos, entry.Pos)), v.V, in.Target))
		}
	}
	return errors.Join(errs...)
}

// checkAllowed finds what is no check, or none that can be allowed to fail.
func checkAllowed(in Input, entry spec.Binary) error {
	var errs []error
	for _, v := range entry.Verify.Allow {
		if bad := verify.CheckAllowed(v.V); bad != "" {
			errs = append(errs, fmt.Errorf("%s: verify.allow: %s", place(in.File, v.Pos), bad))
		}
	}
	return errors.Join(errs...)
}

func problems(file *spec.File, list []Problem) error {
	errs := make([]error, len(list))
	for i, p := range list {
		errs[i] = errors.New(Places(file, p.String()))
	}
	return errors.Join(errs...)
}

// checkCGO compares the spec's word on cgo with what the code needs.
func checkCGO(in Input, entry spec.Binary, facts BinaryFacts) error {
	if entry.CGO.V == spec.CGOOff && len(facts.CGONeeds) > 0 {
		return fmt.Errorf("%s: cgo: found off, but %s needs cgo: set it to auto or on", place(in.File, at(entry.CGO.Pos, entry.Pos)), strings.Join(facts.CGONeeds, ", "))
	}
	if entry.Mode.V.Library() && !facts.CGO {
		return fmt.Errorf("%s: buildmode: found %s, but no package imports \"C\": a library exports what is marked with //export in a package main with import \"C\"", place(in.File, entry.Mode.Pos), entry.Mode.V)
	}
	if facts.CGO && !HasC(in.Target.String()) {
		return fmt.Errorf("%s: %s needs cgo, and there is no C toolchain for %s: cgo is for linux only, set cgo: off where the code can do without",
			place(in.File, at(entry.CGO.Pos, entry.Pos)), cgoWhy(facts), in.Target)
	}
	return nil
}

func cgoWhy(facts BinaryFacts) string {
	if len(facts.CGONeeds) == 0 {
		return "cgo: on"
	}
	return strings.Join(facts.CGONeeds, ", ")
}

// plainName is the spec's name, else the program's.
func plainName(entry spec.Binary, m MainPackage) string {
	if entry.Name.V != "" {
		return entry.Name.V
	}
	return programName(m.ImportPath)
}

// programName is the last element of a main package's import path that is no major version ("example.com/app/v2" gives
// "app"), as go build has it.
func programName(importPath string) string {
	name := path.Base(importPath)
	if name != importPath && spec.IsMajorVersion(name) {
		return path.Base(path.Dir(importPath))
	}
	return name
}

// fileEnding is what the target's system wants at the end of a program's name.
func fileEnding(target spec.Platform) string {
	switch {
	case target.OS == "windows":
		return ".exe"
	case target.Arch == "wasm":
		return ".wasm"
	}
	return ""
}

// tags are the entry's build tags; a static glibc binary gets Go's own resolver and user lookup, because glibc's load
// libraries of the very same glibc at run time.
func tags(entry spec.Binary, l linking) []string {
	list := values(entry.Tags)
	if l.libc == spec.Glibc && l.static() {
		for _, tag := range []string{"netgo", "osusergo"} {
			if !slices.Contains(list, tag) {
				list = append(list, tag)
			}
		}
	}
	return list
}

func values(list []spec.Value[string]) []string {
	var out []string
	for _, v := range list {
		out = append(out, v.V)
	}
	return out
}

func uniqueNames(all []binary) error {
	var errs []error
	first := map[string]binary{}
	headers := map[string]binary{}
	for _, b := range all {
		if other, ok := headers[b.header()]; ok && other.main.ImportPath != b.main.ImportPath {
			errs = append(errs, fmt.Errorf("%s: the headers of %s and %s would both be written as %q: give one of them a name", b.where, other.main.ImportPath, b.main.ImportPath, b.header()))
			continue
		}
		if b.header() != "" {
			headers[b.header()] = b
		}
		if other, ok := first[b.name]; ok {
			errs = append(errs, fmt.Errorf("%s: %s and %s would both be written as %q: give one of them a name", b.where, other.main.ImportPath, b.main.ImportPath, b.name))
			continue
		}
		first[b.name] = b
	}
	return errors.Join(errs...)
}

// want is what the gate asks of the output.
func (b binary) want(in Input) verify.Want {
	w := verify.Want{
		GOOS: in.Target.OS, GOARCH: in.Target.Arch, Variant: in.Target.Variant,
		CGO: "off", MainPath: b.main.ImportPath, MainModule: b.main.Module, RequireGo: true, Tags: append([]string{}, b.tags...), Trimpath: true, Settings: plainSettings, Subsystem: subsystem(in, b), Strip: strip(in, b), Allow: values(in.File.Binaries[b.entry].Verify.Allow),
	}
	if !strings.Contains(in.Go.Version, "rc") && strings.Count(in.Go.Version, ".") == 2 {
		w.GoVersion = "go" + in.Go.Version
	}
	if b.cgo {
		w.CGO = "on"
	}
	b.linking.want(&w)
	if in.File.VCS.V == spec.VCSOn {
		w.Revision, w.RevisionTime, w.Modified = in.VCS.value(spec.VCSRevision), in.VCS.value(spec.VCSTime), in.VCS.value(spec.VCSModified)
	}
	return w
}
