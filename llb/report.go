package llb

import (
	"fmt"
	"path"
	"strings"

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

// reported are the layers that a report measures: those that all units share once, the others with the unit's name where there are several.
func reported(units []unitOutput, shared int) []layer {
	all := units[0].compiled.layers[:shared:shared] // to be appended to
	for _, u := range units {
		for _, l := range u.compiled.layers[shared:] {
			if len(units) > 1 {
				l.name += ", for " + outputs(u.plan)
			}
			all = append(all, l)
		}
	}
	return all
}

// report is what verify found, with what the plan decided and how large files and layers are. Only who asks for it has them measured.
func report(in Inputs, p *plan.Plan, code Code, units []unitOutput) llb.State {
	layers := reported(units, len(code.layers()))
	var measured []plan.ReportLayer
	for _, l := range layers {
		measured = append(measured, plan.ReportLayer{Name: l.name, Grows: l.grows})
	}
	first := units[0].plan
	e := in.self("report", fmt.Sprintf("[%s] report", p.Target), first.Outputs[0].Where, "the report for "+p.Target, p.Report(measured))
	for i, u := range units {
		e.mount(path.Join(plan.PathReport, fmt.Sprint(i)), u.verified.report)
		e.mount(path.Join(plan.PathIn, fmt.Sprint(i)), u.verified.files)
	}
	for i, l := range layers {
		e.mount(path.Join(plan.PathLayers, fmt.Sprint(i)), l.st, llb.ContentCache(llb.MountContentCacheOff))
	}
	return e.output()
}

// Reports is one report over the platforms, from theirs, with theirs in a folder for each: the names are those that exporters give to
// platforms.
func Reports(in Inputs, targets []string, reports []llb.State) llb.State {
	var job plan.ReportsJob
	for _, t := range targets {
		job.Dirs = append(job.Dirs, strings.ReplaceAll(t, "/", "_"))
	}
	e := in.self("reports", "[report] over all platforms", "", "the report over all platforms", job)
	for i, st := range reports {
		e.mount(path.Join(plan.PathIn, fmt.Sprint(i)), st)
	}
	return e.output()
}
