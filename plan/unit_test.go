package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// bareFacts are those of a program with C of its own, a module with C, and one without.
func bareFacts() plan.BinaryFacts {
	return plan.BinaryFacts{
		Mains: []plan.MainPackage{{ImportPath: "example.com/app"}}, CGO: true,
		Heavy:   []plan.HeavyModule{{Path: "example.com/c", Version: "v1.0.0", Dir: "example.com/c@v1.0.0", Packages: []string{"example.com/c"}}},
		Foreign: []string{"example.com/c", "example.com/pure"}, Std: []string{"errors", "fmt", "net", "sort"},
		Pure: plan.PurePackages{Heavy: []string{"errors"}, Foreign: []string{"errors", "fmt"}, All: []string{"errors", "fmt", "sort"}},
	}
}

// depsOf are the dependency steps of a plan's only unit, with the environment that each has.
func depsOf(t *testing.T, keys string, facts ...plan.BinaryFacts) (steps []plan.DepsStep, envs [][]string) {
	t.Helper()
	spec := "# syntax=x\nbinaries:\n"
	for i := range facts {
		spec += "  - {main: ./" + string(rune('a'+i)) + ", name: " + string(rune('a'+i)) + ", " + keys + "}\n"
	}
	in, err := plancase.Case{Spec: spec, Target: "linux/arm64", Build: "linux/amd64", Facts: facts}.Input()
	require.NoError(t, err)
	p, err := plan.New(in)
	require.NoError(t, err)
	require.Len(t, p.Units, 1)
	for _, d := range p.Units[0].Deps {
		envs = append(envs, p.Units[0].DepsEnv(d))
	}
	return p.Units[0].Deps, envs
}

// TestBareKnowsNothingOfTheCLibrary: the part of the standard library without C is compiled once for all C libraries and links.
func TestBareKnowsNothingOfTheCLibrary(t *testing.T) {
	want, wantEnvs := depsOf(t, "libc: musl", bareFacts())
	require.True(t, want[0].Bare)
	for _, keys := range []string{"libc: glibc, link: static", "libc: glibc, link: dynamic", "libc: musl, link: dynamic"} {
		steps, envs := depsOf(t, keys, bareFacts())
		require.Equal(t, want[0], steps[0])
		require.Equal(t, wantEnvs[0], envs[0])
	}
	pie, _ := depsOf(t, "link: pie", bareFacts())
	require.NotEqual(t, want[0], pie[0], "position independent code is compiled differently")
}

// TestANewImportRunsNoEarlierStep: what the user imports of the standard library does not reach the steps with other people's code.
func TestANewImportRunsNoEarlierStep(t *testing.T) {
	for name, c := range map[string]struct {
		without func(*plan.BinaryFacts)
		first   []string // of the standard library, in the step before the first with other people's code
	}{
		"module with C":    {func(*plan.BinaryFacts) {}, []string{"errors"}},
		"module without C": {func(f *plan.BinaryFacts) { f.Heavy = nil }, []string{"errors", "fmt"}},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := bareFacts(), bareFacts()
			c.without(&before)
			c.without(&after)
			after.Std, after.Pure.All = append(after.Std, "strings"), append(after.Pure.All, "strings")
			was, _ := depsOf(t, "libc: musl", before)
			is, _ := depsOf(t, "libc: musl", after)
			require.Equal(t, c.first, was[0].Args[len(was[0].Args)-len(c.first):])
			require.Equal(t, was[:len(was)-1], is[:len(is)-1])
			require.NotEqual(t, was[len(was)-1], is[len(is)-1])
		})
	}
}

// TestBareOfAMixedUnit: an entry without modules with C adds nothing to what those of another entry wait for.
func TestBareOfAMixedUnit(t *testing.T) {
	other := bareFacts()
	other.Heavy, other.Pure = nil, plan.PurePackages{Foreign: []string{"fmt", "io"}, All: []string{"fmt", "io", "time"}}
	alone, _ := depsOf(t, "libc: musl", bareFacts())
	both, _ := depsOf(t, "libc: musl", bareFacts(), other)
	require.Equal(t, alone[:2], both[:2])
}

// TestBareOfOwnCAlone: where nobody else's code is compiled, all of the standard library that needs no C comes first.
func TestBareOfOwnCAlone(t *testing.T) {
	own := bareFacts()
	own.Heavy, own.Foreign = nil, nil
	steps, _ := depsOf(t, "libc: musl", own)
	require.Equal(t, []string{"errors", "fmt", "sort"}, steps[0].Args[len(steps[0].Args)-3:])
}
