package llb

import (
	"fmt"
	"path"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/client/llb"
)

// unitStates are what the steps of one unit share.
type unitStates struct {
	in      Inputs
	plan    *plan.Plan
	unit    plan.Unit
	code    Code
	host    *llb.State // the host's C toolchain; nil without cgo
	sysroot *llb.State
	gocache llb.State
	layers  []layer
}

// compiled are a unit's binaries, not yet verified, and what they are made with.
type compiled struct {
	files   llb.State
	again   *llb.State // what a second build gave; nil without one
	links   *llb.State // what was taken from the sysroot; nil without cgo
	sysroot *llb.State // nil without cgo
	layers  []layer
}

// compileUnit compiles a unit.
func compileUnit(in Inputs, p *plan.Plan, u plan.Unit, code Code) compiled {
	s := newUnit(in, p, u, code)
	c := compiled{sysroot: s.sysroot, layers: s.layers}
	c.files, c.links = s.compile()
	if u.Again() {
		st := s.again(c.files)
		c.again = &st
	}
	return c
}

// newUnit is what a unit's own packages are compiled on: the C side, and its dependencies compiled.
func newUnit(in Inputs, p *plan.Plan, u plan.Unit, code Code) *unitStates {
	s := &unitStates{in: in, plan: p, unit: u, code: code, gocache: llb.Scratch()}
	s.layers = code.layers()
	if u.C != nil {
		s.cside()
		s.layers = append(s.layers, layer{"clang and lld", *s.host, false}, layer{"the sysroot", *s.sysroot, false})
	}
	for i, d := range u.Deps {
		s.deps(d)
		s.layers = append(s.layers, layer{depsTitle[d.ID] + ", compiled", s.gocache, i > 0})
	}
	return s
}

// again builds the unit a second time: nothing that was compiled is mounted, and the folders are others.
func (s *unitStates) again(first llb.State) llb.State {
	where, what := s.unit.Builds[0].Where, s.unit.Builds[0].What
	e := s.in.self("again", fmt.Sprintf("[%s] compile %s again, and compare", s.plan.Target, outputs(s.unit)), where, what, s.plan.AgainJob(s.unit))
	s.mountC(e.goRoot(s.code.Go)).mount(plan.PathElsewhere, s.source()).mount(plan.PathIn, first)
	if s.code.Modules != nil {
		e.mount(plan.PathElseMods, *s.code.Modules)
	}
	s.mountLinkers(e)
	s.mountProfile(e)
	e.options = append(e.options, llb.AddMount(plan.PathGoCache, llb.Scratch(), llb.ForceNoOutput))
	return e.output()
}

// cside unpacks the host's C toolchain and the target's sysroot.
func (s *unitStates) cside() {
	c := s.unit.C
	where := s.unit.Builds[0].Where
	host := HostToolchain(s.in, c.HostSet, where)
	job := plan.UnpackJob{Kind: c.Kind, Arch: c.Target.Arch, CXX: c.CXX}
	e := unpack(s.in, c.Set, job, fmt.Sprintf("[%s] unpack the %s sysroot", s.plan.Target, c.Kind), where)
	root := e.hostUsr(host).output()
	s.host, s.sysroot = &host, &root
}

// mountC gives a step the C side.
func (s *unitStates) mountC(e *exec) *exec {
	if s.unit.C != nil {
		e.hostUsr(*s.host).mount(plan.PathSysroot, *s.sysroot)
	}
	return e
}

// hostUsr mounts the host's C toolchain. The folders that a merged /usr links to are mounts as well, since programs name their
// loader by them: BuildKit makes symbolic links from 0.20 on (file.symlink.create in solver/pb/caps.go), and mounts in all versions.
func (e *exec) hostUsr(host llb.State) *exec {
	e.mount(plan.PathHostUsr, host, llb.SourcePath("/usr"))
	for _, dir := range sysroot.MergedDirs {
		e.mount("/"+dir, host, llb.SourcePath(path.Join("/usr", dir)))
	}
	return e
}

// deps compiles one group of foreign packages: plain go, nothing of our binary, so that a new crossgo finds the old objects.
// GOCACHE grows from step to step and is what the layer holds.
func (s *unitStates) deps(d plan.DepsStep) {
	e := s.in.newExec("dependencies", fmt.Sprintf("[%s] compile %s", s.plan.Target, depsTitle[d.ID]), s.unit.Builds[0].Where, depsTitle[d.ID]+" for "+s.plan.Target)
	e.args(append([]string{plan.PathGoRoot + "/bin/go"}, d.Args...), s.unit.DepsEnv(d)).goRoot(s.code.Go)
	s.mountProfile(e)
	s.mountKeeper(e, d)
	if d.Bare {
		e.dir("/tmp")
	} else {
		s.mountC(e)
		s.mountDeps(e, d)
	}
	s.gocache = e.run().AddMount(plan.PathGoCache, s.gocache)
}

// Bare are the states of a plan's dependency steps that need no C side: what of a plan can be compiled before its packages are
// pinned.
func Bare(in Inputs, p *plan.Plan, code Code) []llb.State {
	var all []llb.State
	for _, u := range p.Units {
		s := &unitStates{in: in, plan: p, unit: u, code: code, gocache: llb.Scratch()}
		for _, d := range u.Deps {
			if d.Bare {
				s.deps(d)
				all = append(all, s.gocache)
			}
		}
	}
	return all
}

var depsTitle = map[string]string{
	"bare":    "the standard library without C",
	"heavy":   "dependencies with C code",
	"foreign": "dependencies",
	"std":     "the standard library",
}

// mountProfile mounts the one file of the user's that dependencies are compiled by: the programs' profile.
func (s *unitStates) mountProfile(e *exec) {
	if s.unit.Profile != "" {
		e.mount(plan.PathProfile, s.in.Context, llb.SourcePath("/"+s.unit.Profile))
	}
}

// mountDeps mounts what the packages are compiled from.
func (s *unitStates) mountDeps(e *exec, d plan.DepsStep) {
	switch {
	case d.Heavy != nil:
		s.mountHeavy(e, d.Heavy)
		e.dir(plan.PathHeavy)
	case s.code.Modules == nil:
		e.mount(plan.PathSource, vendorFiles(s.in)).dir(sourceDir(s.plan.Dir))
	default:
		e.mount(plan.PathModules, *s.code.Modules).mount(plan.PathSource, ModuleFiles(s.in)).dir(sourceDir(s.plan.Dir))
	}
}

// mountKeeper gives the step what the builder keeps of former builds.
func (s *unitStates) mountKeeper(e *exec, d plan.DepsStep) {
	if d.Asks {
		e.keep(plan.PathObjects, "objects").mount(plan.PathKeeper, keeper(s.in, s.plan), llb.SourcePath(plan.PathKeeper))
	}
}

// mountHeavy mounts each module by itself: the step's key is their content, whatever else go.mod names.
func (s *unitStates) mountHeavy(e *exec, h *plan.Heavy) {
	module, places := llb.Mkdir("/module", 0o755), llb.Mkdir("/modules", 0o755)
	for _, f := range h.Files {
		module = module.Mkfile(path.Join("/module", f.Name), 0o644, []byte(f.Text))
	}
	for _, m := range h.Modules {
		places = places.Mkdir(path.Join("/modules", m.Dir), 0o755, llb.WithParents(true))
	}
	const name = "[internal] module of the dependencies with C code"
	e.mount(plan.PathHeavy, llb.Scratch().File(module, llb.WithCustomName(name)), llb.SourcePath("/module"))
	e.mount(plan.PathModules, llb.Scratch().File(places, llb.WithCustomName(name)), llb.SourcePath("/modules"))
	for _, m := range h.Modules {
		e.mount(path.Join(plan.PathModules, m.Dir), *s.code.Modules, llb.SourcePath("/"+m.Dir))
	}
}

// compile builds the user's packages, and notes what the C compiler links them with.
func (s *unitStates) compile() (files llb.State, links *llb.State) {
	where, what := s.unit.Builds[0].Where, s.unit.Builds[0].What
	job, err := s.plan.CompileJob(s.unit)
	if err != nil {
		return llb.Scratch().Async(failed(err)), nil
	}
	e := s.in.self("compile", fmt.Sprintf("[%s] compile %s", s.plan.Target, outputs(s.unit)), where, what, job)
	s.mountC(s.code.mountInto(e)).mount(plan.PathSource, s.source())
	s.mountLinkers(e)
	s.mountProfile(e)
	s.mountCache(e, job)
	run := e.run()
	files = run.AddMount(plan.PathOut, llb.Scratch())
	if s.unit.C != nil {
		st := run.AddMount(plan.PathLinks, llb.Scratch())
		links = &st
	}
	return files, links
}

// mountCache mounts what was compiled before, and where to keep what is compiled now.
func (s *unitStates) mountCache(e *exec, job plan.CompileJob) {
	off := llb.ContentCache(llb.MountContentCacheOff)
	switch {
	case job.Prog != "": // it is the user's: what it writes down here no other build may read
		e.reaching().secret(plan.PathProg, plan.SecretProg).throwAway(plan.PathGoCache, llb.Scratch())
	case job.Objects == nil: // go writes into its cache what it compiles: that is thrown away
		e.throwAway(plan.PathGoCache, s.gocache, off)
	default:
		e.keep(plan.PathObjects, "objects")
		if job.Objects.Layer {
			e.mount(plan.PathGoCache, s.gocache, off)
		}
	}
}

// source is the build context. The go command looks for the repository's directory before it asks what is in there
// (step/git.go).
func (s *unitStates) source() llb.State {
	if s.plan.Stamp == nil {
		return s.in.Context
	}
	return s.in.Context.File(llb.Mkdir("/.git", 0o755, llb.WithParents(true)), llb.WithCustomName("[internal] stand-in for the repository"), llb.Platform(s.in.Build))
}

// mountLinkers puts our own binary between the Go linker and the compiler that links (step/linker.go).
func (s *unitStates) mountLinkers(e *exec) {
	if s.unit.C == nil {
		return
	}
	for _, name := range s.unit.C.Linkers {
		e.mount(path.Join(plan.PathLink, name), s.in.Self, llb.SourcePath(s.in.SelfPath))
	}
}

// outputs names the unit's files for progress.
func outputs(u plan.Unit) string {
	if len(u.Outputs) == 1 {
		return u.Outputs[0].Name
	}
	return fmt.Sprintf("%s and %d more", u.Outputs[0].Name, len(u.Outputs)-1)
}
