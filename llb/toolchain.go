package llb

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/client/llb"
)

// GoToolchain is the Go distribution; mount it with goRoot.
func GoToolchain(in Inputs, g plan.Go) llb.State {
	return goToolchain(in, g, plan.GoJob{}, "fetch and check the Go toolchain")
}

func goToolchain(in Inputs, g plan.Go, job plan.GoJob, name string) llb.State {
	job.Version, job.Build, job.Proxy = g.Version, g.Build, in.Args.Proxy
	return in.self("go", fmt.Sprintf("[go %s] %s", g.Version, name), g.Where, "Go "+g.Version, job).online().output()
}

// goRoot mounts the Go distribution.
func (e *exec) goRoot(goState llb.State) *exec {
	return e.mount(plan.PathGoRoot, goState, llb.SourcePath("/go"))
}

// HostToolchain is the C toolchain that runs on the build machine, one for all targets.
func HostToolchain(in Inputs, set sysroot.Set, where string) llb.State {
	return unpack(in, set, plan.UnpackJob{Kind: set.Kind, Arch: set.Arch}, "[c toolchain] unpack clang and lld", where).output()
}
