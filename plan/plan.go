// Package plan decides everything about a build and does nothing: which Go, which environment and flags, which C
// toolchain and sysroot, what each output has to be. It is pure: no BuildKit, no files, no clock, no environment; the
// same Input gives the same Plan, byte for byte as JSON.
package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// Input is all that New looks at.
type Input struct {
	File     *spec.File
	Facts    TargetFacts       // what inspect found for Target
	Mods     Mods              // the module files
	Go       Go                // as ChooseGo decided
	Target   spec.Platform     // the platform to build for
	Build    spec.Platform     // the machine that compiles
	Args     map[string]string // build args of the request
	Settings Settings          // where things are fetched from
	Dir      string            // module directory below the context
	Vendor   bool              // the module has a vendor directory
	Select   Select            // what the request's target asks for
	Runs     []spec.Platform   // what the builder runs programs of, itself or by an emulator
	VCS      VCS               // what is known of the repository; nothing needs to be where the spec does not ask
}

// Plan is every decision for one platform.
type Plan struct {
	Target string `json:"target"`
	Build  string `json:"build"`
	Go     Go     `json:"go"`
	Dir    string `json:"dir"`
	Vendor bool   `json:"vendor,omitempty"`
	Kind   Kind   `json:"kind"`
	Cache  Cache  `json:"cache"`
	Units  []Unit `json:"units"`
	Epoch  string `json:"epoch,omitempty"` // the request's SOURCE_DATE_EPOCH
	Stamp  *Stamp `json:"stamp,omitempty"` // what Go's build info says of the repository; nil when it says nothing
	Image  *Image `json:"image,omitempty"` // only for KindImage
	Test   *Test  `json:"test,omitempty"`  // only for KindTest and KindResults, whose one unit has the settings of the tests

	Archives []ReadArchive  `json:"archives,omitempty"` // that the packages were chosen by; see NameArchives
	Release  *Release       `json:"release,omitempty"`  // only for KindRelease
	Reported []ReportedFile `json:"reported,omitempty"` // only for KindReport and KindRelease

	Exceptions []Exception `json:"exceptions,omitempty"` // checks that were left out, or may fail
}

// Unit is a group of binaries that share environment, tags and sysroot: their dependencies are compiled once, and the
// binaries by one step.
type Unit struct {
	ID      string        `json:"id"`
	Env     []string      `json:"env"`         // without what cgo reads: that is C.Env
	C       *CSide        `json:"c,omitempty"` // nil without cgo
	Deps    []DepsStep    `json:"deps"`
	Builds  []BuildOutput `json:"builds"`
	Outputs []VerifyFile  `json:"outputs"`
	Runs    []RunFile     `json:"runs,omitempty"`    // outputs to start before they leave
	Dynamic bool          `json:"dynamic,omitempty"` // some output needs a loader
	Profile string        `json:"profile,omitempty"` // default.pgo of its programs, below the context
	OwnC    bool          `json:"ownC,omitempty"`    // packages of the user's own have C or assembly files
	First   []string      `json:"first,omitempty"`   // go's arguments that compile what is not the user's before what is: without layers, and with C in what is
}

// FullEnv is the environment of the unit's steps that have the C side.
func (u Unit) FullEnv() []string {
	if u.C == nil {
		return u.Env
	}
	return slices.Concat(u.Env, u.C.Env)
}

// DepsEnv is the environment of one of the unit's dependency steps.
func (u Unit) DepsEnv(d DepsStep) []string {
	env := u.Env
	if !d.Bare {
		env = slices.Concat(u.FullEnv(), d.Env)
	}
	if d.Asks {
		env = slices.Concat(env, []string{"GOCACHEPROG=" + u.keeper(d)})
	}
	return env
}

// Names are the unit's files.
func (u Unit) Names() []string {
	var names []string
	for _, o := range u.Outputs {
		names = append(names, o.Name)
	}
	return names
}

// CSide is what cgo needs: two sets of package files, to be pinned by the lock.
type CSide struct {
	Suite   string          `json:"suite"`
	Host    sysroot.Request `json:"host"`
	Target  sysroot.Request `json:"target"`
	Env     []string        `json:"env"`  // what cgo reads, besides the unit's
	Kind    sysroot.Kind    `json:"kind"` // KindGlibc or KindMusl: how the target's set is unpacked
	CXX     bool            `json:"cxx,omitempty"`
	Linkers []string        `json:"linkers"` // names below PathLink: the target's C and C++ compiler, or the program that packs static libraries
	HostSet sysroot.Set     `json:"hostSet"`
	Set     sysroot.Set     `json:"set"`
}

// DepsStep compiles packages that are not the user's into a layer of GOCACHE, on top of the step before it.
type DepsStep struct {
	ID    string   `json:"id"` // "bare", "heavy", "foreign" or "std"
	Args  []string `json:"args"`
	Bare  bool     `json:"bare,omitempty"`  // with neither the C side nor the module at hand: packages of the standard library
	Env   []string `json:"env,omitempty"`   // in place of what the unit's says
	Heavy *Heavy   `json:"heavy,omitempty"` // "heavy": the synthetic module to build in
	Asks  bool     `json:"asks,omitempty"`  // for objects that the builder keeps

	Includes string `json:"includes,omitempty"` // the salt of assembly; empty: with assembly or C nothing is kept
}

// Heavy is a synthetic module that needs the given modules and nothing else. Each of them lies where the module cache has
// it, so that what is compiled here is found again when the user's own module asks for it.
type Heavy struct {
	Files   []TextFile    `json:"files"` // of the synthetic module, below PathHeavy
	Modules []HeavyModule `json:"modules"`
}

// TextFile is a small file that the plan writes itself.
type TextFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// New decides. All problems are returned at once, in the order of the spec, each located.
func New(in Input) (*Plan, error) {
	p := &Plan{Target: in.Target.String(), Build: in.Build.String(), Go: in.Go, Dir: in.Dir, Vendor: in.Vendor, Kind: in.Select.Kind, Epoch: in.Args["SOURCE_DATE_EPOCH"]}
	var errs [3]error
	var binaries []binary
	p.Stamp, errs[0] = stamp(in)
	p.Cache, errs[1] = decideCache(in)
	binaries, errs[2] = decideBinaries(in)
	err := errors.Join(errs[:]...)
	if err != nil {
		return nil, err
	}
	all := binaries
	if binaries, err = in.Select.narrow(in.File, all); err != nil {
		return nil, err
	}
	if err := uniqueNames(binaries); err != nil {
		return nil, err
	}
	if p.Kind.tests() {
		return p, p.decideTests(in, binaries)
	}
	if p.Units, err = units(in, p.Cache, binaries); err != nil {
		return nil, err
	}
	p.Reported = reportFiles(in, binaries)
	switch p.Kind {
	case KindImage:
		if p.Image, err = decideImage(in, all, binaries); err == nil {
			p.meetNeeds()
		}
	case KindRelease:
		p.Release, err = decideRelease(in, binaries)
	}
	p.Exceptions = exceptions(in, p, binaries)
	return p, err
}

// suiteRequest is a package set that the plan needs pinned, and the suite it is of.
type suiteRequest struct {
	suite   string
	request sysroot.Request
}

func (p *Plan) requests() []suiteRequest {
	var requests []suiteRequest
	for _, u := range p.Units {
		if u.C != nil {
			requests = append(requests, suiteRequest{sysroot.HostSuite, u.C.Host}, suiteRequest{u.C.Suite, u.C.Target})
		}
	}
	return requests
}

// Pin enters the lock's package files into the plan. A set that the lock lacks is an error.
func (p *Plan) Pin(lock *sysroot.Lock) error {
	sets := map[string]sysroot.Set{}
	for _, s := range lock.Sets {
		sets[s.Name] = s
	}
	var errs []error
	take := func(name string) sysroot.Set {
		set, ok := sets[name]
		if !ok {
			errs = append(errs, fmt.Errorf("the lock has no package set %q", name))
		}
		return set
	}
	for i := range p.Units {
		if c := p.Units[i].C; c != nil {
			c.HostSet, c.Set = take(c.Host.Name), take(c.Target.Name)
		}
	}
	return errors.Join(errs...)
}
