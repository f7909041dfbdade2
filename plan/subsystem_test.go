package plan_test

import (
	"fmt"
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
	"github.com/stretchr/testify/require"
)

// wantOf is what the gate asks of the one output of a spec.
func wantOf(t *testing.T, target, keys string) verify.Want {
	t.Helper()
	in, err := plancase.Case{Spec: fmt.Sprintf("# syntax=x\nbinaries: [{main: ./a, name: a, %s}]\n", keys),
		Facts: []plan.BinaryFacts{{Mains: []plan.MainPackage{{ImportPath: "m/p"}}}}, Target: target, Build: "linux/amd64"}.Input()
	require.NoError(t, err)
	p, err := plan.New(in)
	require.NoError(t, err)
	return p.Units[0].Outputs[0].Want
}

func TestSubsystem(t *testing.T) {
	for _, c := range []struct{ target, ldflags, want string }{
		{"windows/amd64", "-s", "console"},
		{"windows/amd64", "-H=windowsgui", "gui"},
		{"windows/arm64", "-s -H windowsgui", "gui"},
		{"windows/amd64", "-X main.H=windowsgui", "console"},
		{"linux/amd64", "-H=windowsgui", ""},
	} {
		require.Equal(t, c.want, wantOf(t, c.target, fmt.Sprintf("ldflags: ['%s']", c.ldflags)).Subsystem, c)
	}
}

// TestTheGateAsksForTags: those of the spec and no others, and what no spec can set is not set.
func TestTheGateAsksForTags(t *testing.T) {
	require.Equal(t, []string{"one", "two"}, wantOf(t, "linux/amd64", "tags: [one, two]").Tags)
	none := wantOf(t, "linux/amd64", "cgo: off")
	require.Equal(t, []string{}, none.Tags)
	require.True(t, none.Trimpath)
	require.Equal(t, map[string]string{"-gcflags": "", "GOEXPERIMENT": "", "GOFIPS140": ""}, none.Settings)
}
