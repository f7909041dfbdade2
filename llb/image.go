package llb

import (
	"fmt"
	"path"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// imageBase is what the binaries are put on: the base image, what programs expect of a system on nothing, or nothing.
func imageBase(in Inputs, img *plan.Image, units []unitOutput) llb.State {
	if in.Base != nil {
		return *in.Base
	}
	if img.BaseSet == nil {
		return llb.Scratch()
	}
	return llb.Scratch().File(llb.Copy(baseFiles(in, img, units), "/", "/", contents), llb.WithCustomName("[image] base layer"))
}

// baseFiles is what the programs need of a system. The step reads what verify found to be needed and no program, so that it does not
// run again for a new program with the same needs, and runs once for all platforms.
func baseFiles(in Inputs, img *plan.Image, units []unitOutput) llb.State {
	job := plan.BaseJob{Keep: img.BaseSet.Keep}
	for _, p := range img.BaseSet.Set.Packages {
		job.Files = append(job.Files, path.Base(p.Filename))
	}
	var needs []llb.State
	for _, u := range units {
		if u.verified.needs != nil {
			needs = append(needs, *u.verified.needs)
		}
	}
	job.Units = len(needs)
	e := in.self("base", "[image] what programs need of a system", img.Where, "the base", job)
	for i, p := range img.BaseSet.Set.Packages {
		e.mount(path.Join(plan.PathIn, job.Files[i]), packageFile(in, p), llb.SourcePath(job.Files[i]))
	}
	for i, st := range needs {
		e.mount(path.Join(plan.PathNeeds, fmt.Sprint(i)), st)
	}
	return e.output()
}

// contents copies what is in a directory, not the directory.
var contents = &llb.CopyInfo{CopyDirContentsOnly: true}

// imageState is the image's root file system.
func imageState(in Inputs, p *plan.Plan, units []unitOutput) llb.State {
	st := imageBase(in, p.Image, units)
	for _, u := range units {
		if p.Image.Base == "" && u.plan.Dynamic {
			st = st.File(llb.Copy(runtime(in, p, u), "/", "/", contents), llb.WithCustomNamef("[%s] loader and libraries", p.Target))
		}
	}
	for _, u := range units {
		st = st.File(llb.Copy(u.verified.files, "/", "/", contents), llb.WithCustomNamef("[%s] copy %s", p.Target, outputs(u.plan)))
	}
	return st
}

// runtime are the loader and the libraries that the unit's files need, from the sysroot they were linked with.
func runtime(in Inputs, p *plan.Plan, u unitOutput) llb.State {
	job := plan.RuntimeJob{Files: u.plan.Names()}
	where := u.plan.Outputs[0].Where
	return in.self("runtime", fmt.Sprintf("[%s] find loader and libraries", p.Target), where, outputs(u.plan), job).
		mount(plan.PathIn, u.verified.files).mount(plan.PathSysroot, *u.compiled.sysroot).output()
}
