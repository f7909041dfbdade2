package frontend

import (
	"encoding/json"
	"testing"

	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/stretchr/testify/require"
)

// answer asks a question about a spec instead of building it.
func answer(t *testing.T, f *fake, id string, v any) {
	t.Helper()
	f.options["requestid"] = id
	res := f.ok(t)
	require.NoError(t, json.Unmarshal(res.Metadata["result.json"], v))
	require.False(t, f.askedFor("compile"))
}

func TestTargetsAreListed(t *testing.T) {
	var list targets.List
	answer(t, newFake("image: {}\n"), targets.SubrequestsTargetsDefinition.Name, &list)
	defaults := map[string]bool{}
	for _, target := range list.Targets {
		defaults[target.Name] = target.Default
	}
	require.Equal(t, map[string]bool{"bin": false, "image": true, "report": false, "release": false, "test": false, "test-results": false}, defaults)
}

func TestOutlineNamesTheArgs(t *testing.T) {
	var o outline.Outline
	answer(t, newFake("args: {VERSION: dev, OTHER: x}\n", "build-arg:OTHER", "y"), outline.SubrequestsOutlineDefinition.Name, &o)
	values := map[string]string{}
	for _, a := range o.Args {
		values[a.Name] = a.Value
	}
	require.Equal(t, map[string]string{"VERSION": "dev", "OTHER": "y"}, values)
}

// TestOutlineNamesTheSecrets: with the place that asks for each, and what a build cannot do without.
func TestOutlineNamesTheSecrets(t *testing.T) {
	const text = "cache: {prog: ./cache}\nrelease: {signer: minisign}\n"
	for target, required := range map[string]bool{"bin": false, "release": true} {
		var o outline.Outline
		answer(t, newFake(text, "target", target), outline.SubrequestsOutlineDefinition.Name, &o)
		lines := map[string]int32{}
		for _, s := range o.Secrets {
			require.Equal(t, required && s.Name == "minisign-key", s.Required, s.Name)
			lines[s.Name] = 0
			if s.Location != nil {
				lines[s.Name] = s.Location.Ranges[0].Start.Line
			}
		}
		require.Equal(t, map[string]int32{"ca-certificates": 0, "netrc": 0, "cache-prog": 2, "minisign-key": 3, "minisign-password": 3}, lines)
	}
}

func TestLint(t *testing.T) {
	var results lint.LintResults
	answer(t, newFake("", "build-arg:VERSON", "2"), lint.SubrequestLintDefinition.Name, &results)
	require.Nil(t, results.Error)
	require.Len(t, results.Warnings, 1)
	require.Contains(t, results.Warnings[0].Detail, "VERSON")
}

// TestLintOfABrokenSpec: the problem is the answer, not a failure.
func TestLintOfABrokenSpec(t *testing.T) {
	var results lint.LintResults
	answer(t, newFake("binarys: 1\n"), lint.SubrequestLintDefinition.Name, &results)
	require.Contains(t, results.Error.Message, "crossgo.yaml:2:1")
	require.Equal(t, int32(2), results.Error.Location.Ranges[0].Start.Line)
}
