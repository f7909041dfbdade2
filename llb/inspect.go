package llb

import (
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// Code are the states that every step over the user's code reads.
type Code struct {
	Go      llb.State
	Modules *llb.State // nil when the module is vendored
}

// NewCode gives the Go distribution and the modules of a request; where names the file that names the modules, and
// modules is nil when they are vendored.
func NewCode(in Inputs, g plan.Go, where string, modules *plan.ModulesJob) Code {
	c := Code{Go: GoToolchain(in, g)}
	if modules != nil {
		st := Modules(in, c.Go, where, *modules)
		c.Modules = &st
	}
	return c
}

// Inspect is the state with plan.FactsFile. What go list reads is mounted by itself: most edits do not change it.
func Inspect(in Inputs, c Code, job plan.InspectJob) llb.State {
	read := in.self("skim", "[inspect] read package clauses and imports", "", "the code", plan.SkimJob{}).
		mount(plan.PathSource, in.Context).output()
	return c.mountInto(in.self("inspect", "[inspect] go list", "", "the code", job)).
		mount(plan.PathIn, read).scratch(plan.PathSource).scratch(plan.PathGoCache).output()
}

func (c Code) mountInto(e *exec) *exec {
	e.goRoot(c.Go)
	if c.Modules != nil {
		e.mount(plan.PathModules, *c.Modules)
	}
	return e
}
