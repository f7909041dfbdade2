package llb

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// verified are the outputs of the gate: files that were let through, and what was found.
type verified struct {
	files  llb.State
	report llb.State
}

// verify is the gate: the unit's files are had from nowhere else.
func verify(in Inputs, p *plan.Plan, u plan.Unit, files llb.State) verified {
	job := plan.VerifyJob{Platform: p.Target, Files: u.Outputs, Root: p.Image != nil && p.Image.Base != ""}
	e := in.self("verify", fmt.Sprintf("[%s] verify %s", p.Target, outputs(u)), u.Outputs[0].Where, outputs(u)+" for "+p.Target, job)
	e.mount(plan.PathIn, files)
	if job.Root {
		e.mount(plan.PathRoot, *in.Base)
	}
	run := e.run()
	return verified{files: run.AddMount(plan.PathOut, llb.Scratch()), report: run.AddMount(plan.PathReport, llb.Scratch())}
}
