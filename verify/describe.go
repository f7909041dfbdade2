package verify

import (
	"io"
	"runtime/debug"
	"slices"
	"strings"
)

// Facts is what a file says about itself, with nothing asked of it: for reports and for comparing two files. Lists are in the
// order of the file, or sorted where that is said; the same file gives the same Facts. What a format does not have, or a file
// does not say, is empty.
type Facts struct {
	Size      int64     `json:"size"`                // bytes of the file
	Format    string    `json:"format"`              // "ELF", "PE", "Mach-O", "WebAssembly", "ar archive"
	Machine   string    `json:"machine"`             // "x86-64", "aarch64", "arm", …, else as the format names it
	Bits      int       `json:"bits"`                // 32 or 64
	ByteOrder string    `json:"byteOrder"`           // "little endian" or "big endian"
	Kind      string    `json:"kind"`                // "executable", "position independent executable", "shared object", "windows console program", …
	Bad       string    `json:"bad,omitempty"`       // why it is no program that can be started; empty when it is one
	Systems   []string  `json:"systems,omitempty"`   // the operating systems that its headers and notes name: a GOOS, or what else stands there
	Link      string    `json:"link,omitempty"`      // ELF programs: "static", "static-pie", "dynamic" or "pie"
	Loader    string    `json:"loader,omitempty"`    // ELF: PT_INTERP; Mach-O: LC_LOAD_DYLINKER
	Libc      string    `json:"libc,omitempty"`      // ELF: "glibc" or "musl", when anything in the file says so
	Soname    string    `json:"soname,omitempty"`    // ELF: DT_SONAME
	Needed    []string  `json:"needed,omitempty"`    // libraries (wasm: modules) that it imports from
	RPath     []string  `json:"rpath,omitempty"`     // ELF: DT_RPATH; Mach-O: LC_RPATH; unexpanded
	RunPath   []string  `json:"runpath,omitempty"`   // ELF: DT_RUNPATH, unexpanded
	Floors    []Floor   `json:"floors,omitempty"`    // ELF: the highest needed version of each family of symbols, sorted by name
	MinOS     string    `json:"minOS,omitempty"`     // Mach-O and PE: the oldest system that loads it, "12.0"
	Exports   []string  `json:"exports,omitempty"`   // libraries and archives: what others can link with, sorted
	Signature string    `json:"signature,omitempty"` // Mach-O: "signed", or what is wrong with the signature
	CGO       bool      `json:"cgo,omitempty"`       // Go's runtime/cgo is linked
	Sections  []Section `json:"sections,omitempty"`  // those that take up bytes of the file
	Build     *Build    `json:"build,omitempty"`     // Go's build information; nil without any
}

// Floor is the highest version that a file needs of one family of versioned symbols.
type Floor struct {
	Name    string `json:"name"`    // "GLIBC", "GLIBCXX", "GCC"
	Version string `json:"version"` // "2.34"
}

// Section is a part of a file: a section of ELF, PE, Mach-O ("__TEXT,__text") or WebAssembly ("code", a custom one by its name), or a
// member of an archive. An ELF file without section headers gives its segments ("PT_LOAD"). Names need not be unique.
type Section struct {
	Name string `json:"name"`
	Size int64  `json:"size"` // bytes in the file
}

// Build is the build information that Go leaves in a program (runtime/debug.BuildInfo).
type Build struct {
	GoVersion string    `json:"goVersion"`          // "go1.26.8"
	Path      string    `json:"path"`               // import path of the main package
	Main      Module    `json:"main"`               // module of the main package; empty for programs made outside of any
	Modules   []Module  `json:"modules,omitempty"`  // those that packages are linked from, as go orders them: by path
	Settings  []Setting `json:"settings,omitempty"` // in the order of the file: "-compiler", "CGO_ENABLED", "GOARCH", "vcs.revision", …
}

// Module is one module of a Build.
type Module struct {
	Path    string  `json:"path"`
	Version string  `json:"version,omitempty"` // "v1.2.3"; "(devel)" where go knows none
	Sum     string  `json:"sum,omitempty"`     // "h1:…"; empty for the main module and for directories
	Replace *Module `json:"replace,omitempty"` // what stands in for it; a directory has a path that begins with . or / (or C:) and no version
}

// Setting is one build setting.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Describe reads what a file of size bytes says about itself. The error says what the file is instead, in the words of the
// `format` check: "a script", "an empty file", "a damaged ELF file: …". Nothing is read twice, and never the whole file at once.
func Describe(r io.ReaderAt, size int64) (Facts, error) {
	bin, err := parse(r, size)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{
		Size: size, Format: bin.format, Machine: bin.machine, Bits: bin.bits, ByteOrder: bin.order, Kind: bin.kind, Bad: bin.kindBad,
		Loader: bin.interp, Needed: bin.needed, MinOS: bin.minOS, Exports: bin.exports, Signature: bin.signature, CGO: bin.cgoLinked, Sections: bin.sections,
	}
	for _, sign := range bin.system {
		if !slices.Contains(f.Systems, sign.says) {
			f.Systems = append(f.Systems, sign.says)
		}
	}
	if bin.elf != nil {
		f.takeELF(bin)
	}
	if bin.macho != nil {
		f.RPath = bin.macho.rpaths
	}
	if b := readBuild(r, size, bin); b != nil {
		f.Build = describeBuild(b.info, b.goVersion)
	}
	return f, nil
}

func (f *Facts) takeELF(bin *binary) {
	d := bin.elf.dynamic
	f.Soname, f.RPath, f.RunPath = d.soname, d.rpath, d.runpath
	if bin.kindBad == "" {
		f.Link = bin.linkKind()
	}
	if signs := (&subject{bin: bin}).libcSigns(); len(signs) > 0 {
		f.Libc = signs[0].says
	}
	if highest, _ := bin.elf.glibcVersions(); highest != "" {
		f.Floors = append(f.Floors, Floor{"GLIBC", highest})
	}
	for _, other := range bin.elf.otherVersions() {
		name, version, _ := strings.Cut(other, "_")
		f.Floors = append(f.Floors, Floor{name, version})
	}
	slices.SortStableFunc(f.Floors, func(a, b Floor) int { return strings.Compare(a.Name, b.Name) })
}

func describeBuild(info *debug.BuildInfo, version string) *Build {
	b := &Build{GoVersion: version, Path: info.Path, Main: describeModule(info.Main)}
	for _, m := range info.Deps {
		b.Modules = append(b.Modules, describeModule(*m))
	}
	for _, s := range info.Settings {
		b.Settings = append(b.Settings, Setting(s))
	}
	return b
}

func describeModule(m debug.Module) Module {
	out := Module{Path: m.Path, Version: m.Version, Sum: m.Sum}
	if m.Replace != nil {
		other := describeModule(*m.Replace)
		out.Replace = &other
	}
	return out
}
