// Package spec reads the file that a user of crossgo writes: types, strict parser, and the rules that need nothing but
// the file itself. It knows nothing of Go toolchains, BuildKit or the machine it runs on.
package spec

import "fmt"

// Pos is a place in the file: 1-based line and column, counted as an editor counts them (columns in characters).
// The zero Pos marks a value that the user did not write: a default.
type Pos struct {
	Line   int
	Column int
}

// Known reports whether the value stands in the file at all.
func (p Pos) Known() bool { return p.Line > 0 }

// String is "line:column", or "default" for the zero Pos.
func (p Pos) String() string {
	if !p.Known() {
		return "default"
	}
	return fmt.Sprintf("%d:%d", p.Line, p.Column)
}

// Value is one value of the file together with the place it was written at.
type Value[T any] struct {
	V   T
	Pos Pos
}

// File is a whole spec. Every list is in the order of the file.
type File struct {
	Name      string          // name to show in messages, for example "crossgo.yaml"
	Go        Value[string]   // Go version ("1.26" or "1.26.8"); empty: go.mod decides
	Module    Value[string]   // slash-separated directory of the module inside the context; "." by default
	Platforms []Value[string] // default set, used when the request names no platform; normalised ("linux/arm/v7")
	Parallel  Value[int]      // at most so many platforms are built at once; 0: crossgo's choice
	Args      []Arg           // declared build args
	VCS       Value[VCS]      // VCSOff by default
	Binaries  []Binary        // never empty after Parse: the default is one entry that builds every main package
	Image     *Image          // nil when the file has no image: block
	Release   *Release        // nil when the file has no release: block
	Cache     Cache
	Verify    Verify // for the binaries that have none of their own
	Test      *Test  // nil when the file has no test: block
}

// Verify says what the gate asks of an output beyond what its other settings mean.
type Verify struct {
	Pos          Pos             // where the mapping begins; the zero Pos when there is none
	Allow        []Value[string] // ids of checks that may fail; plan knows which there are
	Run          *Run            // nil: no output is started
	Reproducible Value[bool]     // each output is built twice
}

// Cache says where compiled code is kept from one build to the next.
type Cache struct {
	Mode Value[CacheMode] // CacheAuto by default
	Prog []Value[string]  // with CacheProg alone: a file of the context and its arguments, with ${NAME} not yet replaced
}

// CacheMode is the kind of the cache.
type CacheMode string

// The values of cache. CacheProg is not written as a word: it stands for a mapping with prog.
const (
	CacheAuto   CacheMode = "auto"
	CacheLayers CacheMode = "layers" // compiled dependencies are layers of the graph
	CacheMounts CacheMode = "mounts" // all objects are in a cache mount of the builder
	CacheBoth   CacheMode = "both"   // dependencies in layers, the user's own packages in a cache mount
	CacheProg   CacheMode = "prog"   // a program of the user's keeps all objects
)

// Arg is a declared build argument and its default value.
type Arg struct {
	Name    Value[string]
	Default Value[string]
}

// Binary is one entry of binaries: one or several main packages built with the same settings.
type Binary struct {
	Pos      Pos             // where the entry begins
	Main     []Value[string] // package patterns, relative to the module and clean (".", "./cmd/server", "./..."); never empty, "./..." by default
	Name     Value[string]   // output name; empty: the last element of the package's import path
	CGO      Value[CGO]
	Libc     Value[Libc]
	Link     Value[Link]
	Mode     Value[BuildMode] // BuildExe by default
	Packages []Value[string]  // Debian packages of the target, for cgo
	Tags     []Value[string]  // Go build tags
	LDFlags  []Value[string]  // Go linker flags as written; LinkerWords splits and expands them
	Verify   Verify           // its own or else the file's
}

// CGO says whether cgo is used: CGOAuto lets the code decide.
type CGO string

// The values of cgo.
const (
	CGOAuto CGO = "auto"
	CGOOn   CGO = "on"
	CGOOff  CGO = "off"
)

// VCS says whether Go's build info carries what the repository says of the sources.
type VCS string

// The values of vcs.
const (
	VCSOn  VCS = "on"
	VCSOff VCS = "off"
)

// Libc is the C library asked for and, for glibc, the oldest version the output must run on.
// The zero Libc means that the user left the choice to crossgo.
type Libc struct {
	Name  LibcName
	Floor string // "2.31" for "glibc>=2.31", empty without a floor
}

// LibcName names a C library.
type LibcName string

// The C libraries crossgo can target.
const (
	Musl  LibcName = "musl"
	Glibc LibcName = "glibc"
)

// Link says what the output file shall be. The empty Link leaves the choice to crossgo: static where that is possible.
type Link string

// The values of link.
const (
	LinkStatic    Link = "static"     // no loader, no needed libraries
	LinkStaticPIE Link = "static-pie" // the same, position independent
	LinkDynamic   Link = "dynamic"    // loaded by the libc's loader
	LinkPIE       Link = "pie"        // the same, position independent
)

// BuildMode says whether the output is a program or a library for other languages, in the words of go build.
type BuildMode string

// The values of buildmode.
const (
	BuildExe      BuildMode = "exe"
	BuildCShared  BuildMode = "c-shared"  // a shared library with a C header
	BuildCArchive BuildMode = "c-archive" // a static library with a C header
)

// Library reports whether the output is for other programs to link with.
func (m BuildMode) Library() bool { return m == BuildCShared || m == BuildCArchive }

// libraryForms are what stands around a library's name on Linux.
var libraryForms = map[BuildMode]string{BuildCShared: "lib%s.so", BuildCArchive: "lib%s.a"}

// FileName is the file of a program or library of that name on Linux, where alone there is C to make libraries with.
func (m BuildMode) FileName(name string) string {
	if form := libraryForms[m]; form != "" {
		return fmt.Sprintf(form, name)
	}
	return name
}

// Image is the image: block.
type Image struct {
	Pos        Pos
	Base       Value[string]   // "auto", "scratch" or an image reference
	Entrypoint []Value[string] // empty: the only binary, as /NAME
	Cmd        []Value[string]
	Env        []EnvVar
	User       Value[string] // empty: the base's, and "65532:65532" where there is none
	WorkDir    Value[string] // empty: the base's, and "/" where there is none
	Labels     []Label

	Certificates []Value[string] // files or patterns of the build context, clean
}

// EnvVar is one variable of image.env.
type EnvVar struct {
	Name  Value[string]
	Value Value[string]
}

// Label is one entry of image.labels.
type Label struct {
	Name  Value[string]
	Value Value[string]
}
