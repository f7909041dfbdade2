package plan

import (
	"fmt"
	"slices"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
)

// linking is what an output file is made to be. The zero linking belongs to systems other than Linux, where the Go
// linker has the only say.
type linking struct {
	libc  spec.LibcName // empty without a C library
	floor string
	link  spec.Link
	arch  sysroot.Arch
	mode  spec.BuildMode // of a library; then link is empty
}

func (l linking) static() bool { return l.link == spec.LinkStatic || l.link == spec.LinkStaticPIE }

func (l linking) dynamic() bool { return l.link == spec.LinkDynamic || l.link == spec.LinkPIE }

// kind is the sort of sysroot that the C library comes in.
func (l linking) kind() sysroot.Kind {
	if l.libc == spec.Musl {
		return sysroot.KindMusl
	}
	return sysroot.KindGlibc
}

func (l linking) loader() string {
	if l.libc == spec.Musl {
		return l.arch.MuslLd
	}
	return l.arch.Loader
}

// linker is the compiler that links, below PathLink.
func (l linking) linker(cxx bool) string {
	if cxx {
		return l.arch.CXX(l.kind())
	}
	return l.arch.CC(l.kind())
}

// choice is a row of the table that fills in what the user left open.
type choice struct {
	libc spec.LibcName
	link spec.Link
}

// choices: musl is what makes static files that work everywhere; glibc is what dynamic files meet elsewhere.
var choices = map[choice]choice{
	{"", ""}:                         {spec.Musl, spec.LinkStatic},
	{"", spec.LinkStatic}:            {spec.Musl, spec.LinkStatic},
	{"", spec.LinkStaticPIE}:         {spec.Musl, spec.LinkStaticPIE},
	{"", spec.LinkDynamic}:           {spec.Glibc, spec.LinkDynamic},
	{"", spec.LinkPIE}:               {spec.Glibc, spec.LinkPIE},
	{spec.Musl, ""}:                  {spec.Musl, spec.LinkStatic},
	{spec.Musl, spec.LinkStatic}:     {spec.Musl, spec.LinkStatic},
	{spec.Musl, spec.LinkStaticPIE}:  {spec.Musl, spec.LinkStaticPIE},
	{spec.Musl, spec.LinkDynamic}:    {spec.Musl, spec.LinkDynamic},
	{spec.Musl, spec.LinkPIE}:        {spec.Musl, spec.LinkPIE},
	{spec.Glibc, ""}:                 {spec.Glibc, spec.LinkDynamic},
	{spec.Glibc, spec.LinkStatic}:    {spec.Glibc, spec.LinkStatic},
	{spec.Glibc, spec.LinkStaticPIE}: {spec.Glibc, spec.LinkStaticPIE},
	{spec.Glibc, spec.LinkDynamic}:   {spec.Glibc, spec.LinkDynamic},
	{spec.Glibc, spec.LinkPIE}:       {spec.Glibc, spec.LinkPIE},
}

// purePIE are the Linux architectures whose position independent files the Go linker can write without a C linker
// (internal/platform.InternalLinkPIESupported of the Go distribution).
var purePIE = []string{"amd64", "arm64", "loong64", "ppc64le"}

// decideLinking settles libc and link for a program of an entry; loads is the package of it that loads shared libraries without cgo.
func decideLinking(in Input, entry spec.Binary, cgo bool, loads string) (linking, error) {
	if in.Target.OS != "linux" {
		return linking{}, nil
	}
	if !cgo {
		return pureLinking(in, entry, loads)
	}
	if entry.Mode.V.Library() {
		return libraryLinking(in, entry)
	}
	c, ok := choices[choice{entry.Libc.V.Name, entry.Link.V}]
	if !ok {
		return linking{}, fmt.Errorf("%s: link: %q with libc %q is not known", place(in.File, entry.Pos), entry.Link.V, entry.Libc.V.Name)
	}
	arch, err := sysroot.ArchFor(in.Target.Arch, in.Target.Variant)
	if err != nil {
		return linking{}, fmt.Errorf("%s: cgo for %s: %w", place(in.File, at(entry.Libc.Pos, entry.Pos)), in.Target, err)
	}
	l := linking{libc: c.libc, floor: entry.Libc.V.Floor, link: c.link, arch: arch}
	if l.link == spec.LinkStaticPIE && !arch.StaticPIE(l.kind()) {
		return linking{}, fmt.Errorf("%s: link: found static-pie, but Debian's %s for %s cannot be linked so: use libc: musl or link: static", place(in.File, entry.Link.Pos), l.libc, in.Target)
	}
	return l, nil
}

// libraryLinking is for what others link with. They have glibc: the spec refuses musl, since no Go library works there.
func libraryLinking(in Input, entry spec.Binary) (linking, error) {
	arch, err := sysroot.ArchFor(in.Target.Arch, in.Target.Variant)
	if err != nil {
		return linking{}, fmt.Errorf("%s: cgo for %s: %w", place(in.File, at(entry.Libc.Pos, entry.Pos)), in.Target, err)
	}
	return linking{libc: spec.Glibc, floor: entry.Libc.V.Floor, arch: arch, mode: entry.Mode.V}, nil
}

// pureLinking is for code without cgo: the Go linker's files are static, unless they are position independent or the code loads
// shared libraries by itself.
func pureLinking(in Input, entry spec.Binary, loads string) (linking, error) {
	where := place(in.File, at(entry.Link.Pos, entry.Pos))
	switch link := entry.Link.V; {
	case link == spec.LinkPIE:
		return purePIELinking(in, entry, where)
	case loads != "" && (link == "" || link == spec.LinkDynamic):
		return loadedLinking(in, entry, where, spec.LinkDynamic)
	case loads != "":
		return linking{}, fmt.Errorf("%s: link: found %s, but %s loads shared libraries without cgo, which only a program with a loader can: say link: dynamic", where, link, loads)
	case link == "" || link == spec.LinkStatic:
		return linking{link: spec.LinkStatic}, nil
	}
	return linking{}, fmt.Errorf("%s: link: found %s, but without cgo there is no C library to link: allowed are static and pie, or set cgo: on", where, entry.Link.V)
}

func purePIELinking(in Input, entry spec.Binary, where string) (linking, error) {
	if !slices.Contains(purePIE, in.Target.Arch) {
		return linking{}, fmt.Errorf("%s: link: found pie, but without cgo Go makes such files for %v only, not for %s: set cgo: on or link: static", where, purePIE, in.Target)
	}
	return loadedLinking(in, entry, where, spec.LinkPIE)
}

// loadedLinking is for a program without cgo that has a loader: glibc's, unless the spec says another.
func loadedLinking(in Input, entry spec.Binary, where string, link spec.Link) (linking, error) {
	libc := entry.Libc.V.Name
	if libc == "" {
		libc = spec.Glibc
	}
	arch, err := sysroot.ArchFor(in.Target.Arch, in.Target.Variant)
	if err != nil {
		return linking{}, fmt.Errorf("%s: link: %s for %s: %w", where, link, in.Target, err)
	}
	return linking{libc: libc, floor: entry.Libc.V.Floor, link: link, arch: arch}, nil
}

// goFlags are the go build flags and linker flags that make the file so. The loader is always named: left alone, Go
// takes whichever it finds on the machine that builds (cmd/link/internal/ld/elf.go).
//
// With cgo the linker is named too, as the go command would choose it: the C++ compiler for programs with C++ in them
// (setextld in cmd/go/internal/work/gc.go).
func (b binary) goFlags() (build, ldflags []string) {
	l := b.linking
	if l.pic() {
		build = append(build, "-buildmode=pie")
	}
	if b.cgo {
		ldflags = append(ldflags, "-linkmode=external", "-extld="+PathLink+"/"+l.linker(b.main.CXX))
	}
	if l.mode == spec.BuildCArchive {
		ldflags = append(ldflags, "-extar="+PathLink+"/"+archiver)
	}
	switch l.link {
	case spec.LinkStatic:
		if b.cgo {
			ldflags = append(ldflags, "-extldflags=-static")
		}
	case spec.LinkStaticPIE:
		ldflags = append(ldflags, "-extldflags=-static-pie")
	case spec.LinkDynamic, spec.LinkPIE:
		ldflags = append(ldflags, "-I", l.loader())
	}
	return build, ldflags
}

// pic reports whether the code is position independent. Go compiles libraries and programs of this kind by the same flags
// (buildModeInit in cmd/go/internal/work), so that what they import is compiled as for a program: a library's build mode is
// for one main package alone, and the run that links says it.
func (l linking) pic() bool {
	return l.link == spec.LinkPIE || l.link == spec.LinkStaticPIE || l.mode.Library()
}

// archiver is our own binary as the program that a static library is packed with (step/ar.go): the host's C toolchain has none.
const archiver = "ar"

// want enters into w what the file has to be.
func (l linking) want(w *verify.Want) {
	if w.BuildMode = string(l.mode); l.mode == spec.BuildCShared {
		w.Libc, w.GlibcFloor = string(l.libc), l.floor
	}
	w.Link = string(l.link)
	if l.link == "" || l.static() {
		return
	}
	w.Libc, w.GlibcFloor, w.Loader = string(l.libc), l.floor, l.loader()
}
