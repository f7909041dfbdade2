package main

import (
	"fmt"
	"slices"
	"time"
)

// freshCase is a build on an empty daemon with the registry cache that was exported after the cold build: a new CI runner.
type freshCase struct {
	name   string
	edit   edit
	output string         // value of -o
	times  map[string]int // by rival; a Dockerfile that compiles everything again takes minutes
}

var (
	quick = map[string]int{dockerfile.name: 3, crossgo.name: 3}
	slow  = map[string]int{dockerfile.name: 1, crossgo.name: 3}

	fresh = []freshCase{
		{freshSame, nothing, "type=cacheonly", quick},
		{freshWritten, nothing, "", quick},
		{freshEdited, editLine, "", slow},
		{freshModule, editModule, "", slow},
	}
)

// exportCase is how long it takes to export the cache; it is measured where a fresh case is.
const exportCase = "cache-export"

// cacheRepos are the repositories of the test registry with the caches.
var cacheRepos = map[string]string{dockerfile.name: "cache/dockerfile", crossgo.name: "cache/crossgo"}

// measureFresh exports the caches of the daemons that have built cold, and measures the fresh cases.
func (b *bench) measureFresh(places map[string]*place) {
	export := Case{Name: exportCase}
	for _, r := range b.chosen(dockerfile, crossgo) {
		q := two(0)
		q.output = "type=cacheonly"
		q.args = []string{"--cache-to=type=registry,mode=max,ref=" + b.env.Registry.Ref(cacheRepos[r.name]) + ":1"}
		built := r.build(b, places[r.name], q)
		b.say(exportCase, r, built)
		export.add(r, built)
	}
	b.record(export)
	for _, c := range fresh {
		if b.wants(c.name) {
			b.record(b.measureFreshCase(c))
		}
	}
}

// measureFreshCase builds each time on a daemon of its own.
func (b *bench) measureFreshCase(f freshCase) Case {
	c := Case{Name: f.name, Pulled: map[string][]int64{}}
	for _, r := range b.chosen(dockerfile, crossgo) {
		for n := range b.times(f.times[r.name]) {
			b.apart(func() { b.buildFresh(f, &c, r, n) })
		}
	}
	return c
}

// buildFresh is one of these builds, with what it pulled from the cache.
func (b *bench) buildFresh(f freshCase, c *Case, r rival, n int) {
	p := b.newPlace(r, b.sqlite())
	f.edit(b, p.dir, n)
	q := two(0)
	q.output = f.output
	q.args = []string{"--cache-from=type=registry,ref=" + b.env.Registry.Ref(cacheRepos[r.name]) + ":1"}
	b.env.Registry.TakePulls()
	built := r.build(b, p, q)
	time.Sleep(100 * time.Millisecond) // the counter is written when the answer ends
	pulls := slices.DeleteFunc(b.env.Registry.TakePulls(), notFrom(cacheRepos[r.name]))
	b.say(f.name, r, built)
	c.add(r, built)
	fmt.Printf("%-16s %-14s %10s pulled\n", f.name, r.name, mega(sum(pulls)))
	c.Pulled[r.name] = append(c.Pulled[r.name], sum(pulls))
	if r.name == crossgo.name {
		c.Blobs = b.largest(pulls, built.progress, 12)
	}
}
