package llb

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// imageBase is what the binaries are put on: the base image, certificates, time zones and users on nothing, or nothing.
func imageBase(in Inputs, img *plan.Image) llb.State {
	if in.Base != nil {
		return *in.Base
	}
	if img.BaseSet == nil {
		return llb.Scratch()
	}
	files := unpack(in, img.BaseSet.Set, plan.UnpackJob{Kind: img.BaseSet.Request.Kind, Arch: img.BaseSet.Request.Arch}, "[image] certificates, time zones, users", img.Where).output()
	return llb.Scratch().File(llb.Copy(files, "/", "/", contents), llb.WithCustomName("[image] base layer"))
}

// contents copies what is in a directory, not the directory.
var contents = &llb.CopyInfo{CopyDirContentsOnly: true}

// imageState is the image's root file system.
func imageState(in Inputs, p *plan.Plan, units []unitOutput) llb.State {
	st := imageBase(in, p.Image)
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
