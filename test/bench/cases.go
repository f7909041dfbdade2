package main

import (
	"fmt"
	"slices"
)

var (
	twoPlatforms  = []string{"linux/amd64", "linux/arm64"}
	extraPlatform = "linux/arm/v7"
)

// Names of the cases, which are also what -cases takes.
const (
	cold         = "cold"
	unchanged    = "unchanged"
	edited       = "edit"
	stdImport    = "std"
	newModule    = "module"
	versionOnly  = "version"
	onePlatform  = "platform"
	freshSame    = "fresh"
	freshWritten = "fresh-written"
	freshEdited  = "fresh-edit"
	freshModule  = "fresh-module"
)

// warmCase is measured on daemons that have the cold build behind them, and the warm cases before it.
type warmCase struct {
	name    string
	times   int
	rivals  []rival
	edit    edit
	request func(n int) request
}

// two asks for both platforms.
func two(int) request { return request{platforms: twoPlatforms, version: "dev"} }

var (
	three = []rival{dockerfile, bare, crossgo}

	// warm are the cases after the cold one, in the order they are measured. In the last there is one repeat: afterwards the
	// platform is known.
	warm = []warmCase{
		{unchanged, 5, columns, nothing, two},
		{edited, 5, columns, editLine, two},
		{versionOnly, 5, three, nothing, func(n int) request {
			return request{platforms: twoPlatforms, version: fmt.Sprintf("v1.0.%d", n)}
		}},
		{stdImport, 3, three, editStd, two},
		{newModule, 3, three, editModule, two},
		{onePlatform, 1, three, nothing, func(int) request { return request{platforms: []string{extraPlatform}, version: "dev"} }},
	}
)

// caseNames are all, in the order they are measured; or without those that take very long.
func caseNames(short bool) []string {
	names := []string{cold}
	for _, c := range fresh {
		names = append(names, c.name)
	}
	for _, c := range warm {
		names = append(names, c.name)
	}
	for _, c := range many {
		if !c.long || !short {
			names = append(names, c.name)
		}
	}
	return append(names, verifyCase)
}

// measureSqlite measures the cases of examples/sqlite. Every one begins with the cold builds, so these are part of all.
func (b *bench) measureSqlite() {
	if !slices.ContainsFunc(b.cases, func(n string) bool { return !isMany(n) && n != verifyCase }) {
		return
	}
	b.apart(func() {
		places := b.sqlitePlaces()
		b.record(b.measureCold(places))
		if slices.ContainsFunc(fresh, func(c freshCase) bool { return b.wants(c.name) }) {
			b.measureFresh(places)
		}
		for _, c := range warm {
			if b.wants(c.name) {
				b.record(b.measureWarm(c, places))
			}
		}
	})
}

// sqlitePlaces are fresh ones for all rivals, by name; kin share a daemon, not a context.
func (b *bench) sqlitePlaces() map[string]*place {
	places := map[string]*place{}
	for _, r := range b.chosen(columns...) {
		if r.kin != "" {
			places[r.name] = &place{daemon: places[r.kin].daemon, dir: b.sqlite()}
			continue
		}
		places[r.name] = b.newPlace(r, b.sqlite())
	}
	if p := places[bare.name]; p != nil {
		b.chroot(p, "go mod download").OK(b)
	}
	return places
}

// measureCold builds once on each empty daemon. Those that share a daemon then build once, unmeasured, as they would find
// what the other made.
func (b *bench) measureCold(places map[string]*place) Case {
	c := Case{Name: cold}
	for _, r := range b.chosen(columns...) {
		built := r.build(b, places[r.name], two(0))
		if r.kin != "" {
			continue
		}
		b.say(cold, r, built)
		c.add(r, built)
		if r.name == crossgo.name {
			c.Outside = append(c.Outside, round(built.seconds-built.progress.compiling()))
		}
	}
	return c
}

// measureWarm takes turns between the rivals, so that what the machine does besides hits all.
func (b *bench) measureWarm(w warmCase, places map[string]*place) Case {
	c := Case{Name: w.name}
	for n := range b.times(w.times) {
		for _, r := range b.chosen(w.rivals...) {
			p := places[r.name]
			w.edit(b, p.dir, n)
			built := r.build(b, p, w.request(n))
			b.say(w.name, r, built)
			c.add(r, built)
			if r.name == crossgo.name && w.name == unchanged {
				c.Graph = append(c.Graph, round(built.progress.graph()))
			}
		}
	}
	return c
}

// times is how often a case is repeated: what can be measured once is measured once.
func (b *bench) times(own int) int {
	if b.runs == 0 || own == 1 {
		return own
	}
	return b.runs
}

// say tells the user what was just measured.
func (b *bench) say(name string, r rival, built built) {
	fmt.Printf("%-16s %-14s %8.2f s\n", name, r.name, built.seconds)
}
