package plan

import (
	"slices"
	"strings"

	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
)

// BaseSet is what an image without a base stands on: users, /tmp and the like, and those parts that the programs look for. Which
// these are is known when the programs are linked; here is what it may be at most.
type BaseSet struct {
	Parts []string `json:"parts,omitempty"` // that some program may look for
	Keep  []string `json:"keep,omitempty"`  // those of them that the image gets in any case
}

// partRules say by which package of the standard library a program may look for a part, and by which it has its own.
var partRules = []struct{ part, asks, brings string }{
	{sysroot.PartRoots, "crypto/x509", ""},
	{sysroot.PartZones, "time", "time/tzdata"},
}

// zoneVariable names the zone of local times. Nearly every program reads it, and few have to: who sets it wants it read.
const zoneVariable = "TZ"

// newBaseSet decides what the programs may need at most. What C code looks for cannot be known: it gets all. Who sets a time zone, or
// has certificates of their own, wants them read.
func newBaseSet(in Input, all []binary, img *Image) *BaseSet {
	set := &BaseSet{}
	for _, rule := range partRules {
		if slices.ContainsFunc(all, func(b binary) bool { return b.cgo || asks(in.Facts.Binaries[b.entry], rule.asks, rule.brings) }) {
			set.Parts = append(set.Parts, rule.part)
		}
	}
	if slices.ContainsFunc(img.Env, func(kv string) bool { return strings.HasPrefix(kv, zoneVariable+"=") }) {
		set.keep(sysroot.PartZones)
	}
	if len(img.Certificates) > 0 {
		set.keep(sysroot.PartRoots)
	}
	return set
}

func (set *BaseSet) keep(part string) {
	set.Keep = append(set.Keep, part)
	if !slices.Contains(set.Parts, part) {
		set.Parts = append(set.Parts, part)
	}
}

// asks reports whether an entry's programs import what looks for a part. The facts are of all programs of the entry: only of a
// single one is it known that it has its own.
func asks(facts BinaryFacts, by, own string) bool {
	return slices.Contains(facts.Std, by) && !(len(facts.Mains) == 1 && slices.Contains(facts.Std, own))
}

// meetNeeds tells the gate in which image the programs will run.
func (p *Plan) meetNeeds() {
	img := verify.Image{Base: p.Image.Base, Chosen: p.Image.BaseSet == nil}
	switch {
	case p.Image.BaseSet != nil:
		img.Base, img.Has = "auto", verify.AutoMeets()
	case p.Image.Base == "":
		img.Base, img.Has = "scratch", []string{verify.NeedDNS} // the C library comes along, with its modules
	default:
		img.Root = PathRoot
	}
	files := 0
	for _, u := range p.Units {
		files += len(u.Outputs)
	}
	if files > 1 { // programs of one image may start each other
		img.Has = append(img.Has, verify.NeedPrograms)
	}
	for _, kv := range p.Image.Env {
		if name, _, _ := strings.Cut(kv, "="); p.Image.BaseSet == nil && verify.TellsNeed(name) {
			img.Env = append(img.Env, kv)
		}
	}
	for _, u := range p.Units {
		for i := range u.Outputs {
			u.Outputs[i].Want.Image = &img
		}
	}
}
