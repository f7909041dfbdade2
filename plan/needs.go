package plan

import (
	"slices"
	"strings"

	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
)

// BaseSet is what an image without a base stands on: users, /tmp and the like, and those parts of package files that the programs
// look for. Which these are is known when the programs are linked; here is what it may be at most, so that what surely nobody
// looks for is not fetched.
type BaseSet struct {
	Parts   []string        `json:"parts,omitempty"` // that some program may look for, and the packages have
	Keep    []string        `json:"keep,omitempty"`  // those of them that the image gets in any case
	Request sysroot.Request `json:"request"`         // of no packages when there are no parts
	Set     sysroot.Set     `json:"set"`
}

// partRules say by which package of the standard library a program may look for a part, and by which it has its own.
var partRules = []struct{ part, asks, brings string }{
	{sysroot.PartRoots, "crypto/x509", ""},
	{sysroot.PartZones, "time", "time/tzdata"},
}

// zoneVariable names the zone of local times. Nearly every program reads it, and few have to: who sets it wants it read.
const zoneVariable = "TZ"

// newBaseSet decides what the programs may need at most. What C code looks for cannot be known: it gets all.
func newBaseSet(in Input, all []binary, env []string) *BaseSet {
	set := &BaseSet{}
	for _, rule := range partRules {
		if slices.ContainsFunc(all, func(b binary) bool { return b.cgo || asks(in.Facts.Binaries[b.entry], rule.asks, rule.brings) }) {
			set.Parts = append(set.Parts, rule.part)
		}
	}
	if slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, zoneVariable+"=") }) {
		set.Keep = []string{sysroot.PartZones}
		if !slices.Contains(set.Parts, sysroot.PartZones) {
			set.Parts = append(set.Parts, sysroot.PartZones)
		}
	}
	packages := sysroot.BasePackages(set.Parts)
	name := strings.Join(append([]string{"base"}, packages...), "-") // platforms may differ in what they import
	set.Request = sysroot.Request{Name: name, Kind: sysroot.KindBase, Arch: in.Build.Arch, Packages: packages}
	return set
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
