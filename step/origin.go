package step

import (
	"crypto/sha1" //nolint:gosec // SPDX wants it for every file
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sbom"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
)

// shipBase enters the certificates and time zones that an image has. An image without a base has those of Mozilla and Go: the zones are
// of the Go distribution that compiled, which every output names.
func (a attestations) shipBase(img *sbom.Image, outputs []sbom.Output) error {
	img.Certificates = a.job.Image.Certificates
	var dirs []string
	for i := range a.job.Units {
		if dir := a.mounted(i, plan.AttestNeeds); isDir(dir) {
			dirs = append(dirs, dir)
		}
	}
	parts, err := neededParts(a.job.Image.Keep, dirs)
	if err != nil {
		return err
	}
	if slices.Contains(parts, sysroot.PartRoots) {
		img.Roots = rootsVersion()
	}
	if slices.Contains(parts, sysroot.PartZones) {
		for _, o := range outputs {
			if o.Build != nil {
				img.Zones, _, _ = strings.Cut(strings.TrimPrefix(o.Build.GoVersion, "go"), " ")
			}
		}
	}
	return nil
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// describe reads the package files of a set.
func describe(set sysroot.Set, dir string) (*sysroot.Inventory, error) {
	var files []string
	for _, p := range set.Packages {
		files = append(files, filepath.Join(dir, filepath.Base(p.Filename)))
	}
	inv, err := sysroot.Describe(set, files)
	if err != nil {
		return nil, fmt.Errorf("describe packages: %w", err)
	}
	return inv, nil
}

// archiveHomes are where Debian itself has its archives, whatever mirror the build used.
var archiveHomes = plan.Settings{DebianMirror: plan.DebianMirror, SecurityMirror: plan.SecurityMirror}.FirstMirrors()

func debianOf(suite string, d sysroot.Description) sbom.Debian {
	return sbom.Debian{
		Name: d.Name, Version: d.Version, Architecture: d.Architecture, Suite: suite, SHA256: d.SHA256, Filename: d.Filename,
		Archive: archiveHomes[d.Archive], Source: d.Source, SourceVersion: d.SourceVersion, Licenses: d.Licenses,
	}
}

// toolsOf are the compilers. Their package files, of many megabytes, are not opened for what the archive tells too: the folder of a
// package file has the source's name, and a binary that was only compiled anew has +bN behind the source's version.
func toolsOf(u plan.AttestUnit) []sbom.Debian {
	var list []sbom.Debian
	for _, p := range u.Tools {
		d := sysroot.Description{Package: p, Source: filepath.Base(filepath.Dir(p.Filename)), SourceVersion: rebuilt.ReplaceAllString(p.Version, "")}
		list = append(list, debianOf(u.Suite, d))
	}
	return list
}

// rebuilt matches what Debian adds to the version of a package that was compiled anew from the same source.
var rebuilt = regexp.MustCompile(`\+b[0-9]+$`)

// describedUnit is a unit with what is known of the packages it was linked with.
type describedUnit struct {
	plan.AttestUnit
	inventory *sysroot.Inventory // nil without C
	links     plan.Links
	tools     []sbom.Debian
}

// output describes one file.
func (u describedUnit) output(name, path string) (sbom.Output, error) {
	out := sbom.Output{Name: name, Tools: u.tools}
	f, err := os.Open(path)
	if err != nil {
		return out, err
	}
	defer f.Close()
	one, two := sha1.New(), sha256.New() //nolint:gosec // see above
	size, err := io.Copy(io.MultiWriter(one, two), f)
	if err != nil {
		return out, err
	}
	out.SHA1, out.SHA256 = hex.EncodeToString(one.Sum(nil)), hex.EncodeToString(two.Sum(nil))
	if info, err := verify.BuildInfo(f, size); err == nil {
		out.Build = info
	}
	if u.inventory == nil {
		return out, nil
	}
	program, err := elf.NewFile(f)
	if err != nil {
		return out, nil // an archive of objects: nothing is linked yet
	}
	return out, errors.Join(u.static(&out), u.dynamic(&out, program))
}

// static enters what the linker took from packages.
func (u describedUnit) static(out *sbom.Output) error {
	linked, ok := u.links[out.Name]
	if !ok {
		return errors.New("the link left no record of what it took")
	}
	taken := newPackages(u)
	for _, l := range linked {
		members := slices.DeleteFunc(slices.Clone(l.Members), func(m string) bool { return sysroot.OwnObject(l.Name, m) })
		for _, m := range l.Members {
			if sysroot.OwnObject(l.Name, m) {
				out.Runtime = append(out.Runtime, m)
			}
		}
		if len(members) == 0 && len(l.Members) > 0 {
			continue
		}
		text := l.Name
		if len(members) > 0 {
			text += fmt.Sprintf(" (%d objects)", len(members))
		}
		if !taken.add(l.Name, text) {
			return fmt.Errorf("%s was linked in, and no package has it", l.Name)
		}
	}
	out.Static = taken.list()
	return nil
}

// dynamic enters what the file asks the loader for, and the loader.
func (u describedUnit) dynamic(out *sbom.Output, program *elf.File) error {
	names, err := program.ImportedLibraries()
	if err != nil {
		return err
	}
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			loader, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
			if err != nil {
				return err
			}
			names = append(names, filepath.Base(strings.TrimRight(string(loader), "\x00")))
		}
	}
	loaded := newPackages(u)
	for _, name := range names {
		file, ok := u.inventory.Library(u.Set.Arch, name)
		if !ok || !loaded.add(file, name) {
			out.Unpackaged = append(out.Unpackaged, name)
		}
	}
	out.Dynamic = loaded.list()
	return nil
}

// shipped are the packages of the loader and libraries that the image has, each file's from the first unit that has it.
func shipped(from []packages, dir string) ([]sbom.Debian, error) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if !slices.ContainsFunc(from, func(p packages) bool { return p.add(name, name) }) {
			return fmt.Errorf("%s is in the image, and no package has it", name)
		}
		return nil
	})
	var list []sbom.Debian
	for _, p := range from {
		list = append(list, p.list()...)
	}
	return list, err
}

// packages are those of a unit that files are found to come from, in the order of the set.
type packages struct {
	unit  describedUnit
	files map[int][]string
}

func newPackages(u describedUnit) packages { return packages{u, map[int][]string{}} }

// add notes a file of the root under what is to be said of it.
func (p packages) add(file, text string) bool {
	i, ok := p.unit.inventory.Owner(file)
	if ok {
		p.files[i] = append(p.files[i], text)
	}
	return ok
}

func (p packages) list() []sbom.Debian {
	var list []sbom.Debian
	for i, d := range p.unit.inventory.Packages {
		if files := p.files[i]; len(files) > 0 {
			deb := debianOf(p.unit.Set.Suite, d)
			deb.Files = files
			list = append(list, deb)
		}
	}
	return list
}
