package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/stretchr/testify/require"
)

func filledPlan(t *testing.T, text, kind string, args map[string]string, vcs plan.VCS) (*plan.Plan, error) {
	t.Helper()
	c := plancase.All[0]
	c.Spec, c.VCS, c.Kind, c.Args, c.Target, c.Runs = text, vcs, kind, args, "linux/amd64", []string{"linux/amd64"}
	in, err := c.Input()
	require.NoError(t, err)
	return plan.New(in)
}

const filledSpec = `args: {VERSION: dev, TITLE: 'shop ${VERSION} on ${TARGETARCH}'}
image:
  base: scratch
  entrypoint: [/app, '--version=${VERSION}']
  cmd: ['$HOME', '$${HOME}']
  env: {VERSION: '${VERSION}'}
  labels: {title: '${TITLE}', revision: '${VCS_REVISION}'}
test:
  env: {TITLE: '${TITLE}'}
  flags: ['-run=^Test${VERSION}$']
`

// TestTextsAreFilled: by the request's values, else by the defaults, which name others in turn.
func TestTextsAreFilled(t *testing.T) {
	known := plan.VCS{Known: []plan.Variable{{Name: spec.VCSRevision, Value: "abc"}}}
	p, err := filledPlan(t, filledSpec, "image", map[string]string{"VERSION": "1.2"}, known)
	require.NoError(t, err)
	require.Equal(t, []string{"/app", "--version=1.2"}, p.Image.Entrypoint)
	require.Equal(t, []string{"$HOME", "${HOME}"}, p.Image.Cmd)
	require.Equal(t, []string{"VERSION=1.2"}, p.Image.Env)
	require.Equal(t, []plan.Label{{Name: "title", Value: "shop 1.2 on amd64"}, {Name: "revision", Value: "abc"}}, p.Image.Labels)

	p, err = filledPlan(t, filledSpec, "image", map[string]string{"TITLE": "$ ${VERSION}"}, known)
	require.NoError(t, err)
	require.Equal(t, "$ ${VERSION}", p.Image.Labels[0].Value) // what the request says is no text of the spec

	p, err = filledPlan(t, filledSpec, "test", nil, plan.VCS{}) // tests do not ask for the commit
	require.NoError(t, err)
	require.Equal(t, []string{"TITLE=shop dev on amd64"}, p.Test.Env)
	require.Contains(t, p.Test.Args, "-run=^Testdev$")
}

// TestTextsOfTheRepository: one that is not known stops the output that names it, straight or by an argument, and no other.
func TestTextsOfTheRepository(t *testing.T) {
	const by = "args: {VERSION: '${VCS_TAG}', FULL: 'v${VERSION}'}\nbinaries: [{main: ., ldflags: ['-X main.v=${FULL}']}]\nimage: {labels: {v: '${FULL}'}}\n"
	const say = "${VCS_TAG} is not known: say it with --build-arg VCS_TAG=$(git tag --points-at HEAD)"
	_, err := filledPlan(t, by, "bin", nil, plan.VCS{})
	require.EqualError(t, err, "crossgo.yaml:2:32: ldflags: "+say)
	p, err := filledPlan(t, by, "image", map[string]string{"VERSION": "1"}, plan.VCS{})
	require.NoError(t, err)
	require.Equal(t, "v1", p.Image.Labels[0].Value)

	const label = "args: {VERSION: '${VCS_TAG}'}\nimage: {labels: {v: '${VERSION}'}}\n"
	_, err = filledPlan(t, label, "image", nil, plan.VCS{})
	require.EqualError(t, err, "crossgo.yaml:2:21: image.labels[\"v\"]: "+say)
	_, err = filledPlan(t, label, "bin", nil, plan.VCS{})
	require.NoError(t, err)
}
