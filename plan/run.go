package plan

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/verify"
)

// RunFile is one output to start, and what is expected of it.
type RunFile struct {
	Name  string     `json:"name"`
	Path  string     `json:"path"` // in the root that it runs in
	Where string     `json:"where"`
	Run   verify.Run `json:"run"`
	Allow []string   `json:"allow,omitempty"` // as in its Want
}

// RunJob starts files in the root that they will run in, which is that of the step itself, and lets all files of the unit, those below
// PathRunIn, through when each does as expected.
type RunJob struct {
	Platform string    `json:"platform"`
	User     string    `json:"user"`          // USER or USER:GROUP, names or numbers; names are those of the root
	Dir      string    `json:"dir"`           // working directory
	Env      []string  `json:"env,omitempty"` // all of it
	Runs     []RunFile `json:"runs"`
}

// Process is what an image says of the program that it runs.
type Process struct {
	User string
	Dir  string
	Env  []string
}

// RunJob is what a unit's files are started by. Without an image that is the process of one without a base.
func (p *Plan) RunJob(u Unit, process Process) RunJob {
	job := RunJob{Platform: p.Target, User: process.User, Dir: process.Dir, Env: slices.Clone(process.Env), Runs: u.Runs}
	if job.Dir == "" {
		job.Dir = "/"
	}
	if p.Image == nil {
		job.User = NonRoot
	}
	if !slices.ContainsFunc(job.Env, func(kv string) bool { return strings.HasPrefix(kv, "PATH=") }) {
		job.Env = append(job.Env, "PATH="+defaultPath)
	}
	return job
}

// defaultPath is what containers have where neither image nor user says anything (util/system/path.go of BuildKit).
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// defaultTimeout is how long a program may take natively, in milliseconds; emulators are slowerBy.
const (
	defaultTimeout = 10 * 1000
	slowerBy       = 10
)

// smoke decides how an output is started: nothing at all, not here, or by whom.
func smoke(in Input, b binary, f *VerifyFile) (*RunFile, error) {
	asked := in.File.Binaries[b.entry].Verify.Run
	if asked == nil {
		return nil, nil
	}
	emulated, why := canRun(in)
	if b.linking.mode.Library() {
		why = "it is a library"
	}
	if why != "" {
		f.NotRun = why
		return nil, nil
	}
	r := &RunFile{Name: b.name, Path: path.Join("/", b.name), Where: b.ref, Allow: f.Want.Allow}
	r.Run = verify.Run{Exit: asked.Exit.V, MaxMemory: asked.MaxMemory.V, Timeout: asked.Timeout.V, Emulated: emulated}
	if r.Run.Timeout == 0 {
		r.Run.Timeout = defaultTimeout
	}
	if emulated {
		r.Run.Timeout *= slowerBy
	}
	return r, r.expand(in, asked)
}

// expand enters the words in which build arguments may stand.
func (f *RunFile) expand(in Input, asked *spec.Run) error {
	vars := variables(in)
	var err error
	word := func(v spec.Value[string]) string {
		text, e := spec.Expand(v.V, vars)
		if e != nil && err == nil {
			err = fmt.Errorf("%s: verify.run: %w", place(in.File, v.Pos), unknownVCS(in, v, e))
		}
		return text
	}
	for _, a := range asked.Args {
		f.Run.Args = append(f.Run.Args, word(a))
	}
	output := func(o spec.Output) verify.Output {
		out := verify.Output{Contains: word(o.Contains), Matches: o.Matches.V}
		if o.Is.Pos.Known() {
			is := word(o.Is)
			out.Is = &is
		}
		return out
	}
	f.Run.Stdout, f.Run.Stderr = output(asked.Stdout), output(asked.Stderr)
	return err
}

// unknownVCS says how a variable of the repository can be told.
func unknownVCS(in Input, v spec.Value[string], err error) error {
	missing := in.unknown()
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		if strings.Contains(v.V, "${"+name+"}") {
			return fmt.Errorf("${%s} is not known: %s", missing[name], in.VCS.howToSay([]string{missing[name]}))
		}
	}
	return err
}

// variantOrder are the variants of an architecture whose processors run what is made for the ones before; the plain platform is
// the first. Of an architecture without a row a builder says nothing: there only the plain platform is known to run.
var variantOrder = map[string][]string{
	"amd64": {"", "v2", "v3", "v4"},
	"arm":   {"v5", "v6", "v7"},
}

// kin are architectures whose processors run another one's programs themselves.
var kin = map[string]string{"386": "amd64", "arm": "arm64"}

// canRun says whether the builder runs the target's programs by an emulator, or why it does not run them at all.
func canRun(in Input) (emulated bool, why string) {
	if in.Target.OS != "linux" {
		return false, fmt.Sprintf("builds run on linux, where programs for %s do not start", in.Target)
	}
	if !slices.ContainsFunc(in.Runs, func(p spec.Platform) bool { return covers(p, in.Target) }) {
		return false, fmt.Sprintf("the builder runs programs for %s, and not for %s: give it an emulator (binfmt_misc), or build on such a machine", platformNames(in.Runs), in.Target)
	}
	native := in.Build.Arch == in.Target.Arch || in.Build.Arch == kin[in.Target.Arch]
	return !native, ""
}

// covers reports whether what runs programs of one platform runs those of another.
func covers(has, target spec.Platform) bool {
	if has.OS != target.OS || has.Arch != target.Arch {
		return false
	}
	order := variantOrder[target.Arch]
	return has.Variant == target.Variant || slices.Index(order, target.Variant) >= 0 && slices.Index(order, has.Variant) > slices.Index(order, target.Variant)
}

func platformNames(list []spec.Platform) string {
	var names []string
	for _, p := range list {
		names = append(names, p.String())
	}
	if len(names) == 0 {
		return "no platform that it names"
	}
	return strings.Join(names, ", ")
}
