package plan_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestHeavyIsTheSameWhateverTheLink: a program that is linked another way compiles its C dependencies no second time, unless
// what pkg-config says of them differs.
func TestHeavyIsTheSameWhateverTheLink(t *testing.T) {
	module := plan.HeavyModule{Path: "example.com/c", Version: "v1.0.0", GoVersion: "1.21", Dir: "example.com/c@v1.0.0", Packages: []string{"example.com/c"}}
	for _, pkgConfig := range []bool{false, true} {
		module.PkgConfig = pkgConfig
		static, staticEnv := heavyOf(t, module, "static")
		dynamic, dynamicEnv := heavyOf(t, module, "dynamic")
		require.Equal(t, static, dynamic)
		require.Equal(t, !pkgConfig, maps.Equal(staticEnv, dynamicEnv))
	}
}

// heavyOf is the step of a glibc program, and its whole environment.
func heavyOf(t *testing.T, module plan.HeavyModule, link string) (plan.DepsStep, map[string]string) {
	t.Helper()
	in, err := plancase.Case{
		Spec: "# syntax=x\nbinaries: [{main: ., libc: glibc, link: " + link + "}]\n", Target: "linux/arm64", Build: "linux/amd64",
		Facts: []plan.BinaryFacts{{Mains: []plan.MainPackage{{ImportPath: "example.com/app"}}, CGO: true, Heavy: []plan.HeavyModule{module}, Foreign: []string{"example.com/c"}}},
	}.Input()
	require.NoError(t, err)
	p, err := plan.New(in)
	require.NoError(t, err)
	step, env := p.Units[0].Deps[0], map[string]string{}
	require.Equal(t, "heavy", step.ID)
	for _, kv := range p.Units[0].DepsEnv(step) {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	return step, env
}

// TestHeavyIsNotBehindItsModules: the go command refuses a module whose go line is older than that of one it needs.
func TestHeavyIsNotBehindItsModules(t *testing.T) {
	module := plan.HeavyModule{Path: "example.com/c", Version: "v1.0.0", Dir: "example.com/c@v1.0.0", Packages: []string{"example.com/c"}}
	for _, c := range []struct{ module, want, own string }{
		{"1.21", "go 1.26.8", "module example.com/c\n\ngo 1.21\n"},
		{"1.26.9", "go 1.26.9", "module example.com/c\n\ngo 1.26.9\n"},
		{"", "go 1.26.8", "module example.com/c\n"},
	} {
		module.GoVersion = c.module
		step, _ := heavyOf(t, module, "static")
		require.Equal(t, c.own, step.Heavy.Files[0].Text)
		require.Contains(t, step.Heavy.Files[1].Text, "\n"+c.want+"\n")
	}
}
