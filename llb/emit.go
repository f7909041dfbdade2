package llb

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// unitOutput is a unit with the states that outputs are made from.
type unitOutput struct {
	plan     plan.Unit
	compiled compiled
	verified verified
	checked  llb.State // what the check of a whole image gives: the working directory
}

// Emit is the graph of a plan: the state with what the plan's kind asks for; for a release what Publish goes on with. A kind that
// has no row is an error.
func Emit(in Inputs, p *plan.Plan, code Code) (llb.State, error) {
	if p.Test != nil {
		return tests(in, p, code), nil
	}
	units := unitOutputs(in, p, code)
	switch p.Kind {
	case plan.KindBin:
		return merge(p, units, func(u unitOutput) llb.State { return u.verified.files }, ""), nil
	case plan.KindReport:
		return report(in, p, code, units), nil
	case plan.KindRelease:
		return pack(in, p, units)
	case plan.KindImage:
		return imageState(in, p, units, code, p.Layers()), nil
	}
	return llb.State{}, fmt.Errorf("output kind %q is unknown", p.Kind)
}

// unitOutputs are the plan's units, compiled, verified and, where the spec asks for it, started.
func unitOutputs(in Inputs, p *plan.Plan, code Code) []unitOutput {
	var units []unitOutput
	for _, u := range p.Units {
		c := compileUnit(in, p, u, code)
		units = append(units, unitOutput{plan: u, compiled: c, verified: verify(in, p, u, c)})
	}
	return smoke(in, p, wholeImage(in, p, units, code), code)
}

// merge puts the units' outputs into one directory; with one unit it is that unit's own.
func merge(p *plan.Plan, units []unitOutput, of func(unitOutput) llb.State, dir string) llb.State {
	if len(units) == 1 && dir == "" {
		return of(units[0])
	}
	st := llb.Scratch()
	for _, u := range units {
		st = st.File(llb.Copy(of(u), "/", "/"+dir, &llb.CopyInfo{CopyDirContentsOnly: true, CreateDestPath: true}),
			llb.WithCustomNamef("[%s] collect %s", p.Target, outputs(u.plan)))
	}
	return st
}
