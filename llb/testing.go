package llb

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// tests vets and tests the user's packages, on what was compiled for programs with the same settings. Nothing of it is an output to
// run. Only here the Go distribution has its tools, in a layer of its own: dependencies are compiled as for programs. Tests may write into the sources; nobody sees that afterwards.
func tests(in Inputs, p *plan.Plan, code Code) llb.State {
	job, err := p.TestJob()
	if err != nil {
		return llb.Scratch().Async(failed(err))
	}
	s := newUnit(in, p, p.Units[0], code)
	s.code.Go = goToolchain(in, p.Go, plan.GoJob{Tools: true}, "fetch and check the Go toolchain with its tools for tests")
	e := in.self("test", fmt.Sprintf("[%s] go vet and go test", p.Target), p.Test.Where, "the tests for "+p.Target, job)
	s.mountC(s.code.mountInto(e))
	s.mountLinkers(e)
	s.mountProfile(e)
	s.mountCache(e, job.CompileJob)
	e.options = append(e.options, llb.AddMount(plan.PathSource, in.Context, llb.ForceNoOutput), llb.AddMount(plan.PathTestTmp, llb.Scratch(), llb.ForceNoOutput))
	if len(in.Read) > 0 {
		e.mount(plan.PathRead, carry(in.Read))
	}
	return e.output()
}
