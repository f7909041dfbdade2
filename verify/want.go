// Package verify reads executables (ELF, PE, Mach-O, WebAssembly, and the build information that Go leaves in them) and
// says whether they are what was asked for. It uses nothing but the standard library.
package verify

// Want is what an executable has to be. A zero field is not checked, except GOOS and GOARCH, which are always.
type Want struct {
	GOOS    string `json:"goos"`              // "linux"
	GOARCH  string `json:"goarch"`            // "arm"
	Variant string `json:"variant,omitempty"` // platform variant: "v7" for arm, "v3" for amd64; empty: the baseline of GOARCH

	Libc         string            `json:"libc,omitempty"`         // "musl" or "glibc": whose loader and libraries a dynamic file may ask for
	GlibcFloor   string            `json:"glibcFloor,omitempty"`   // "2.31": no GLIBC_ symbol version above it
	Link         string            `json:"link,omitempty"`         // "static", "static-pie", "dynamic" or "pie"
	SymbolFloors map[string]string `json:"symbolFloors,omitempty"` // by GLIBCXX, CXXABI or GCC, "3.4.28": no symbol version of gcc's libraries above it
	KernelFloor  string            `json:"kernelFloor,omitempty"`  // "4.18": the oldest Linux that it has to start on
	Strip        string            `json:"strip,omitempty"`        // "all": neither symbol table nor debug information; "debug": no debug information; "none": both there

	Loader string `json:"loader,omitempty"` // exact loader path; empty: any path known for Libc

	BuildMode string `json:"buildMode,omitempty"` // "c-shared" or "c-archive": a library for C; empty: a program

	// Exports are the functions that a library exports. Empty with a BuildMode: those of the header that stands beside the file
	// under its name ("libfoo.h" or "foo.h" beside "libfoo.so"), see Header.
	Exports []string `json:"exports,omitempty"`

	MinOS     string `json:"minOS,omitempty"`     // "12.0": darwin, ios or windows of this version must be able to load it
	Subsystem string `json:"subsystem,omitempty"` // windows: "console" or "gui"

	CGO          string `json:"cgo,omitempty"`          // "on" or "off", as recorded in the build info
	GoVersion    string `json:"goVersion,omitempty"`    // "go1.26.8", as recorded in the build info
	MainPath     string `json:"mainPath,omitempty"`     // import path of the main package, as recorded in the build info
	Revision     string `json:"revision,omitempty"`     // the commit's hash, as recorded in the build info
	RevisionTime string `json:"revisionTime,omitempty"` // when it was committed, "2026-01-31T12:00:00Z", as recorded in the build info
	Modified     string `json:"modified,omitempty"`     // "true" or "false": the sources are not those of the commit, as recorded in the build info
	RequireGo    bool   `json:"requireGo,omitempty"`    // the file must carry Go build info; otherwise its absence is only a note

	MainModule string `json:"mainModule,omitempty"` // path of the main module, "PATH@v1.2.3" to compare its version as well, as recorded in the build info
	Trimpath   bool   `json:"trimpath,omitempty"`   // built with -trimpath, as recorded in the build info, and no source file has an absolute name

	// Tags are the build tags as recorded in the build info, in any order; nil is not checked, empty is none.
	Tags []string `json:"tags,omitzero"`

	// Settings are other build settings by name ("GOEXPERIMENT", "-gcflags") as recorded in the build info; an empty value is a
	// setting that is not recorded.
	Settings map[string]string `json:"settings,omitempty"`
	Image    *Image            `json:"image,omitempty"` // where the file will run; nil: not known

	Allow []string `json:"allow,omitempty"` // ids of rules that may break: what does not hold is a note. Fixed rules stay what they are
}

// Level says how grave a finding is.
type Level string

// The levels of a finding. Only Fail makes a file unfit.
const (
	Fail Level = "fail"
	Warn Level = "warn" // the file starts, but has a fault that its maker wants to know of
	Note Level = "note" // something could not be known, for example without build info
	Pass Level = "pass" // the check was made and held
)

// Finding is the outcome of one check on one file.
type Finding struct {
	Check string `json:"check"` // the check's id, for example "machine" or "glibc-floor"; stable, see Rules and docs/checks
	Level Level  `json:"level"`
	Found string `json:"found"`          // what the file is, in words: "x86-64"
	Want  string `json:"want,omitempty"` // what was asked for: "aarch64"
	Text  string `json:"text"`           // one line for people: "machine is x86-64, want aarch64 (GOARCH=amd64 in build info)"
}
