package llb

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// unitOutput is a unit with the states that outputs are made from.
type unitOutput struct {
	plan     plan.Unit
	verified verified
	sysroot  *llb.State
}

// Emit is the graph of a plan: the state with what the plan's kind asks for. A kind that has no row is an error.
func Emit(in Inputs, p *plan.Plan, code Code) (llb.State, error) {
	var units []unitOutput
	for _, u := range p.Units {
		compiled, sysroot := compileUnit(in, p, u, code)
		units = append(units, unitOutput{plan: u, verified: verify(in, p, u, compiled), sysroot: sysroot})
	}
	switch p.Kind {
	case plan.KindBin:
		return merge(p, units, func(u unitOutput) llb.State { return u.verified.files }, ""), nil
	case plan.KindReport:
		return reports(p, units), nil
	case plan.KindImage:
		return imageState(in, p, units), nil
	}
	return llb.State{}, fmt.Errorf("output kind %q is unknown", p.Kind)
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

// reports are the units' reports, each in a directory named by the unit's first file when there are several.
func reports(p *plan.Plan, units []unitOutput) llb.State {
	if len(units) == 1 {
		return units[0].verified.report
	}
	st := llb.Scratch()
	for _, u := range units {
		st = st.File(llb.Copy(u.verified.report, "/", "/"+u.plan.Outputs[0].Name, &llb.CopyInfo{CopyDirContentsOnly: true, CreateDestPath: true}),
			llb.WithCustomNamef("[%s] collect the report of %s", p.Target, outputs(u.plan)))
	}
	return st
}
