package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// units groups binaries that are compiled alike, in the order in which the spec names the first of each.
func units(in Input, all []binary) ([]Unit, error) {
	target, err := TargetEnv(in.Target)
	if err != nil {
		return nil, err
	}
	var list []Unit
	var members [][]binary
	index := map[string]int{}
	for _, b := range all {
		u, err := newUnit(in, b, target)
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
		if err := list[i].fill(in, members[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// newUnit is the unit that a binary belongs to, still without its members. The id holds all that tells units apart.
func newUnit(in Input, b binary, target []string) (Unit, error) {
	u := Unit{Env: append(offlineEnv(), target...)}
	u.ID = "pure"
	if b.cgo {
		c, env, err := cside(in, b)
		if err != nil {
			return Unit{}, err
		}
		u.C, u.Env, u.ID = c, append(u.Env, env...), c.Target.Name
	} else {
		u.Env = append(u.Env, "CGO_ENABLED=0")
	}
	u.ID = strings.Join(append([]string{u.ID}, b.tags...), "+")
	if b.linking.link == spec.LinkPIE || b.linking.link == spec.LinkStaticPIE {
		u.ID += "+pie" // position independent code is compiled differently
	}
	return u, nil
}

// fill enters the unit's dependencies and members.
func (u *Unit) fill(in Input, members []binary) error {
	flags := compileFlags(members[0])
	u.Deps = depsSteps(in, members, flags)
	for _, b := range members {
		link, err := ldflags(in, b)
		if err != nil {
			return err
		}
		args := append([]string{"build"}, flags...)
		if link != "" {
			args = append(args, "-ldflags="+link)
		}
		args = append(args, "-o", PathOut+"/"+b.name, b.main.ImportPath)
		u.Builds = append(u.Builds, BuildOutput{Args: args, Where: b.ref, What: fmt.Sprintf("%s for %s", b.name, in.Target)})
		u.Dynamic = u.Dynamic || b.linking.dynamic()
		u.Outputs = append(u.Outputs, VerifyFile{Name: b.name, Where: b.ref, Want: b.want(in)})
	}
	return nil
}

// compileFlags are the flags that dependencies and binaries must share: with one more on either side, nothing compiled
// before is used again.
func compileFlags(b binary) []string {
	build, _ := b.linking.goFlags(b.cgo)
	flags := append([]string{"-trimpath", "-buildvcs=false"}, build...)
	if len(b.tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(b.tags, ","))
	}
	return flags
}

// depsSteps orders the foreign packages so that the most expensive are rebuilt least: modules with C code in a module of
// their own, whose key knows nothing of go.mod; then the other foreign packages; then the rest of the standard library.
func depsSteps(in Input, members []binary, flags []string) []DepsStep {
	var heavy []HeavyModule
	var foreign, std []string
	entries := map[int]bool{}
	for _, b := range members {
		if entries[b.entry] {
			continue
		}
		entries[b.entry] = true
		facts := in.Facts.Binaries[b.entry]
		heavy = append(heavy, facts.Heavy...)
		foreign, std = append(foreign, facts.Foreign...), append(std, facts.Std...)
	}
	foreign, std = sortedUnique(foreign), sortedUnique(std)
	var steps []DepsStep
	step := func(id string, packages []string, vendor *Vendored) {
		if len(packages) > 0 {
			args := append(append([]string{"build"}, flags...), packages...)
			steps = append(steps, DepsStep{ID: id, Args: args, Vendor: vendor})
		}
	}
	if v := vendored(in.Go, mergeHeavy(heavy)); v != nil {
		step("heavy", v.packages(), v)
	}
	step("foreign", foreign, nil)
	step("std", sortedUnique(append(slices.Clone(foreign), std...)), nil)
	return steps
}

func sortedUnique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// mergeHeavy joins the modules of several entries: one row per module, with the packages of all.
func mergeHeavy(list []HeavyModule) []HeavyModule {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b HeavyModule) int { return cmp.Compare(a.Path, b.Path) })
	var merged []HeavyModule
	for _, m := range list {
		if n := len(merged); n > 0 && merged[n-1].Path == m.Path {
			merged[n-1].Packages = sortedUnique(append(slices.Clone(merged[n-1].Packages), m.Packages...))
			continue
		}
		merged = append(merged, m)
	}
	return merged
}

// vendored writes the synthetic module for heavy dependencies. In vendor mode the go command needs neither go.sum nor
// the module graph, and compiles each package exactly as it would from the module cache, so the objects are found again.
func vendored(g Go, modules []HeavyModule) *Vendored {
	if len(modules) == 0 {
		return nil
	}
	var mod, txt strings.Builder
	fmt.Fprintf(&mod, "module crossgo.invalid/heavy\n\ngo %s\n\nrequire (\n", languageVersion(g.Version))
	for _, m := range modules {
		fmt.Fprintf(&mod, "\t%s %s\n", m.Path, m.Version)
		fmt.Fprintf(&txt, "# %s %s\n## explicit; go %s\n", m.Path, m.Version, m.GoVersion)
		for _, p := range m.Packages {
			fmt.Fprintln(&txt, p)
		}
	}
	mod.WriteString(")\n")
	return &Vendored{GoMod: mod.String(), ModulesTxt: txt.String(), Modules: modules}
}

func (v *Vendored) packages() []string {
	var all []string
	for _, m := range v.Modules {
		all = append(all, m.Packages...)
	}
	return sortedUnique(all)
}

// languageVersion cuts a patch release off: "1.26.8" gives "1.26".
func languageVersion(v string) string {
	parts := strings.SplitN(v, ".", 3)
	if len(parts) < 2 {
		return v
	}
	minor := parts[1]
	if i := strings.IndexFunc(minor, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		minor = minor[:i]
	}
	return parts[0] + "." + minor
}
