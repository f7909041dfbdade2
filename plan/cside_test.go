package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/stretchr/testify/require"
)

// C++ on musl needs the source package of the C++ library and thereby the index of source packages; C does not.
func TestMuslSources(t *testing.T) {
	c := plancase.Case{Spec: "# syntax=x\nbinaries: [{main: .}]\n", Target: "linux/arm64", Build: "linux/amd64"}
	for _, cxx := range []bool{true, false} {
		facts := plan.BinaryFacts{Mains: []plan.MainPackage{{ImportPath: "example.com/app"}}, CGO: true, CXX: cxx, CGONeeds: []string{"example.com/app"}}
		c.Facts = []plan.BinaryFacts{facts}
		in, err := c.Input()
		require.NoError(t, err)
		p, err := plan.New(in)
		require.NoError(t, err)
		suites := plan.RequestsBySuite([]*plan.Plan{p})
		require.Len(t, suites, 1)
		target := suites[0].Requests[1]
		if cxx {
			require.Equal(t, []string{"amd64", "arm64", "source"}, suites[0].Archs())
			require.Equal(t, "trixie-musl-arm64-cxx", target.Name)
			require.Equal(t, []string{"emscripten"}, target.Sources)
		} else {
			require.Equal(t, []string{"amd64", "arm64"}, suites[0].Archs())
			require.Empty(t, target.Sources)
		}
	}
}

func TestHostAheadOnlyWhereTheSpecAloneSaysC(t *testing.T) {
	for _, c := range []struct {
		spec, target, binary string
		want                 bool
	}{
		{"binaries: [{main: ., cgo: 'on'}]\n", "linux/arm64", "", true},
		{"binaries: [{main: .}]\n", "linux/arm64", "", false},
		{"binaries: [{main: ., cgo: 'on'}]\n", "windows/amd64", "", false},
		{"binaries: [{main: ., name: a, cgo: 'on'}, {main: ./b, name: b}]\n", "linux/arm64", "b", false},
		{"binaries: [{main: ., name: a, cgo: 'on'}, {main: ./b, name: b}]\n", "linux/arm64", "a", true},
	} {
		file, err := spec.Parse("crossgo.yaml", []byte("# syntax=x\n"+c.spec))
		require.NoError(t, err)
		target, err := spec.ParsePlatform(c.target)
		require.NoError(t, err)
		s, where, ok := plan.HostAhead(file, []spec.Platform{target}, spec.Platform{OS: "linux", Arch: "amd64"}, plan.Select{Binary: c.binary})
		require.Equal(t, c.want, ok, "%+v", c)
		if ok {
			require.Equal(t, "@{binaries[0].main[0]}", where)
			require.Equal(t, sysroot.HostSuite, s.Suite)
			require.Equal(t, "host-amd64", s.Requests[0].Name)
		}
	}
}
