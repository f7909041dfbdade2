// Package llb writes a plan down as a BuildKit graph. It decides nothing: which steps there are, with which arguments and
// environment, stands in the plan; here is only how they are mounted, named and cached.
package llb

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Inputs are the states that a graph is built on.
type Inputs struct {
	Context  llb.State                             // the build context
	Self     llb.State                             // holds our own binary
	SelfPath string                                // where in Self the binary is
	Build    ocispecs.Platform                     // the machine that compiles
	Base     *llb.State                            // the image's base; nil from scratch
	Process  plan.Process                          // what the image says of its program, base included
	Read     []llb.State                           // what the plan was made by, see carry
	Archives map[string]string                     // base address of each package archive by id
	Proxy    llb.ProxyEnv                          // for steps with a network
	Source   func(where string) llb.ConstraintsOpt // the spec's line for a place; nil options are allowed
	Args     plan.Settings
	LocalID  string          // tells this request's local directories from another's: the same all through one request, so that they are sent once
	NoCache  bool            // make everything again
	CacheNS  string          // tells this request's cache mounts from those of others
	Again    []string        // the steps to run again, by their names in Steps
	Exec     []llb.RunOption // what the request says of every step's container
	Online   []llb.RunOption // the same of steps with a network
	Hostname string          // of every step; empty: the builder's own choice
	Network  pb.NetMode      // which network that is; the zero value is the builder's
}

// Steps are the names of all steps that run something, for those who want one of them run again.
var Steps = []string{
	"again", "attest", "base", "certificates", "compile", "compile-tests", "dependencies", "gather", "go", "golist", "image", "inspect", "keeper", "keys", "modules", "pack",
	"report", "reports", "resolve", "run", "runtime", "sign", "skim", "test", "unpack", "verify",
}

// Description keys, which come back with the error of a failed step.
const (
	DescStep  = "crossgo.step"  // what the step does: "compile"
	DescWhere = "crossgo.where" // the place that asked for it: "crossgo.yaml:4:11"
	DescWhat  = "crossgo.what"  // what it works on: "server for linux/arm64"

	// Dependencies is the step whose command is not ours, as DescStep has it.
	Dependencies = "dependencies"
)

// skeleton is the root of every exec: mount points, and a CA file that BuildKit can write to. It is the same whatever runs,
// so that cache keys depend on what is mounted alone.
func skeleton() llb.State {
	return llb.Scratch().File(
		llb.Mkdir("/tmp", 0o1777).Mkdir("/usr", 0o755).Mkdir(path.Dir(plan.PathSystemCA), 0o755, llb.WithParents(true)).
			Mkfile("/etc/passwd", 0o644, []byte("root:x:0:0:root:/tmp:/\n")).
			Mkfile(plan.PathSystemCA, 0o644, nil),
		llb.WithCustomName("[internal] root of the build steps"))
}

// exec is one step under construction.
type exec struct {
	in      Inputs
	name    string // shown in progress
	network bool
	step    string
	where   string
	what    string
	root    *llb.State // nil: the skeleton
	options []llb.RunOption
}

// newExec begins a step: on the build platform, without a network, on a read-only root.
func (in Inputs) newExec(step, name, where, what string) *exec {
	return &exec{in: in, name: name, step: step, where: where, what: what, options: []llb.RunOption{
		llb.ReadonlyRootFS(), llb.AddMount("/tmp", llb.Scratch(), llb.Tmpfs()),
	}}
}

// self runs a step of our own binary with its job.
func (in Inputs) self(step, name, where, what string, job any) *exec {
	e := in.newExec(step, name, where, what)
	e.options = append(e.options,
		llb.Args([]string{plan.PathSelf, "step", step}),
		llb.AddMount(plan.PathSelf, in.Self, llb.SourcePath(in.SelfPath), llb.Readonly),
		llb.AddMount(plan.PathJob, jobState(job), llb.Readonly),
	)
	return e
}

// jobState is a job as a file.
func jobState(job any) llb.State {
	data, err := json.MarshalIndent(job, "", " ")
	if err != nil {
		// Jobs are plain structs of strings, bools and numbers: they always marshal.
		return llb.Scratch().Async(failed(fmt.Errorf("job: %w", err)))
	}
	return llb.Scratch().File(llb.Mkfile("/"+plan.JobFile, 0o644, data), llb.WithCustomName("[internal] job"))
}

// args runs a program other than ours.
func (e *exec) args(args []string, env []string) *exec {
	e.options = append(e.options, llb.Args(args))
	return e.env(env)
}

func (e *exec) env(env []string) *exec {
	for _, kv := range env {
		e.options = append(e.options, addEnv(kv))
	}
	return e
}

func (e *exec) dir(dir string) *exec {
	e.options = append(e.options, llb.Dir(dir))
	return e
}

// mount gives the step something to read. Its content, not its history, is what the step's key is made of.
func (e *exec) mount(at string, st llb.State, opts ...llb.MountOption) *exec {
	e.options = append(e.options, llb.AddMount(at, st, append([]llb.MountOption{llb.Readonly}, opts...)...))
	return e
}

// throwAway gives the step something that it may write into; nobody sees that afterwards.
func (e *exec) throwAway(at string, st llb.State, opts ...llb.MountOption) *exec {
	e.options = append(e.options, llb.AddMount(at, st, append([]llb.MountOption{llb.ForceNoOutput}, opts...)...))
	return e
}

// scratch gives the step a place to write to that nobody reads afterwards.
func (e *exec) scratch(at string) *exec {
	e.options = append(e.options, llb.AddMount(at, llb.Scratch(), llb.Tmpfs()))
	return e
}

// keep gives the step a folder that the builder keeps for all builds. Its steps cope with others that use it at the same time: no
// build waits for another. Who wants everything made again gets an empty folder, which nobody keeps.
func (e *exec) keep(at, id string) *exec {
	if e.in.NoCache || slices.Contains(e.in.Again, e.step) {
		e.options = append(e.options, llb.AddMount(at, llb.Scratch(), llb.ForceNoOutput))
		return e
	}
	e.options = append(e.options, llb.AddMount(at, llb.Scratch(), llb.AsPersistentCacheDir(path.Join(e.in.CacheNS, "crossgo", id), llb.CacheMountShared)))
	return e
}

// online gives the step the network and what it needs there.
func (e *exec) online() *exec {
	return e.reaching().secret(plan.PathNetrc, plan.SecretNetrc)
}

// reaching gives the step the network and the certificates for it.
func (e *exec) reaching() *exec {
	e.network = true
	e.options = append(e.options, llb.WithProxy(e.in.Proxy))
	return e.secret(plan.PathCA, plan.SecretCA)
}

// secret gives the step a file of the client's, if the client has it.
func (e *exec) secret(at, id string) *exec {
	e.options = append(e.options, llb.AddSecret(at, llb.SecretID(id), llb.SecretOptional))
	return e
}

// run closes the step; what it writes is had from the mounts added to the result.
func (e *exec) run() llb.ExecState {
	options := append(slices.Clone(e.options), llb.Platform(e.in.Build), llb.WithCustomName(e.name),
		llb.WithDescription(map[string]string{DescStep: e.step, DescWhere: e.where, DescWhat: e.what}))
	options = append(append(options, e.in.Exec...), e.reach()...)
	if slices.Contains(e.in.Again, e.step) {
		options = append(options, llb.IgnoreCache)
	}
	if e.in.Source != nil {
		if source := e.in.Source(e.where); source != nil {
			options = append(options, source)
		}
	}
	root := skeleton()
	if e.root != nil {
		root = *e.root
	}
	if e.in.Hostname != "" {
		root = root.Hostname(e.in.Hostname)
	}
	return root.Run(options...)
}

// reach is the network that the step sees.
func (e *exec) reach() []llb.RunOption {
	if !e.network {
		return []llb.RunOption{llb.Network(pb.NetMode_NONE)}
	}
	return append(slices.Clone(e.in.Online), llb.Network(e.in.Network))
}

// output is run for steps with one place to write to.
func (e *exec) output() llb.State {
	return e.run().AddMount(plan.PathOut, llb.Scratch())
}

func sourceDir(dir string) string { return path.Join(plan.PathSource, dir) }
