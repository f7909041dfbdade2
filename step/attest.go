package step

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // SPDX wants it for every file
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sbom"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
)

// attest says of the outputs below PathAttest what they are made of and what verify found, for statements about them.
func attest(_ context.Context, job plan.AttestJob) error {
	in := sbom.Input{Name: job.Name, Platform: job.Platform, Created: time.Unix(job.Created, 0).UTC().Format(time.RFC3339), Crossgo: ownVersion()}
	if job.Image != nil {
		in.Image = &sbom.Image{Base: job.Image.Base, BaseDigest: job.Image.Digest}
		if err := shipBase(in.Image, job.Image.Set); err != nil {
			return err
		}
	}
	for i, u := range job.Units {
		if err := attestUnit(filepath.Join(plan.PathAttest, strconv.Itoa(i)), job, u, &in); err != nil {
			return err
		}
	}
	return errors.Join(writeDocuments(in), writeVerification(job), writeSubjects(in.Outputs))
}

// ownVersion is crossgo's own, where the go command recorded one.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}

// shipBase enters the packages that an image from scratch has certificates, time zones and users from.
func shipBase(img *sbom.Image, set *sysroot.Set) error {
	if set == nil {
		return nil
	}
	inv, err := describe(*set, filepath.Join(plan.PathAttest, plan.AttestBase))
	if err != nil {
		return err
	}
	for i := range inv.Packages {
		img.Shipped = append(img.Shipped, debianOf(set.Suite, inv.Packages[i]))
	}
	return nil
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
var archiveHomes = map[string]string{"main": plan.DebianMirror, "security": plan.SecurityMirror}

func debianOf(suite string, d sysroot.Description) sbom.Debian {
	return sbom.Debian{
		Name: d.Name, Version: d.Version, Architecture: d.Architecture, Suite: suite, SHA256: d.SHA256, Filename: d.Filename,
		Archive: archiveHomes[d.Archive], Source: d.Source, SourceVersion: d.SourceVersion, Licenses: d.Licenses,
	}
}

// attestUnit enters a unit's outputs, and what the image has because of them.
func attestUnit(dir string, job plan.AttestJob, u plan.AttestUnit, in *sbom.Input) error {
	unit := describedUnit{AttestUnit: u, tools: toolsOf(u)}
	if u.Set != nil {
		var err error
		if unit.inventory, err = describe(*u.Set, filepath.Join(dir, plan.AttestDebs)); err != nil {
			return err
		}
		if err := readJSON(filepath.Join(dir, plan.AttestReport, plan.LinksFile), &unit.links); err != nil {
			return fmt.Errorf("what was linked: %w", err)
		}
	}
	for _, f := range u.Files {
		out, err := unit.output(f.Name, filepath.Join(dir, plan.AttestFiles, f.Name))
		if err != nil {
			return fmt.Errorf("%s: describe %s for %s: %w", f.Where, f.Name, job.Platform, err)
		}
		out.BuiltOn = job.BuiltOn
		in.Outputs = append(in.Outputs, out)
	}
	if !u.Shipped {
		return nil
	}
	shipped, err := unit.shipped(filepath.Join(dir, plan.AttestShipped))
	in.Image.Shipped = append(in.Image.Shipped, shipped...)
	return err
}

func toolsOf(u plan.AttestUnit) []sbom.Debian {
	var list []sbom.Debian
	for _, p := range u.Tools {
		list = append(list, debianOf(u.Suite, sysroot.Description{Package: p}))
	}
	return list
}

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

// shipped are the packages of the loader and libraries that the image has.
func (u describedUnit) shipped(dir string) ([]sbom.Debian, error) {
	found := newPackages(u)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil && !found.add(filepath.ToSlash(name), name) {
			err = fmt.Errorf("%s is in the image, and no package has it", name)
		}
		return err
	})
	return found.list(), err
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

// writeDocuments writes the SBOM of all outputs, and of each one alone.
func writeDocuments(in sbom.Input) error {
	if err := os.MkdirAll(filepath.Join(plan.PathOut, plan.SBOMFolder), 0o755); err != nil {
		return err
	}
	if err := writeDocument(plan.SBOMFile, in); err != nil {
		return err
	}
	for _, out := range in.Outputs {
		one := in
		one.Name, one.Image, one.Outputs = out.Name+" for "+in.Platform, nil, []sbom.Output{out}
		if err := writeDocument(filepath.Join(plan.SBOMFolder, out.Name+plan.SBOMEnding), one); err != nil {
			return err
		}
	}
	return nil
}

func writeDocument(name string, in sbom.Input) error {
	data, err := sbom.Make(in)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(plan.PathOut, name), data, 0o644)
}

func writeSubjects(outputs []sbom.Output) error {
	var list []plan.Subject
	for _, o := range outputs {
		list = append(list, plan.Subject{Name: o.Name, SHA256: o.SHA256})
	}
	return writeJSON(filepath.Join(plan.PathOut, plan.SubjectsFile), list)
}

// verification is the predicate of plan.VerificationType.
type verification struct {
	Verifier verifier               `json:"verifier"`
	Platform string                 `json:"platform"`
	Verified bool                   `json:"verified"`
	Want     map[string]verify.Want `json:"want"`  // what each file had to be
	Files    []json.RawMessage      `json:"files"` // as in report.json
}

type verifier struct {
	ID      string `json:"id"`
	Version string `json:"version,omitempty"`
}

// writeVerification puts the units' reports together. A file that the gate did not let through cannot be here.
func writeVerification(job plan.AttestJob) error {
	v := verification{Verifier: verifier{"https://github.com/crossgo/crossgo", ownVersion()}, Platform: job.Platform, Verified: true, Want: map[string]verify.Want{}}
	for i, u := range job.Units {
		var report struct {
			Verified bool
			Files    []json.RawMessage
		}
		if err := readJSON(filepath.Join(plan.PathAttest, strconv.Itoa(i), plan.AttestReport, plan.ReportFile), &report); err != nil {
			return err
		}
		v.Verified, v.Files = v.Verified && report.Verified, append(v.Files, report.Files...)
		for _, f := range u.Files {
			v.Want[f.Name] = f.Want
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(plan.PathOut, plan.VerificationFile), buf.Bytes(), 0o644)
}
