package llb

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// smoke starts what the plan says is to be started: such a unit's files are had from there alone.
//
// All else runs on the same read-only root with what differs mounted. Here the root is that of the user's image, /proc and all, as
// only a container's own root has it, and our own binary stands beside it in a folder that no image has.
func smoke(in Inputs, p *plan.Plan, units []unitOutput, code Code) []unitOutput {
	started := make([]unitOutput, len(units))
	for i, u := range units {
		started[i] = u
		if len(u.plan.Runs) > 0 {
			started[i].verified = start(in, p, u, runRoot(in, p, units, i, code))
		}
	}
	return started
}

// runRoot is what the unit's files will run in: the whole image, or what an image without a base or anything else would be.
func runRoot(in Inputs, p *plan.Plan, units []unitOutput, i int, code Code) llb.State {
	u := units[i]
	if p.Image != nil {
		return imageState(in, p, units, code, p.Layers())
	}
	st := llb.Scratch().File(llb.Mkdir("/tmp", 0o1777), llb.WithCustomName("[internal] root without an image"))
	if u.plan.Dynamic {
		st = st.File(llb.Copy(runtime(in, p, units, i), "/", "/", contents), llb.WithCustomNamef("[%s] loader and libraries", p.Target))
	}
	return st.File(llb.Copy(u.verified.files, "/", "/", contents), llb.WithCustomNamef("[%s] copy %s", p.Target, outputs(u.plan)))
}

func start(in Inputs, p *plan.Plan, u unitOutput, root llb.State) verified {
	name := fmt.Sprintf("[%s] run %s", p.Target, outputs(u.plan))
	e := &exec{in: in, name: name, step: "run", where: u.plan.Runs[0].Where, what: outputs(u.plan) + " for " + p.Target, root: &root}
	e.options = []llb.RunOption{
		llb.Args([]string{plan.PathRunSelf, "step", "run"}),
		llb.AddMount(plan.PathRunSelf, in.Self, llb.SourcePath(in.SelfPath), llb.Readonly),
		llb.AddMount(plan.PathRunJob, jobState(p.RunJob(u.plan, in.Process)), llb.Readonly),
	}
	run := e.mount(plan.PathRunIn, u.verified.files).mount(plan.PathRunFound, u.verified.report).run()
	v := u.verified
	v.files, v.report = run.AddMount(plan.PathRunOut, llb.Scratch()), run.AddMount(plan.PathRunTells, llb.Scratch())
	v.files = v.files.File(nothingOf([]llb.State{v.report}), llb.WithCustomName("[internal] hang on the report"))
	return v
}
