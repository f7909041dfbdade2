package llb

import (
	"cmp"
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// verified are the outputs of the gate: files that were let through, what was found, and what of an image without a base the files
// need, where that is asked for.
type verified struct {
	files  llb.State
	report llb.State
	needs  *llb.State
}

// verify is the gate: the unit's files are had from nowhere else.
func verify(in Inputs, p *plan.Plan, u plan.Unit, c compiled) verified {
	job := plan.VerifyJob{Platform: p.Target, Files: u.Outputs, Root: p.Image != nil && p.Image.Base != ""}
	if job.Root {
		job.User = cmp.Or(p.Image.User, in.BaseUser)
	}
	if p.Image != nil && p.Image.BaseSet != nil {
		job.Needs = p.Image.BaseSet.Parts
	}
	e := in.self("verify", fmt.Sprintf("[%s] verify %s", p.Target, outputs(u)), u.Outputs[0].Where, outputs(u)+" for "+p.Target, job)
	e.mount(plan.PathIn, c.files)
	if c.again != nil {
		e.mount(plan.PathAgain, *c.again)
	}
	if c.links != nil {
		e.mount(plan.PathLinks, *c.links)
	}
	if len(in.Read) > 0 {
		e.mount(plan.PathRead, carry(in.Read))
	}
	if job.Root {
		e.mount(plan.PathRoot, *in.Base)
	}
	run := e.run()
	v := verified{files: run.AddMount(plan.PathOut, llb.Scratch()), report: run.AddMount(plan.PathReport, llb.Scratch())}
	if len(job.Needs) > 0 {
		needs := run.AddMount(plan.PathNeeds, llb.Scratch())
		v.needs = &needs
	}
	v.files = v.files.File(nothingOf([]llb.State{v.report}), llb.WithCustomName("[internal] hang on the report"))
	return v
}

// Findings are the states with plan.WarningsFile of each unit. They are part of the graph that Emit makes: who has its result has them.
// Tests have none.
func Findings(in Inputs, p *plan.Plan, code Code) []llb.State {
	var all []llb.State
	if p.Test != nil {
		return nil
	}
	for _, u := range unitOutputs(in, p, code) {
		all = append(all, u.verified.report)
	}
	return all
}

// carry is an empty directory that hangs on states. A cache export holds what the result hangs on; but what the frontend reads to make
// its plan no step has as an input, and every fresh builder would make it again, with Go and the modules pulled for it. An empty directory
// has the same content whatever is read, so the key of the step it is mounted in stays what it was.
func carry(states []llb.State) llb.State {
	return llb.Scratch().File(nothingOf(states), llb.WithCustomName("[internal] hang on what the plan was made by"))
}

// nothingOf copies no file of states.
func nothingOf(states []llb.State) *llb.FileAction {
	var files *llb.FileAction
	for _, st := range states {
		files = files.Copy(st, "/none*", "/", &llb.CopyInfo{AllowWildcard: true, AllowEmptyWildcard: true})
	}
	return files
}
