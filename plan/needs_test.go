package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// TestPartsAreThoseThatSomeProgramMayNeed: what surely nobody looks for is not even fetched.
func TestPartsAreThoseThatSomeProgramMayNeed(t *testing.T) {
	one := []MainPackage{{ImportPath: "x"}}
	both := sysroot.BaseParts()
	for name, c := range map[string]struct {
		facts BinaryFacts
		cgo   bool
		env   []string
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
		"another variable":             {facts: BinaryFacts{Mains: one}, env: []string{"TZX=Asia/Tokyo"}},
	} {
		in := Input{Facts: TargetFacts{Binaries: []BinaryFacts{c.facts}}, Build: spec.Platform{OS: "linux", Arch: "amd64"}}
		set := newBaseSet(in, []binary{{cgo: c.cgo}}, c.env)
		require.Equal(t, c.parts, set.Parts, name)
		require.Equal(t, c.keep, set.Keep, name)
		require.Equal(t, sysroot.BasePackages(c.parts), set.Request.Packages, name)
		img := &Image{BaseSet: set}
		require.Equal(t, len(c.parts) > 0, img.packaged(), name)
	}
	require.False(t, (*Image)(nil).packaged())
}
