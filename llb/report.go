package llb

import (
	"fmt"
	"path"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// layer is a step's output that a cache export carries and a later build begins with.
type layer struct {
	name  string
	st    llb.State
	grows bool // it holds the layer before it as well
}

// layers are those that all units share.
func (c Code) layers() []layer {
	list := []layer{{"Go", c.Go, false}}
	if c.Modules != nil {
		list = append(list, layer{"the modules", *c.Modules, false})
	}
	return list
}

// reports are the units' reports, each in a directory named by the unit's first file when there are several.
func reports(in Inputs, p *plan.Plan, units []unitOutput) llb.State {
	if len(units) == 1 {
		return report(in, p, units[0])
	}
	st := llb.Scratch()
	for _, u := range units {
		st = st.File(llb.Copy(report(in, p, u), "/", "/"+u.plan.Outputs[0].Name, &llb.CopyInfo{CopyDirContentsOnly: true, CreateDestPath: true}),
			llb.WithCustomNamef("[%s] collect the report of %s", p.Target, outputs(u.plan)))
	}
	return st
}

// report adds to what verify found how large the layers are. Only who asks for the report has them measured.
func report(in Inputs, p *plan.Plan, u unitOutput) llb.State {
	var job plan.ReportJob
	for _, l := range u.compiled.layers {
		job.Layers = append(job.Layers, plan.ReportLayer{Name: l.name, Grows: l.grows})
	}
	e := in.self("report", fmt.Sprintf("[%s] report on %s", p.Target, outputs(u.plan)), u.plan.Outputs[0].Where, outputs(u.plan)+" for "+p.Target, job).
		mount(plan.PathReport, u.verified.report)
	for i, l := range u.compiled.layers {
		e.mount(path.Join(plan.PathLayers, fmt.Sprint(i)), l.st, llb.ContentCache(llb.MountContentCacheOff))
	}
	return e.output()
}
