package llb

import (
	"fmt"
	"path"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// baseFiles is what the programs need of a system. The step reads what verify found to be needed and no program, so that it does not
// run again for a new program with the same needs, and runs once for all platforms.
func baseFiles(in Inputs, img *plan.Image, units []unitOutput, code Code) llb.State {
	job := plan.BaseJob{Keep: img.BaseSet.Keep, Certificates: img.Certificates}
	var needs []llb.State
	for _, u := range units {
		if u.verified.needs != nil {
			needs = append(needs, *u.verified.needs)
		}
	}
	job.Units = len(needs)
	e := in.self("base", "[image] what programs need of a system", img.Where, "the base", job)
	if img.BaseSet.Zones() {
		e.mount(plan.PathZones, code.Go, llb.SourcePath(plan.ZonesOfGo))
	}
	for i, st := range needs {
		e.mount(path.Join(plan.PathNeeds, fmt.Sprint(i)), st)
	}
	return mountCertificates(in, e, img).output()
}

// certificates are the bundles of the base with the user's own behind them.
func certificates(in Inputs, img *plan.Image) llb.State {
	job := plan.CertificatesJob{Certificates: img.Certificates, Root: in.Base != nil, Bundle: plan.BundleOf(in.Process.Env)}
	e := in.self("certificates", "[image] add certificates", img.Where, "the certificates", job)
	if job.Root {
		e.mount(plan.PathRoot, *in.Base)
	}
	return mountCertificates(in, e, img).output()
}

func mountCertificates(in Inputs, e *exec, img *plan.Image) *exec {
	for i, c := range img.Certificates {
		e.mount(path.Join(plan.PathFiles, fmt.Sprint(i)), contextFiles(in, c.From, "image"))
	}
	return e
}

// fileTime is what files in images carry: their layers are the same whenever they are made.
var fileTime = time.Unix(0, 0)

// contents copies what is in a directory, not the directory.
var contents = &llb.CopyInfo{CopyDirContentsOnly: true, CreatedTime: &fileTime}

// imageState are the image's layers, each one operation.
func imageState(in Inputs, p *plan.Plan, units []unitOutput, code Code, layers []plan.Layer) llb.State {
	st := llb.Scratch()
	if in.Base != nil {
		st = *in.Base
	}
	for _, l := range layers {
		st = st.File(layerAction(in, p, units, code, l), llb.WithCustomName(l.Name))
	}
	return st
}

func layerAction(in Inputs, p *plan.Plan, units []unitOutput, code Code, l plan.Layer) *llb.FileAction {
	switch l.Kind {
	case plan.LayerBase:
		return llb.Copy(baseFiles(in, p.Image, units, code), "/", "/", contents)
	case plan.LayerCertificates:
		return llb.Copy(certificates(in, p.Image), "/", "/", contents)
	case plan.LayerRuntime:
		return llb.Copy(runtime(in, p, units, l.Unit), "/", "/", contents)
	case plan.LayerFiles:
		return llb.Copy(units[l.Unit].verified.files, "/", "/", contents)
	}
	return llb.Copy(units[0].checked, "/", "/", contents)
}

// runtime are the loader and the libraries that a unit's files need, from the sysroots that the plan names: their own, and what is newer.
func runtime(in Inputs, p *plan.Plan, units []unitOutput, i int) llb.State {
	u := units[i]
	from := p.LibrariesFrom(i)
	job := plan.RuntimeJob{Files: u.plan.Names(), Sysroots: len(from)}
	where := u.plan.Outputs[0].Where
	e := in.self("runtime", fmt.Sprintf("[%s] find loader and libraries", p.Target), where, outputs(u.plan), job).
		mount(plan.PathIn, u.verified.files)
	for n, other := range from {
		e.mount(path.Join(plan.PathSysroots, fmt.Sprint(n)), *units[other].compiled.sysroot)
	}
	return e.output()
}

// wholeImage is the gate of the image as a whole: the units' files are had behind it alone.
func wholeImage(in Inputs, p *plan.Plan, units []unitOutput, code Code) []unitOutput {
	if p.Image == nil {
		return units
	}
	checked := in.self("image", fmt.Sprintf("[%s] verify the image", p.Target), p.Image.Where, "the image for "+p.Target, p.ImageJob(in.Process)).
		mount(plan.PathRoot, imageState(in, p, units, code, p.FileLayers())).output()
	passed := make([]unitOutput, len(units))
	for i, u := range units {
		passed[i] = u
		passed[i].checked = checked
		passed[i].verified.files = u.verified.files.File(nothingOf([]llb.State{checked}), llb.WithCustomName("[internal] hang on the image's check"))
	}
	return passed
}
