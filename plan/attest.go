package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgo/crossgo/sysroot"
)

// What is said of the outputs beside them. Step attest writes these below PathOut.
const (
	SBOMFile         = "sbom.spdx.json" // what the outputs are made of: an SPDX document of all of them
	SBOMFolder       = "files"          // the same for each output alone: NAME with SBOMEnding
	SBOMEnding       = ".spdx.json"
	VerificationFile = "verification.json" // what verify found, as the predicate of an in-toto statement
	SubjectsFile     = "subjects.json"     // the outputs with their digests: []Subject
)

// VerificationType is the type of the predicate in VerificationFile; docs/attestations.md describes it.
const VerificationType = "https://github.com/crossgo/crossgo/verification/v1"

// Subject is a file that a statement is about.
type Subject struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // hex
}

// Links is what the linker took from the sysroot for each output of a unit, by the output's name: LinksFile.
type Links map[string][]LinkedFile

// LinkedFile is one object file or archive of the sysroot.
type LinkedFile struct {
	Name    string   `json:"name"`              // below PathSysroot: "usr/lib/libc.a"
	Members []string `json:"members,omitempty"` // of an archive: those that were taken, sorted
}

// AttestJob says of outputs what they are made of and what verify found. What the job speaks of is mounted below PathAttest:
// each unit's at the number that it has in Units.
type AttestJob struct {
	Name       string        `json:"name"` // of the SBOM
	Platform   string        `json:"platform"`
	Created    int64         `json:"created"` // seconds since 1970
	BuiltOn    string        `json:"builtOn"` // platform that the compilers ran on
	Exceptions []Exception   `json:"exceptions"`
	Archives   []ReadArchive `json:"archives,omitempty"`
	Units      []AttestUnit  `json:"units"`
	Image      *AttestImage  `json:"image,omitempty"` // what is around the outputs; nil for files
}

// AttestUnit is one unit: "files" has its outputs, "report" what verify wrote, "debs" the package files of Set, "shipped" what the image
// has of them, "needs" which parts of a base they look for.
type AttestUnit struct {
	Files   []VerifyFile      `json:"files"`
	Set     *sysroot.Set      `json:"set,omitempty"`     // the sysroot that they were linked with; nil without C
	Tools   []sysroot.Package `json:"tools,omitempty"`   // the C compiler and linker
	Suite   string            `json:"suite,omitempty"`   // of Tools
	Shipped []int             `json:"shipped,omitempty"` // loader and libraries are in the image, from the sysroots of these units, as LibrariesFrom has them
}

// AttestImage is an image around outputs.
type AttestImage struct {
	Base         string   `json:"base,omitempty"`
	Digest       string   `json:"digest,omitempty"`       // of Base: "sha256:…"
	Keep         []string `json:"keep,omitempty"`         // parts that an image from scratch has in any case, beside what the units' "needs" name
	Certificates []string `json:"certificates,omitempty"` // of the build context that are in the image
}

// Mounts of an AttestJob, below PathAttest/N.
const (
	AttestFiles   = "files"
	AttestReport  = "report"
	AttestDebs    = "debs"
	AttestShipped = "shipped"
	AttestNeeds   = "needs"
)

// toolPrefixes are the packages of a host set that compile and link; the others are what these load.
var toolPrefixes = []string{"clang-", "lld-"}

// AttestJob is how a pinned plan's outputs are described.
func (p *Plan) AttestJob() (AttestJob, error) {
	created, err := p.created()
	if err != nil {
		return AttestJob{}, err
	}
	job := AttestJob{Platform: p.Target, Created: created, BuiltOn: p.Build, Exceptions: p.Exceptions, Archives: p.Archives}
	var names []string
	for i, u := range p.Units {
		unit := AttestUnit{Files: u.Outputs}
		if u.C != nil {
			unit.Set, unit.Suite, unit.Tools = &u.C.Set, u.C.HostSet.Suite, tools(u.C.HostSet)
			if p.Kind == KindImage && p.Image.Base == "" && u.Dynamic {
				unit.Shipped = p.LibrariesFrom(i)
			}
		}
		job.Units, names = append(job.Units, unit), append(names, u.Names()...)
	}
	job.Name = strings.Join(names, ", ") + " for " + p.Target
	if p.Kind == KindImage {
		job.Name, job.Image = "image of "+job.Name, &AttestImage{Base: p.Image.Base}
		if p.Image.BaseSet != nil {
			job.Image.Keep = p.Image.BaseSet.Keep
		}
		for _, c := range p.Image.Certificates {
			job.Image.Certificates = append(job.Image.Certificates, c.From)
		}
	}
	return job, nil
}

func tools(host sysroot.Set) []sysroot.Package {
	var list []sysroot.Package
	for _, pkg := range host.Packages {
		if slices.ContainsFunc(toolPrefixes, func(prefix string) bool { return strings.HasPrefix(pkg.Name, prefix) }) {
			list = append(list, pkg)
		}
	}
	return list
}

// created is the time that documents carry: the request's SOURCE_DATE_EPOCH, else one that never changes.
func (p *Plan) created() (int64, error) {
	if p.Epoch == "" {
		return 0, nil
	}
	return epochSeconds(p.Epoch)
}

// epochSeconds reads the request's SOURCE_DATE_EPOCH.
func epochSeconds(epoch string) (int64, error) {
	n, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || n < 0 || n > 253402300799 { // the last second with a year of four digits
		return 0, fmt.Errorf("build arg SOURCE_DATE_EPOCH: found %q, want seconds since 1970", epoch)
	}
	return n, nil
}
