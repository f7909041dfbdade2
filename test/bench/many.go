package main

import "slices"

// manyCase is a generated pure Go module, built on an empty daemon, against a bare go build with an empty cache.
type manyCase struct {
	name      string
	mains     int
	platforms []string
	long      bool // takes very long: measured only when it is named
}

// purePlatforms are those that need no C library of ours, in the order they are taken from.
var purePlatforms = []string{
	"linux/amd64", "linux/arm64", "linux/386", "linux/riscv64", "windows/amd64", "windows/arm64", "darwin/amd64", "darwin/arm64",
	"freebsd/amd64", "linux/s390x", "linux/ppc64le", "openbsd/amd64",
}

var many = []manyCase{
	{"1-binary", 1, purePlatforms[:1], false},
	{"10-binaries", 10, purePlatforms[:1], false},
	{"100-binaries", 100, purePlatforms[:1], false},
	{"4-platforms", 1, purePlatforms[:4], false},
	{"12-platforms", 1, purePlatforms[:12], false},
	{hundredByTen, 100, purePlatforms[:10], true},
}

// hundredByTen has 1000 outputs.
const hundredByTen = "100x10"

func isMany(name string) bool {
	return slices.ContainsFunc(many, func(c manyCase) bool { return c.name == name })
}

// measureMany measures those that are wanted.
func (b *bench) measureMany() {
	for _, c := range many {
		if b.wants(c.name) {
			b.apart(func() { b.record(b.measureManyCase(c)) })
		}
	}
}

// measureManyCase builds cold, and once more with nothing changed: then the time until the export is what the graph takes.
func (b *bench) measureManyCase(m manyCase) Case {
	c := Case{Name: m.name}
	q := request{platforms: m.platforms, pure: true}
	context := b.programs(m.mains)
	for _, r := range b.chosen(bare, crossgo) {
		p := b.newPlace(r, context)
		built := r.build(b, p, q)
		b.say(m.name, r, built)
		c.add(r, built)
		if r.bare {
			b.chrootClean(p)
			continue
		}
		c.Outside = append(c.Outside, round(built.seconds-built.progress.compiling()))
		again := r.build(b, p, q)
		c.Graph = append(c.Graph, round(again.progress.graph()))
		if again.memory > 0 {
			c.Memory = append(c.Memory, again.memory)
		}
	}
	return c
}
