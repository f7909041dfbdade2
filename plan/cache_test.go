package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestCacheModes: what each word means, with a Go that can ask for objects and with an older one.
func TestCacheModes(t *testing.T) {
	both, layers, mounts := plan.Cache{Layers: true, Asks: true}, plan.Cache{Layers: true}, plan.Cache{Asks: true}
	for _, c := range []struct {
		spec, goVersion string
		want            plan.Cache
		fails           string
	}{
		{"", "1.26.8", both, ""},
		{"cache: auto\n", "1.24", both, ""},
		{"cache: auto\n", "1.23.4", layers, ""},
		{"cache: layers\n", "1.26.8", layers, ""},
		{"cache: mounts\n", "1.26.8", mounts, ""},
		{"cache: both\n", "1.23.4", plan.Cache{}, "crossgo.yaml:2:8: cache: found both with Go 1.23.4, which needs Go 1.24 or newer: allowed are auto and layers"},
		{"cache: {prog: tool}\n", "1.23.4", plan.Cache{}, "crossgo.yaml:2:8: cache: found prog with Go 1.23.4"},
		{"cache: {prog: [a/tool, '${TARGETARCH}']}\n", "1.26.8", plan.Cache{Asks: true, Prog: []string{"/src/a/tool", "arm64"}}, ""},
		{"args: {T: ../x}\ncache: {prog: '${T}'}\n", "1.26.8", plan.Cache{}, `crossgo.yaml:3:15: cache: prog[0]: found "../x", want a file of the build context`},
	} {
		in, err := plancase.Case{Spec: "# syntax=x\n" + c.spec, Target: "linux/arm64", Build: "linux/amd64",
			Facts: []plan.BinaryFacts{{Mains: []plan.MainPackage{{ImportPath: "m/a"}}}}}.Input()
		require.NoError(t, err, c.spec)
		in.Go.Version = c.goVersion
		p, err := plan.New(in)
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails, c.spec)
			continue
		}
		require.NoError(t, err, c.spec)
		require.Equal(t, c.want, p.Cache, c.spec)
	}
}
