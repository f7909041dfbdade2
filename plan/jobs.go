package plan

import (
	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
)

// The jobs are what steps inside build containers are told to do, as JSON in PathJob. They are part of cache keys:
// nothing may stand in them that does not change the outcome.

// GoJob fetches a Go distribution.
type GoJob struct {
	Version string `json:"version"`         // "1.26.8", or "1.26" for its newest patch
	Build   string `json:"build"`           // the machine it runs on: "linux/amd64"
	Tools   bool   `json:"tools,omitempty"` // with what tests need: vet, and what makes and reads coverage
	Proxy   Proxy  `json:"proxy"`
}

// KeeperJob gives out the program that the go commands of dependency steps ask for objects.
type KeeperJob struct {
	Build string `json:"build"` // the machine that it runs on: "linux/amd64"
}

// GoReleasesJob asks the module proxy which releases of Go there are.
type GoReleasesJob struct {
	Build   string `json:"build"` // the machine that they are for: "linux/amd64"
	Proxy   Proxy  `json:"proxy"`
	Request string `json:"request"` // a name that no other request has: the answer is no other's
}

// GoReleasesSaid is the answer.
type GoReleasesSaid struct {
	Releases []string `json:"releases"`          // "1.26.8", oldest first
	Problem  string   `json:"problem,omitempty"` // why the module proxy could not be asked: Releases are those that this builder has fetched before
}

// Proxy is how modules are fetched: the go command's variables of these names, empty for its own default.
type Proxy struct {
	GOPROXY   string `json:"goproxy"`
	GOSUMDB   string `json:"gosumdb,omitempty"`
	GONOSUMDB string `json:"gonosumdb,omitempty"`
	GONOPROXY string `json:"gonoproxy,omitempty"`
	GOPRIVATE string `json:"goprivate,omitempty"`
}

// ModulesJob downloads what go.mod and go.sum name.
type ModulesJob struct {
	Dir  string   `json:"dir"` // module directory below PathSource
	Env  []string `json:"env"`
	Keep bool     `json:"keep,omitempty"` // PathDownload keeps what was downloaded
}

// SkimJob reduces the build context to what go list reads.
type SkimJob struct{}

// InspectJob asks what the code is, for every target.
type InspectJob struct {
	Dir     string          `json:"dir"`
	Env     []string        `json:"env"` // of every target
	Targets []InspectTarget `json:"targets"`
}

// InspectTarget is one platform of an InspectJob.
type InspectTarget struct {
	Platform string          `json:"platform"`
	Env      []string        `json:"env"`
	Binaries []InspectBinary `json:"binaries"`
}

// InspectBinary is one entry of binaries: patterns with the place of each.
type InspectBinary struct {
	Patterns []string `json:"patterns"`
	Where    []string `json:"where"`
	Tags     []string `json:"tags,omitempty"`
	CGO      string   `json:"cgo"` // auto, on or off
}

// ResolveJob pins package files.
type ResolveJob struct {
	Suite    string            `json:"suite"`
	Indexes  []ResolveIndex    `json:"indexes"`
	Requests []sysroot.Request `json:"requests"`
}

// ResolveIndex is one Packages file below PathIn.
type ResolveIndex struct {
	File    string `json:"file"`
	Arch    string `json:"arch"`
	Archive string `json:"archive"`
}

// UnpackJob unpacks the package files of one set, which stand below PathIn in the order of Files.
type UnpackJob struct {
	Kind  sysroot.Kind `json:"kind"`
	Arch  string       `json:"arch"`          // Debian architecture of the set
	CXX   bool         `json:"cxx,omitempty"` // the target's set needs a C++ library
	Files []string     `json:"files"`
}

// CompileJob builds one unit's binaries into PathOut.
type CompileJob struct {
	Dir     string        `json:"dir"`
	Source  string        `json:"source,omitempty"` // the build context; empty: PathSource
	Env     []string      `json:"env"`
	Builds  []BuildOutput `json:"builds"`
	Objects *Objects      `json:"objects,omitempty"` // how objects are kept; nil when they are not
	Prog    string        `json:"prog,omitempty"`    // the user's GOCACHEPROG, a file that has to be there
	Stamp   *Stamp        `json:"stamp,omitempty"`   // what the go command is told of the repository; nil when it does not ask
}

// Objects is how the compile step keeps objects, in PathObjects or by the user's program.
type Objects struct {
	Layer bool     `json:"layer,omitempty"` // PathGoCache has those of the dependency layers
	Salt  string   `json:"salt,omitempty"`  // what C is compiled with and the go command does not look at
	Own   bool     `json:"own,omitempty"`   // the user's own packages have C or assembly: any file of the context may be a header
	First []string `json:"first,omitempty"` // go's arguments to compile what is not the user's before what is
}

// BuildOutput is one run of go build.
type BuildOutput struct {
	Args  []string    `json:"args"`            // after "go"
	Where string      `json:"where"`           // the spec's line, for messages; of several programs that of the first
	What  string      `json:"what"`            // "server for linux/arm64", "server and 2 more for linux/arm64"
	Vars  []BuildVar  `json:"vars,omitempty"`  // what -X sets
	Files []BuildFile `json:"files,omitempty"` // what a run for several programs writes to PathBuilt; empty: Args name the one output
}

// BuildVar is a variable that the linker sets.
type BuildVar struct {
	Package string `json:"package"` // import path, or main
	Name    string `json:"name"`
	Where   string `json:"where"` // the flag in the spec, for messages
}

// BuildFile is one program of a run that builds several.
type BuildFile struct {
	Go      string `json:"go"`      // its name below PathBuilt, which the go command chooses
	Name    string `json:"name"`    // its name below PathOut
	Package string `json:"package"` // import path
	Where   string `json:"where"`   // the spec's line, for messages
	What    string `json:"what"`    // "server for linux/arm64"
}

// VerifyJob checks files below PathIn and lets through what holds.
type VerifyJob struct {
	Platform string       `json:"platform"`
	Files    []VerifyFile `json:"files"`
	Root     bool         `json:"root,omitempty"`  // PathRoot holds the image that the files will run in
	User     string       `json:"user,omitempty"`  // with Root: who runs them there, as in the image's config; empty is root
	Needs    []string     `json:"needs,omitempty"` // of these parts of an image without a base NeedsFile lists those that the files need
}

// VerifyFile is one output and what it has to be.
type VerifyFile struct {
	Name   string      `json:"name"`
	Header string      `json:"header,omitempty"` // of a library: a file beside it
	Where  string      `json:"where"`
	Want   verify.Want `json:"want"`
	NotRun string      `json:"notRun,omitempty"` // why it is not started although the spec asks for it
	Again  bool        `json:"again,omitempty"`  // PathAgain says what a second build gave
}

// Warning is something that verify let through and the user wants to know of, as WarningsFile lists them.
type Warning struct {
	Where  string   `json:"where"`            // the place in the spec, as a reference
	File   string   `json:"file"`             // the output
	Check  string   `json:"check"`            // id of the rule
	Text   string   `json:"text"`             // what was found
	Detail []string `json:"detail,omitempty"` // what one would see and what to do, a line each
}

// ReportJob writes the report of a platform: what verify found, which stands below PathReport/0 for the first unit and so on, with what
// the plan decided, what the files below PathIn/0 are made of, and the sizes of what is mounted at PathLayers/0, PathLayers/1 and so on.
type ReportJob struct {
	Platform   string        `json:"platform"`
	Build      string        `json:"build"` // the machine that compiled
	Components []Component   `json:"components"`
	Exceptions []Exception   `json:"exceptions"`
	Archives   []ReadArchive `json:"archives,omitempty"`
	Units      []ReportUnit  `json:"units"`
	Layers     []ReportLayer `json:"layers"`
}

// ReportUnit are the files of one unit.
type ReportUnit struct {
	Files []ReportedFile `json:"files"`
}

// ReportsJob writes one report over several platforms, whose own stand below PathIn/0, PathIn/1 and so on, and theirs beside it.
type ReportsJob struct {
	Dirs []string `json:"dirs"` // of each platform, below PathOut: "linux_arm64"
}

// ReportLayer is one layer that builds begin with.
type ReportLayer struct {
	Name  string `json:"name"`
	Grows bool   `json:"grows,omitempty"` // it holds the layer before it as well
}

// BaseJob makes what an image without a base stands on, of what verify found to be needed, which stands below PathNeeds/0, PathNeeds/1
// and so on, of the time zones at PathZones, and of the certificates below PathFiles/0, PathFiles/1 and so on.
type BaseJob struct {
	Keep         []string      `json:"keep,omitempty"` // parts that are needed in any case
	Units        int           `json:"units"`          // how many lists of needs there are
	Certificates []ContextFile `json:"certificates,omitempty"`
}

// CertificatesJob adds certificates, which stand below PathFiles/0, PathFiles/1 and so on, to those of the base at PathRoot.
type CertificatesJob struct {
	Certificates []ContextFile `json:"certificates"`
	Root         bool          `json:"root,omitempty"`   // PathRoot is there
	Bundle       string        `json:"bundle,omitempty"` // where the image's environment says that the certificates are
}

// ImageJob checks a whole image, at PathRoot: that it starts a program that it has, as a user that it has, and that the files of the
// build start in it.
type ImageJob struct {
	Platform   string      `json:"platform"`
	Entrypoint []string    `json:"entrypoint"`
	Cmd        []string    `json:"cmd,omitempty"`
	Env        []string    `json:"env,omitempty"`
	User       string      `json:"user,omitempty"`
	WorkDir    string      `json:"workdir,omitempty"`
	MakeDir    bool        `json:"makeDir,omitempty"` // WorkDir is written to PathOut where the image lacks it
	Files      []ImageFile `json:"files"`
}

// ImageFile is one file of an ImageJob, at the top of the image.
type ImageFile struct {
	Name  string   `json:"name"`
	Where string   `json:"where"`
	Allow []string `json:"allow,omitempty"` // checks that may fail
}

// ImageJob checks the image that the plan makes; process is what its config says, base included.
func (p *Plan) ImageJob(process Process) ImageJob {
	job := ImageJob{
		Platform: p.Target, Entrypoint: p.Image.Entrypoint, Cmd: p.Image.Cmd,
		Env: process.Env, User: process.User, WorkDir: process.Dir, MakeDir: p.Image.WorkDir != "" && p.Image.WorkDir != "/",
	}
	for _, u := range p.Units {
		for _, f := range u.Outputs {
			job.Files = append(job.Files, ImageFile{Name: f.Name, Where: f.Where, Allow: f.Want.Allow})
		}
	}
	return job
}

// RuntimeJob copies the loader and the libraries that files below PathIn need from PathSysroots/0, PathSysroots/1 and so on, each from
// the first that has it.
type RuntimeJob struct {
	Files    []string `json:"files"`
	Sysroots int      `json:"sysroots"`
}
