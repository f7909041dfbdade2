package frontend

import (
	"context"
	"errors"
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/moby/buildkit/solver/pb"
)

// subrequests are the questions that clients ask about a spec instead of building it. All three are answered: buildx
// asks a Dockerfile frontend, which cannot read our file, when one is refused.
func (r *request) subrequests() dockerui.RequestHandler {
	return dockerui.RequestHandler{Outline: r.outline, ListTargets: r.listTargets, Lint: r.lint}
}

// targetTexts describes the kinds of output.
var targetTexts = []struct {
	kind plan.Kind
	text string
}{
	{plan.KindBin, "the verified binaries"},
	{plan.KindImage, "an image that runs them"},
	{plan.KindReport, "what verify found about each binary, as a page, text, JSON, SARIF and JUnit"},
	{plan.KindRelease, "archives of all platforms with checksums, SBOMs, reports and the lock, in one folder"},
	{plan.KindTest, "what go vet and go test say, when nothing fails"},
	{plan.KindResults, "what go vet and go test say, in either case"},
}

func (r *request) listTargets(context.Context) (*targets.List, error) {
	selected, err := plan.ParseTarget(r.spec, "")
	if err != nil {
		return nil, err
	}
	list := &targets.List{Sources: [][]byte{r.source.Data}}
	for _, t := range targetTexts {
		list.Targets = append(list.Targets, targets.Target{Name: string(t.kind), Description: t.text, Default: t.kind == selected.Kind})
	}
	return list, nil
}

func (r *request) outline(context.Context) (*outline.Outline, error) {
	o := &outline.Outline{
		Name: r.ui.Target, Description: "cross build of Go programs", Sources: [][]byte{r.source.Data},
		Secrets: r.secrets(),
	}
	for _, a := range r.spec.Args {
		value := a.Default.V
		if v, ok := r.ui.BuildArgs[a.Name.V]; ok {
			value = v
		}
		o.Args = append(o.Args, outline.Arg{Name: a.Name.V, Value: value, Location: location(a.Name.Pos)})
	}
	return o, nil
}

// secrets are those that a build of the spec reads. What signs a release needs its key for the target release alone.
func (r *request) secrets() []outline.Secret {
	list := []outline.Secret{{Name: plan.SecretCA}, {Name: plan.SecretNetrc}}
	if len(r.spec.Cache.Prog) > 0 {
		list = append(list, outline.Secret{Name: plan.SecretProg, Location: location(r.spec.Cache.Prog[0].Pos)})
	}
	signer := r.spec.ReleaseBlock().Signer
	selected, err := plan.ParseTarget(r.spec, r.ui.Target)
	releases := err == nil && selected.Kind == plan.KindRelease
	for i, id := range plan.SignSecrets[string(signer.V)] {
		if id != "" {
			list = append(list, outline.Secret{Name: id, Required: releases && i == 0, Location: location(signer.Pos)})
		}
	}
	return list
}

func location(p spec.Pos) *pb.Location {
	return &pb.Location{Ranges: []*pb.Range{rangeOf(p, p)}}
}

// lint reports what is right for BuildKit but surely not meant.
func (r *request) lint(context.Context) (*lint.LintResults, error) {
	results := &lint.LintResults{}
	for _, name := range plan.Unused(r.spec, r.ui.BuildArgs) {
		results.Warnings = append(results.Warnings, lint.Warning{
			RuleName: "UnusedBuildArg", Description: "a build arg that nothing reads",
			Detail:   fmt.Sprintf("build arg %s is not declared under args: and changes nothing", name),
			Location: &pb.Location{SourceIndex: -1},
		})
	}
	return results, nil
}

// answerBroken answers a lint request about a spec that does not parse: the problem is the answer, not a failure.
func (r *request) answerBroken(ctx context.Context, err error) (*gwclient.Result, bool) {
	var broken *spec.Error
	if r.source == nil || !errors.As(err, &broken) {
		return nil, false
	}
	handler := dockerui.RequestHandler{Lint: func(context.Context) (*lint.LintResults, error) {
		results := &lint.LintResults{Error: &lint.BuildError{Message: broken.Error()}}
		results.Sources = []*pb.SourceInfo{r.sourceInfo()}
		if p := r.position(broken.Problems[0]); p != nil {
			results.Error.Location = pb.Location{Ranges: []*pb.Range{p}}
		}
		return results, nil
	}}
	res, handled, err := r.ui.HandleSubrequest(ctx, handler)
	return res, handled && err == nil
}
