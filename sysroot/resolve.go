package sysroot

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Resolve pins the packages of each request. indexes has for every Debian architecture the indexes to choose from, as
// main and security updates: the highest version by Debian's order wins, also among doubles in one index, and of equal
// versions the one in the index given first. Packages are taken exactly; Extra with what they depend on, programs left
// out (see rules). All problems are reported at once, in the order of the requests.
func Resolve(suite string, requests []Request, indexes map[string][]*Index) (*Lock, error) {
	lock := &Lock{Sets: make([]Set, 0, len(requests))}
	var problems []error
	for _, req := range requests {
		if len(indexes[req.Arch]) == 0 {
			problems = append(problems, fmt.Errorf("set %s: no package index for architecture %s, there are: %s",
				req.Name, req.Arch, strings.Join(slices.Sorted(maps.Keys(indexes)), ", ")))
			continue
		}
		r := &resolver{suite: suite, req: req, indexes: indexes, chosen: map[string]*entry{}}
		r.run()
		problems = append(problems, r.problems...)
		set := Set{Name: req.Name, Kind: req.Kind, Arch: req.Arch, Suite: suite, Packages: make([]Package, 0, len(r.order))}
		for _, e := range r.order {
			set.Packages = append(set.Packages, e.Package)
		}
		lock.Sets = append(lock.Sets, set)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return lock, nil
}

// resolver works on one request.
type resolver struct {
	suite    string
	req      Request
	indexes  map[string][]*Index
	chosen   map[string]*entry
	order    []*entry // chosen, in the order of choosing: also the queue of packages whose dependencies are still to be read
	problems []error
}

func (r *resolver) run() {
	for _, name := range r.req.Packages {
		if e := r.best(relation{name: name}); e != nil {
			r.take(e)
		} else {
			r.fail("set "+r.req.Name, r.unknown(name))
		}
	}
	own := len(r.order)
	for i, name := range r.req.Extra {
		r.takeExtra(name, r.where(i))
	}
	for i := own; i < len(r.order); i++ {
		r.takeDepends(r.order[i])
	}
	r.takeSources()
}

// where is the place of Extra[i] in the spec, or the name of the set when the caller gave none.
func (r *resolver) where(i int) string {
	if i < len(r.req.Where) {
		return r.req.Where[i]
	}
	return "set " + r.req.Name
}

func (r *resolver) fail(where string, err error) {
	r.problems = append(r.problems, fmt.Errorf("%s: %w", where, err))
}

func (r *resolver) take(e *entry) {
	if r.chosen[e.Name] == nil {
		r.chosen[e.Name] = e
		r.order = append(r.order, e)
	}
}

// takeExtra takes a package that the user named. A program among them is a misunderstanding worth an error: it would be
// of the target's architecture and could not run during the build.
func (r *resolver) takeExtra(name, where string) {
	e := r.best(relation{name: name})
	switch {
	case e == nil:
		r.fail(where, r.unknown(name))
	case r.chosen[e.Name] != nil:
	case leftOut(e, r.req.Kind) != "":
		r.fail(where, fmt.Errorf("package %q %s (section %s): only libraries and headers of the target can be used", name, leftOut(e, r.req.Kind), e.section))
	default:
		r.take(e)
	}
}

func (r *resolver) takeDepends(e *entry) {
	groups, err := parseRelations(e.depends)
	if err != nil {
		r.fail("package "+e.Name, fmt.Errorf("Depends: %w", err))
		return
	}
	for _, group := range groups {
		if err := r.takeOne(group); err != nil {
			r.fail(fmt.Sprintf("set %s: package %s %s", r.req.Name, e.Name, e.Version), err)
		}
	}
}

// takeOne fulfils one dependency: by a package that is in the set already, else by the first alternative that exists in
// a fitting version. A dependency of which some alternative is a left-out package counts as fulfilled.
func (r *resolver) takeOne(group []relation) error {
	for _, rel := range group {
		if have := r.chosen[rel.name]; have != nil && rel.allows(have.Version) {
			return nil
		}
	}
	for _, rel := range group {
		e := r.best(rel)
		if e == nil {
			continue
		}
		if leftOut(e, r.req.Kind) == "" {
			r.take(e)
		}
		return nil
	}
	return r.unfulfilled(group)
}

// unfulfilled tells what of a dependency's alternatives the indexes have instead.
func (r *resolver) unfulfilled(group []relation) error {
	var want, have []string
	for _, rel := range group {
		want = append(want, rel.String())
		if e := r.best(relation{name: rel.name}); e != nil {
			have = append(have, e.Name+" "+e.Version)
		}
	}
	if len(have) == 0 {
		return fmt.Errorf("needs %s, which suite %s does not have for %s", strings.Join(want, " or "), r.suite, r.req.Arch)
	}
	return fmt.Errorf("needs %s, suite %s has %s", strings.Join(want, " or "), r.suite, strings.Join(have, ", "))
}

// best is the highest version of a package that fulfils the relation, else the first provider by name of that virtual
// package; nil when there is neither.
func (r *resolver) best(rel relation) *entry {
	if e := r.bestReal(rel); e != nil {
		return e
	}
	var names []string
	for _, x := range r.indexes[r.req.Arch] {
		for _, at := range x.providers[rel.name] {
			if x.entries[at].providesFor(rel) {
				names = append(names, x.entries[at].Name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if e := r.bestReal(relation{name: name}); e != nil && e.providesFor(rel) {
			return e
		}
	}
	return nil
}

func (r *resolver) bestReal(rel relation) *entry { return r.bestIn(r.req.Arch, rel) }

func (r *resolver) bestIn(arch string, rel relation) *entry {
	var best *entry
	for _, x := range r.indexes[arch] {
		for _, at := range x.byName[rel.name] {
			e := &x.entries[at]
			if rel.allows(e.Version) && (best == nil || compareVersions(e.Version, best.Version) > 0) {
				best = e
			}
		}
	}
	return best
}

// providesFor reports whether the package provides what the relation asks for. ReadIndex has parsed Provides before.
func (e *entry) providesFor(rel relation) bool {
	groups, _ := parseRelations(e.provides)
	return slices.ContainsFunc(groups, func(g []relation) bool {
		return g[0].name == rel.name && rel.allows(g[0].version)
	})
}

// unknown explains a name that is in no index: it may exist for other architectures, else the nearest names are told.
func (r *resolver) unknown(name string) error {
	var elsewhere []string
	for _, arch := range slices.Sorted(maps.Keys(r.indexes)) {
		has := slices.ContainsFunc(r.indexes[arch], func(x *Index) bool { return len(x.byName[name]) > 0 })
		if has && arch != r.req.Arch {
			elsewhere = append(elsewhere, arch)
		}
	}
	if len(elsewhere) > 0 {
		return fmt.Errorf("package %q is not in suite %s for %s, only for %s", name, r.suite, r.req.Arch, strings.Join(elsewhere, ", "))
	}
	err := fmt.Errorf("package %q is not in suite %s for %s", name, r.suite, r.req.Arch)
	if near := r.nearest(name); len(near) > 0 {
		err = fmt.Errorf("%w; nearest: %s", err, strings.Join(near, ", "))
	}
	return err
}

// nearest are up to three names of libraries and header packages that a user may have meant: by distance,
// then by how much of the beginning is right, then by name.
func (r *resolver) nearest(name string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var all []candidate
	limit := max(2, len(name)/3)
	for _, x := range r.indexes[r.req.Arch] {
		for i := range x.entries {
			e := &x.entries[i]
			if diff := len(e.Name) - len(name); diff > limit || -diff > limit || leftOut(e, r.req.Kind) != "" {
				continue
			}
			if d := levenshtein.Distance(name, e.Name, nil); d <= limit {
				all = append(all, candidate{e.Name, d})
			}
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(commonPrefix(name, b.name), commonPrefix(name, a.name)), strings.Compare(a.name, b.name))
	})
	var names []string
	for _, c := range all {
		if !slices.Contains(names, c.name) && len(names) < 3 {
			names = append(names, c.name)
		}
	}
	return names
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
