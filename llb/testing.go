package llb

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// tests vets and tests the user's packages, on what was compiled for programs with the same settings. Nothing of
// it is an output to run. Only here the Go distribution has its tools, in a layer of its own: dependencies are
// compiled as for programs.
func tests(in Inputs, p *plan.Plan, code Code) llb.State {
	job, err := p.TestBuildJob()
	if err != nil {
		return llb.Scratch().Async(failed(err))
	}
	s := newUnit(in, p, p.Units[0], code)
	s.code.Go = goToolchain(in, p.Go, plan.GoJob{Tools: true}, "fetch and check the Go toolchain with its tools for tests")
	return s.runTests(s.compileTests(job))
}

// compiledTests are test programs, and what go said while it compiled them.
type compiledTests struct {
	programs, found llb.State
}

// compileTests has what the compile step has, and as little of the user's code runs there.
func (s *unitStates) compileTests(job plan.TestBuildJob) compiledTests {
	name := fmt.Sprintf("[%s] go vet, and compile the tests", s.plan.Target)
	e := s.in.self("compile-tests", name, s.plan.Test.Where, "the tests for "+s.plan.Target, job)
	s.mountC(s.code.mountInto(e))
	s.mountLinkers(e)
	s.mountProfile(e)
	s.mountCache(e, job.CompileJob)
	e.throwAway(plan.PathSource, s.in.Context)
	run := e.run()
	programs := run.AddMount(plan.PathTestTmp, llb.Scratch())
	return compiledTests{programs: programs, found: run.AddMount(plan.PathOut, llb.Scratch())}
}

// runTests runs the user's code: it has no network, no secret, and nothing that another build reads. The sources
// and the dependencies' objects may be written to, and nobody sees that afterwards.
func (s *unitStates) runTests(c compiledTests) llb.State {
	name := fmt.Sprintf("[%s] run the tests", s.plan.Target)
	e := s.in.self("test", name, s.plan.Test.Where, "the tests for "+s.plan.Target, s.plan.TestJob())
	s.mountC(s.code.mountInto(e)).mount(plan.PathIn, c.found)
	s.mountLinkers(e)
	s.mountProfile(e)
	e.throwAway(plan.PathSource, s.in.Context).throwAway(plan.PathTestTmp, c.programs)
	e.throwAway(plan.PathGoCache, s.gocache, llb.ContentCache(llb.MountContentCacheOff))
	if len(s.in.Read) > 0 {
		e.mount(plan.PathRead, carry(s.in.Read))
	}
	return e.output()
}
