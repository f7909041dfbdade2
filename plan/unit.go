package plan

import (
	"slices"
	"strings"
)

// units groups binaries that are compiled alike, in the order in which the spec names the first of each.
func units(in Input, cache Cache, all []binary) ([]Unit, error) {
	target, err := TargetEnv(in.Target)
	if err != nil {
		return nil, err
	}
	debug := debugFlag(in, all)
	var list []Unit
	var members [][]binary
	index := map[string]int{}
	for _, b := range all {
		u, err := newUnit(in, b, target, debug)
		if err != nil {
			return nil, err
		}
		i, ok := index[u.ID]
		if !ok {
			i = len(list)
			index[u.ID], list, members = i, append(list, u), append(members, nil)
		}
		members[i] = append(members[i], b)
	}
	for i := range list {
		if err := list[i].fill(in, cache, members[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// newUnit is the unit that a binary belongs to, still without its members. The id holds all that tells units apart.
func newUnit(in Input, b binary, target []string, debug string) (Unit, error) {
	u := Unit{Env: append(offlineEnv(), target...)}
	u.ID = "pure"
	if b.cgo {
		c, err := cside(in, b, debug)
		if err != nil {
			return Unit{}, err
		}
		u.C, u.Env, u.ID = c, append(u.Env, "CGO_ENABLED=1"), c.Target.Name
	} else {
		u.Env = append(u.Env, "CGO_ENABLED=0")
	}
	u.ID = strings.Join(append([]string{u.ID}, b.tags...), "+")
	if b.linking.pic() {
		u.ID += "+pie" // position independent code is compiled differently
	}
	if b.linking.mode.Library() {
		u.ID += "+" + string(b.linking.mode)
	}
	if b.main.PGO != "" {
		u.Profile = b.main.PGO
		u.ID += "+" + b.main.PGO // and so is all that a program with a profile imports
	}
	return u, nil
}

// fill enters the unit's dependencies and members.
func (u *Unit) fill(in Input, cache Cache, members []binary) error {
	flags := members[0].compileFlags(members[0].tags)
	if err := u.dependencies(in, cache, members, flags); err != nil {
		return err
	}
	builds, err := runs(in, in.stamped(flags), members)
	if err != nil {
		return err
	}
	u.Builds = builds
	for _, b := range members {
		u.Dynamic = u.Dynamic || b.cgo && b.linking.dynamic() // without cgo there is no sysroot to take a loader from
		f := VerifyFile{Name: b.name, Header: b.header(), Where: b.ref, Want: b.want(in), Again: in.File.Binaries[b.entry].Verify.Reproducible.V}
		run, err := smoke(in, b, &f)
		if err != nil {
			return err
		}
		if run != nil {
			u.Runs = append(u.Runs, *run)
		}
		u.Outputs = append(u.Outputs, f)
	}
	return nil
}

// compileFlags are the flags that dependencies and binaries must share: with one more on either side, nothing compiled
// before is used again.
func (b binary) compileFlags(tags []string) []string {
	build, _ := b.goFlags()
	flags := append([]string{"-trimpath", "-buildvcs=false"}, build...)
	if b.main.PGO != "" {
		flags = append(flags, "-pgo="+PathProfile)
	}
	if len(tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(tags, ","))
	}
	return flags
}

// dependencies decides where what is not the user's is compiled: in steps of its own, or by the compile step.
func (u *Unit) dependencies(in Input, cache Cache, members []binary, flags []string) error {
	facts := gather(in, members)
	u.OwnC = facts.OwnC
	if !cache.Layers {
		if !facts.OwnC || len(cache.Prog) > 0 || len(facts.Foreign)+len(facts.Std) == 0 {
			return nil
		}
		u.First = slices.Concat([]string{"build"}, flags, sortedUnique(append(facts.Foreign, facts.Std...)))
		return nil
	}
	err := u.depsSteps(in, members, facts, flags)
	u.ask(in, cache)
	return err
}

// gather joins the facts of the entries that the members are of.
func gather(in Input, members []binary) BinaryFacts {
	var all BinaryFacts
	entries := map[int]bool{}
	for _, b := range members {
		if entries[b.entry] {
			continue
		}
		entries[b.entry] = true
		facts := in.Facts.Binaries[b.entry]
		all.Heavy, all.Pure = append(all.Heavy, facts.Heavy...), all.Pure.and(facts.Pure)
		all.Foreign, all.Std = append(all.Foreign, facts.Foreign...), append(all.Std, facts.Std...)
		all.OwnC = all.OwnC || facts.OwnC
	}
	return all
}

// depsSteps orders the foreign packages so that the most expensive are rebuilt least: modules with C code in a module of
// their own, whose key knows nothing of go.mod; then the other foreign packages; then the rest of the standard library.
// Before them, what the first of them needs and no C compiler is needed for: that is compiled while the C side is unpacked, and
// is the same for every C library.
func (u *Unit) depsSteps(in Input, members []binary, facts BinaryFacts, flags []string) error {
	u.depsStep(DepsStep{ID: "bare", Bare: true}, members[0].compileFlags(members[0].userTags), facts.Pure.before(facts.Heavy, facts.Foreign))
	if len(facts.Heavy) > 0 {
		step, err := heavyStep(in.Go, mergeHeavy(facts.Heavy), members[0])
		if err != nil {
			return err
		}
		u.Deps = append(u.Deps, step)
	}
	u.depsStep(DepsStep{ID: "foreign"}, flags, facts.Foreign)
	u.depsStep(DepsStep{ID: "std"}, flags, append(facts.Foreign, facts.Std...))
	return nil
}

// and is what both hold.
func (p PurePackages) and(q PurePackages) PurePackages {
	return PurePackages{slices.Concat(p.Heavy, q.Heavy), slices.Concat(p.Foreign, q.Foreign), slices.Concat(p.All, q.All)}
}

// before are the packages that the first of the steps after them needs: were there more, a new import would run that step again.
func (p PurePackages) before(modules []HeavyModule, foreign []string) []string {
	switch {
	case len(modules) > 0:
		return p.Heavy
	case len(foreign) > 0:
		return p.Foreign
	}
	return p.All
}

// depsStep adds a step for the packages, if there are any.
func (u *Unit) depsStep(d DepsStep, flags, packages []string) {
	if len(packages) > 0 {
		d.Args = slices.Concat([]string{"build"}, flags, sortedUnique(packages))
		u.Deps = append(u.Deps, d)
	}
}

func sortedUnique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
