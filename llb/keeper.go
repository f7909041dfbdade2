package llb

import (
	"path"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// Keeper is the state with the keeper at plan.PathKeeper, compiled by the Go that asks it.
func Keeper(in Inputs, code Code, k plan.Keeper) llb.State {
	module, last := llb.Mkdir("/src", 0o755), "/src"
	for _, f := range k.Files {
		name := path.Join("/src", f.Name)
		if dir := path.Dir(name); dir != last {
			module, last = module.Mkdir(dir, 0o755), dir
		}
		module = module.Mkfile(name, 0o644, []byte(f.Text))
	}
	e := in.newExec("keeper", "[go] compile what keeps objects", "", "the program that keeps objects")
	e.args(append([]string{plan.PathGoRoot + "/bin/go"}, k.Args...), k.Env).goRoot(code.Go).dir(plan.PathSource)
	e.mount(plan.PathSource, llb.Scratch().File(module, llb.WithCustomName("[internal] sources of what keeps objects")), llb.SourcePath("/src"))
	return e.keep(plan.PathObjects, "objects").output()
}
