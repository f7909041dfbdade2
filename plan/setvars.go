package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/crossgo/crossgo/spec"
)

// checkVariables finds variables that ldflags set in packages which are not in the build: the linker passes over them in silence. Entries
// often share their ldflags, so that a package of another entry's program will do.
func checkVariables(in Input, i int) error {
	var errs []error
	entry := in.File.Binaries[i]
	for _, v := range entry.SetVariables(variables(in)) {
		if what := in.wrongPackage(v.Package); what != "" {
			errs = append(errs, fmt.Errorf("%s: ldflags: found -X %s.%s, but %s", place(in.File, entry.LDFlags[v.Element].Pos), v.Package, v.Name, what))
		}
	}
	return errors.Join(errs...)
}

// wrongPackage is why -X reaches no variable of a package; empty where it does.
func (in Input) wrongPackage(pkg string) string {
	if pkg == "main" {
		return ""
	}
	var all []string
	for _, facts := range in.Facts.Binaries {
		if slices.ContainsFunc(facts.Mains, func(m MainPackage) bool { return m.ImportPath == pkg }) {
			return "the linker calls that package main: write -X main.NAME"
		}
		if len(facts.Own) == 0 { // nothing is known of the entry's packages: it has problems of its own
			return ""
		}
		all = slices.Concat(all, facts.Own, facts.Foreign, facts.Std)
	}
	if slices.Contains(all, pkg) {
		return ""
	}
	text := "no package of the build has that path, and the linker passes over it in silence"
	if near := nearPackage(pkg, all); near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return text
}

// nearPackage is a package with the same last element, or one whose path is nearly the same.
func nearPackage(pkg string, all []string) string {
	for _, p := range all {
		if path.Base(p) == path.Base(pkg) {
			return p
		}
	}
	return spec.Nearest(pkg, all)
}

// variablesOf are the variables that a run's flags set, each once.
func (g *run) variablesOf(in Input) []BuildVar {
	var list []BuildVar
	for _, b := range g.members {
		for _, v := range in.File.Binaries[b.entry].SetVariables(variables(in)) {
			same := func(o BuildVar) bool { return o.Package == v.Package && o.Name == v.Name }
			if !slices.ContainsFunc(list, same) {
				list = append(list, BuildVar{v.Package, v.Name, ldflagsRef(b.entry, v.Element)})
			}
		}
	}
	return list
}
