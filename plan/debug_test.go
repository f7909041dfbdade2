package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestDebugInformationOfC: C is compiled without it when no program would keep it, and then for all alike.
func TestDebugInformationOfC(t *testing.T) {
	c := plan.BinaryFacts{Mains: []plan.MainPackage{{ImportPath: "m/a"}}, CGO: true, CGOUsers: []string{"m/a"}}
	pure := plan.BinaryFacts{Mains: []plan.MainPackage{{ImportPath: "m/p"}}}
	for _, test := range []struct {
		first, second string // ldflags
		facts         [2]plan.BinaryFacts
		want          string
	}{
		{"", "", [2]plan.BinaryFacts{c, pure}, "-g"},
		{"-s", "", [2]plan.BinaryFacts{c, pure}, "-g0"},
		{"-w", "-s", [2]plan.BinaryFacts{c, c}, "-g0"},
		{"-s=true", "", [2]plan.BinaryFacts{c, c}, "-g"},
		{"--s -w", "-X main.a=-w -s=1", [2]plan.BinaryFacts{c, c}, "-g0"},
		{"-s -w=0", "", [2]plan.BinaryFacts{c, pure}, "-g"},
		{"-s=false", "-s", [2]plan.BinaryFacts{c, c}, "-g"},
		{"-X main.s=-s", "-s", [2]plan.BinaryFacts{c, c}, "-g"},
	} {
		in, err := plancase.Case{Spec: fmt.Sprintf("# syntax=x\nbinaries: [{main: ./a, name: a, libc: glibc, ldflags: ['%s']}, {main: ./b, name: b, libc: glibc, ldflags: ['%s']}]\n", or(test.first), or(test.second)),
			Facts: test.facts[:], Target: "linux/amd64", Build: "linux/amd64"}.Input()
		require.NoError(t, err)
		p, err := plan.New(in)
		require.NoError(t, err)
		require.Contains(t, strings.Join(p.Units[0].C.Env, "\n"), "CGO_CFLAGS=-O2 "+test.want+"\n", test)
	}
}

// TestWhatTheGateAsksOfSymbols: the linker's own rules for -s and -w.
func TestWhatTheGateAsksOfSymbols(t *testing.T) {
	pure := plan.BinaryFacts{Mains: []plan.MainPackage{{ImportPath: "m/p"}}}
	for flags, want := range map[string]string{"": "none", "-s": "all", "-w": "debug", "-s -w": "all", "-s -w=false": "", "-s=false": "none", "-X main.s=-s": "none"} {
		in, err := plancase.Case{Spec: fmt.Sprintf("# syntax=x\nbinaries: [{main: ./a, name: a, ldflags: ['%s']}]\n", or(flags)),
			Facts: []plan.BinaryFacts{pure}, Target: "linux/amd64", Build: "linux/amd64"}.Input()
		require.NoError(t, err)
		p, err := plan.New(in)
		require.NoError(t, err)
		require.Equal(t, want, p.Units[0].Outputs[0].Want.Strip, flags)
	}
}

// or gives a list of flags something harmless when there is none.
func or(flags string) string {
	if flags == "" {
		return "-v"
	}
	return flags
}
