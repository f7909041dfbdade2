package plan

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// TestPartsAreThoseThatSomeProgramMayNeed: what surely nobody looks for, no image has.
func TestPartsAreThoseThatSomeProgramMayNeed(t *testing.T) {
	one := []MainPackage{{ImportPath: "x"}}
	both := sysroot.BaseParts()
	for name, c := range map[string]struct {
		facts BinaryFacts
		cgo   bool
		env   []string
		certs []string
		parts []string
		keep  []string
	}{
		"nothing":                      {facts: BinaryFacts{Mains: one, Std: []string{"fmt"}}},
		"time alone":                   {facts: BinaryFacts{Mains: one, Std: []string{"time"}}, parts: []string{sysroot.PartZones}},
		"its own zones":                {facts: BinaryFacts{Mains: one, Std: []string{"time", "time/tzdata"}}},
		"one of two has its own":       {facts: BinaryFacts{Mains: append(one, one...), Std: []string{"time", "time/tzdata"}}, parts: []string{sysroot.PartZones}},
		"TLS":                          {facts: BinaryFacts{Mains: one, Std: []string{"crypto/x509", "time", "time/tzdata"}}, parts: []string{sysroot.PartRoots}},
		"C, of which nothing is known": {facts: BinaryFacts{Mains: one, Std: []string{"fmt", "time/tzdata"}}, cgo: true, parts: both},
		"a zone in the environment":    {facts: BinaryFacts{Mains: one}, env: []string{"TZ=Asia/Tokyo"}, parts: []string{sysroot.PartZones}, keep: []string{sysroot.PartZones}},
		"its own certificates":         {facts: BinaryFacts{Mains: one}, certs: []string{"ca.pem"}, parts: []string{sysroot.PartRoots}, keep: []string{sysroot.PartRoots}},
		"another variable":             {facts: BinaryFacts{Mains: one}, env: []string{"TZX=Asia/Tokyo"}},
	} {
		in := Input{Facts: TargetFacts{Binaries: []BinaryFacts{c.facts}}, Build: spec.Platform{OS: "linux", Arch: "amd64"}}
		img := &Image{Env: c.env}
		for _, from := range c.certs {
			img.Certificates = append(img.Certificates, ContextFile{From: from})
		}
		set := newBaseSet(in, []binary{{cgo: c.cgo}}, img)
		require.Equal(t, c.parts, set.Parts, name)
		require.Equal(t, c.keep, set.Keep, name)
		require.Equal(t, slices.Contains(c.parts, sysroot.PartZones), set.Zones(), name)
	}
}
