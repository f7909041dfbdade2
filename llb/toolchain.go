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
	return in.self("go", fmt.Sprintf("[go %s] %s", g.Version, name), g.Where, "Go "+g.Version, job).online().keep(plan.PathGoKnown, keptReleases).output()
}

// keptReleases is the folder with the names of the Go releases that this builder has fetched.
const keptReleases = "go-releases"

// GoList is the state with a module proxy's list of Go's releases, GoListFile. Like a signed index it is fetched without a digest, and
// asked for anew in each build.
func GoList(proxy string) llb.State {
	return llb.HTTP(proxy+plan.ToolchainList, llb.Filename(GoListFile), llb.WithCustomName("[go] list of releases"))
}

// GoListFile is the name of the list in the state GoList.
const GoListFile = "list"

// GoReleases is the state with plan.ReleasesFile: what a step finds out, with the request's logins, certificates and proxies. The
// request's own name makes its key new each time. llb.IgnoreCache would empty the folder with the releases as well (DetectPrunedCacheID in
// solver/llbsolver of BuildKit 0.33).
func GoReleases(in Inputs, g plan.Go) llb.State {
	e := in.self("golist", "[go] ask for the list of releases", g.Where, "the newest patch of Go "+g.Least, plan.GoReleasesJob{Build: g.Build, Proxy: in.Args.Proxy, Request: in.LocalID})
	return e.online().keep(plan.PathGoKnown, keptReleases).output()
}

// goRoot mounts the Go distribution.
func (e *exec) goRoot(goState llb.State) *exec {
	return e.mount(plan.PathGoRoot, goState, llb.SourcePath("/go"))
}

// HostToolchain is the C toolchain that runs on the build machine, one for all targets.
func HostToolchain(in Inputs, set sysroot.Set, where string) llb.State {
	return unpack(in, set, plan.UnpackJob{Kind: set.Kind, Arch: set.Arch}, "[c toolchain] unpack clang and lld", where).output()
}
