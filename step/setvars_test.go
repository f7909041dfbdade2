package step

import (
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestSetVariables: what the linker would pass over in silence is said, by the go command's own view of the packages.
func TestSetVariables(t *testing.T) {
	withRealGo(t)
	dir := module(t, map[string]string{
		"go.mod": gomod,
		"main.go": "package main\n\nimport _ \"example.com/m/build\"\n\nvar version = \"dev\"\n\nvar (\n\tcommit string\n\ta, b = \"x\" + \"y\", (\"z\")\n\tcount = 3\n\tdebug = false\n\tnumber int\n" +
			"\tlist []string\n\tmade = name()\n\tfirst, second = two()\n)\n\nconst fixed = \"x\"\n\ntype kind string\n\nfunc name() string { return \"\" }\n\nfunc two() (string, string) { return \"\", \"\" }\n\nfunc main() {}\n",
		"tagged.go":      "//go:build special\n\npackage main\n\nvar tagged string\n",
		"build/build.go": "package build\n\nvar Date string\n",
	})
	const none, text, code = "the package has no such variable, and the linker passes over it in silence", "it is no string: -X sets nothing else", byCode
	for name, want := range map[string]string{
		"version": "", "commit": "", "a": "", "b": "", "count": text, "debug": text, "number": text, "list": text, "made": code, "first": code, "second": code,
		"fixed": "it is a constant: declare it with var", "kind": "it is a type", "name": "it is a function", "verison": none + ` (did you mean "version"?)`, "tagged": none, "zzzzzzzz": none,
	} {
		err := checkVariables(t.Context(), dir, offline(t), plan.BuildOutput{Args: []string{"build", "example.com/m"}, Vars: []plan.BuildVar{{Package: "main", Name: name, Where: "@{binaries[0].ldflags[1]}"}}})
		if want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.EqualError(t, err, "@{binaries[0].ldflags[1]}: ldflags: found -X main."+name+", but "+want)
	}
	b := plan.BuildOutput{Args: []string{"build", "-tags=special", "-o", "x", "example.com/m"}, Vars: []plan.BuildVar{
		{Package: "main", Name: "tagged"}, {Package: "example.com/m/build", Name: "Date"}, {Package: "runtime", Name: "buildVersion"}}}
	require.NoError(t, checkVariables(t.Context(), dir, offline(t), b))
	b.Vars = append(b.Vars, plan.BuildVar{Package: "example.com/m/build", Name: "Dat", Where: "x"}, plan.BuildVar{Package: "main", Name: "versio", Where: "y"})
	require.EqualError(t, checkVariables(t.Context(), dir, offline(t), b), "x: ldflags: found -X example.com/m/build.Dat, but "+none+" (did you mean \"Date\"?)\n"+
		"y: ldflags: found -X main.versio, but "+none+" (did you mean \"version\"?)")
	require.NoError(t, checkVariables(t.Context(), "/nothere", nil, plan.BuildOutput{}), "without -X nothing is asked")
}
