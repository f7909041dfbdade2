package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// runCase is the plan of one program that is to be started.
func runCase(t *testing.T, spec, target, build string, runs ...string) (*plan.Plan, error) {
	t.Helper()
	in, err := plancase.Case{Spec: spec, Facts: plancase.All[0].Facts, Target: target, Build: build, Runs: runs}.Input()
	require.NoError(t, err)
	return plan.New(in)
}

// TestWhoRuns: natively, by an emulator, or nobody.
func TestWhoRuns(t *testing.T) {
	const native, emulated = "native", "emulated"
	for _, c := range []struct {
		target, build string
		runs          []string
		want          string
	}{
		{"linux/amd64", "linux/amd64", []string{"linux/amd64"}, native},
		{"linux/386", "linux/amd64", []string{"linux/amd64", "linux/386"}, native},
		{"linux/arm/v7", "linux/arm64", []string{"linux/arm64", "linux/arm/v7"}, native},
		{"linux/arm64", "linux/amd64", []string{"linux/amd64", "linux/arm64"}, emulated},
		{"linux/arm/v5", "linux/amd64", []string{"linux/amd64", "linux/arm/v7", "linux/arm/v6"}, emulated},
		{"linux/amd64", "linux/amd64", []string{"linux/amd64/v2"}, native},
		{"linux/amd64/v3", "linux/amd64", []string{"linux/amd64", "linux/amd64/v2"}, "the builder runs programs for linux/amd64, linux/amd64/v2, and not for linux/amd64/v3"},
		{"linux/amd64/v3", "linux/amd64", []string{"linux/amd64", "linux/amd64/v4"}, native},
		{"linux/arm64/v9", "linux/arm64", []string{"linux/arm64"}, "and not for linux/arm64/v9"},
		{"linux/arm64", "linux/amd64", []string{"linux/amd64"}, "give it an emulator (binfmt_misc)"},
		{"linux/s390x", "linux/amd64", nil, "the builder runs programs for no platform that it names"},
		{"windows/amd64", "linux/amd64", []string{"linux/amd64"}, "builds run on linux, where programs for windows/amd64 do not start"},
	} {
		p, err := runCase(t, "verify: {run: {timeout: 2s}}", c.target, c.build, c.runs...)
		require.NoError(t, err)
		u := p.Units[0]
		if c.want != native && c.want != emulated {
			require.Contains(t, u.Outputs[0].NotRun, c.want)
			require.Empty(t, u.Runs)
			continue
		}
		require.Len(t, u.Runs, 1, c)
		require.Empty(t, u.Outputs[0].NotRun)
		require.Equal(t, c.want == emulated, u.Runs[0].Run.Emulated, c)
		require.Equal(t, map[string]int64{native: 2000, emulated: 20_000}[c.want], u.Runs[0].Run.Timeout, c)
	}
}

func TestRunWords(t *testing.T) {
	p, err := runCase(t, "args: {V: '1'}\nverify: {run: {args: ['-v=${V}'], expect: {stdout: {is: 'a ${V}'}, stderr: {matches: 'a$'}}}}", "linux/amd64", "linux/amd64", "linux/amd64")
	require.NoError(t, err)
	r := p.Units[0].Runs[0].Run
	require.Equal(t, []string{"-v=1"}, r.Args)
	require.Equal(t, "a 1", *r.Stdout.Is)
	require.Equal(t, "a$", r.Stderr.Matches)
	_, err = runCase(t, "verify: {run: {args: ['${VCS_TAG}']}}", "linux/amd64", "linux/amd64", "linux/amd64")
	require.EqualError(t, err, "crossgo.yaml:1:23: verify.run: ${VCS_TAG} is not known: say it with --build-arg VCS_TAG=$(git tag --points-at HEAD)")
}

// TestRunsAsTheImage: user, folder and environment are those of the image, and of one without a base where there is none.
func TestRunsAsTheImage(t *testing.T) {
	p, err := runCase(t, "verify: {run: {}}", "linux/amd64", "linux/amd64", "linux/amd64")
	require.NoError(t, err)
	job := p.RunJob(p.Units[0], plan.Process{})
	require.Equal(t, plan.NonRoot, job.User)
	require.Equal(t, "/", job.Dir)
	require.Equal(t, []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, job.Env)
	p, err = runCase(t, "verify: {run: {}}\nimage: {}", "linux/amd64", "linux/amd64", "linux/amd64")
	require.NoError(t, err)
	job = p.RunJob(p.Units[0], plan.Process{User: "", Dir: "/data", Env: []string{"PATH=/x"}})
	require.Equal(t, plan.RunJob{Platform: "linux/amd64", Dir: "/data", Env: []string{"PATH=/x"}, Runs: p.Units[0].Runs}, job)
}
