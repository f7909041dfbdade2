package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
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
