package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/stretchr/testify/require"
)

// vcsPlan is the plan of a pure program with what is known of its repository.
func vcsPlan(t *testing.T, text string, vcs plan.VCS) (*plan.Plan, error) {
	t.Helper()
	c := plancase.All[0]
	c.Spec, c.VCS = text, vcs
	in, err := c.Input()
	require.NoError(t, err)
	return plan.New(in)
}

// TestUnknownOfTheRepository: what nobody knows is no empty text.
func TestUnknownOfTheRepository(t *testing.T) {
	const tag = "binaries:\n  - main: .\n    ldflags: ['-X main.v=${VCS_TAG}']\n"
	_, err := vcsPlan(t, tag, plan.VCS{})
	require.EqualError(t, err, "crossgo.yaml:3:15: ldflags: ${VCS_TAG} is not known: say it with --build-arg VCS_TAG=$(git tag --points-at HEAD)")
	_, err = vcsPlan(t, tag, plan.VCS{Why: "no .git"})
	require.ErrorContains(t, err, "is not known: no .git; say it with")
	p, err := vcsPlan(t, tag, plan.VCS{Known: []plan.Variable{{Name: spec.VCSTag, Value: ""}}})
	require.NoError(t, err)
	require.Contains(t, p.Units[0].Builds[0].Args, "-ldflags=-X main.v=")

	_, err = vcsPlan(t, "vcs: on\n", plan.VCS{Known: []plan.Variable{{Name: spec.VCSModified, Value: "false"}}})
	require.EqualError(t, err, "crossgo.yaml:1:6: vcs: found on, but VCS_REVISION, VCS_TIME: not known: "+
		"say it with --build-arg VCS_REVISION=$(git rev-parse HEAD) --build-arg VCS_TIME=$(git log -1 --format=%cI)")
	_, err = vcsPlan(t, "vcs: off\n", plan.VCS{})
	require.NoError(t, err)
}

// TestStampKeepsDependencySteps: the steps that compile dependencies are the same with and without a stamp, whatever the commit.
func TestStampKeepsDependencySteps(t *testing.T) {
	stamped := plancase.All[len(plancase.All)-1]
	require.Equal(t, "stamped", stamped.Name)
	plain := stamped
	plain.Spec = "# syntax=x\nbinaries: [{main: .}]\n"
	var deps [][]plan.DepsStep
	for _, c := range []plancase.Case{stamped, plain} {
		in, err := c.Input()
		require.NoError(t, err)
		p, err := plan.New(in)
		require.NoError(t, err)
		deps = append(deps, p.Units[0].Deps)
	}
	require.Equal(t, deps[0], deps[1])
}

func TestTags(t *testing.T) {
	for want, tags := range map[string][]string{
		"":             nil,
		"v1.10.0":      {"v1.9.0", "v1.10.0", "zebra", "v1.10.0-rc.1"},
		"sub/v2.0.0":   {"v1.0.0", "sub/v2.0.0"},
		"release-2026": {"alpha", "release-2026"},
	} {
		require.Equal(t, want, plan.NewestTag(tags))
	}
	tags := []string{"v1.0.0", "sub/v2.0.0", "latest", "sub/x/v3.0.0", "v1.0.0"}
	require.Equal(t, []string{"sub/v2.0.0", "sub/x/v3.0.0", "v1.0.0"}, plan.VersionTags(tags, ""))
	require.Equal(t, []string{"v2.0.0", "x/v3.0.0"}, plan.VersionTags(tags, "sub/"))
}
