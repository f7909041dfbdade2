package step

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sbom"
	"github.com/crossgo/crossgo/verify"
)

// attest says of the outputs below PathAttest what they are made of and what verify found, for statements about them.
func attest(_ context.Context, job plan.AttestJob) error {
	return attestations{job, plan.PathAttest, plan.PathOut}.write()
}

// attestations are what a job wants said.
type attestations struct {
	job     plan.AttestJob
	dir, to string // where what the job speaks of is, and where to write
}

// mounted is a place below the directory of a unit.
func (a attestations) mounted(unit int, what string) string {
	return filepath.Join(a.dir, strconv.Itoa(unit), what)
}

func (a attestations) write() error {
	job := a.job
	created := time.Unix(job.Created, 0).UTC().Format(time.RFC3339)
	in := sbom.Input{Name: job.Name, Platform: job.Platform, Created: created, Crossgo: ownVersion()}
	in.Exceptions = lines(job.Exceptions)
	if job.Image != nil {
		in.Image = &sbom.Image{Base: job.Image.Base, BaseDigest: job.Image.Digest}
	}
	units := make([]describedUnit, len(job.Units))
	for i, u := range job.Units {
		var err error
		if units[i], err = a.describeUnit(i, u); err != nil {
			return err
		}
	}
	for i, u := range units {
		if err := a.unit(i, u, units, &in); err != nil {
			return err
		}
	}
	if in.Image != nil {
		if err := a.shipBase(in.Image, in.Outputs); err != nil {
			return err
		}
	}
	return errors.Join(a.documents(in), a.verification(), a.subjects(in.Outputs))
}

// lines are the exceptions as people read them.
func lines(all []plan.Exception) (list []string) {
	for _, e := range all {
		list = append(list, e.String())
	}
	return list
}

// ownVersion is crossgo's own, where it is known.
func ownVersion() string {
	if v := crossgo().Version; v != "(devel)" {
		return v
	}
	return ""
}

// describeUnit reads the packages that a unit was linked with.
func (a attestations) describeUnit(i int, u plan.AttestUnit) (describedUnit, error) {
	unit := describedUnit{AttestUnit: u, tools: toolsOf(u)}
	if u.Set == nil {
		return unit, nil
	}
	var err error
	if unit.inventory, err = describe(*u.Set, a.mounted(i, plan.AttestDebs)); err != nil {
		return unit, err
	}
	if err := readJSON(filepath.Join(a.mounted(i, plan.AttestReport), plan.LinksFile), &unit.links); err != nil {
		return unit, fmt.Errorf("what was linked: %w", err)
	}
	return unit, nil
}

// unit enters a unit's outputs, and what the image has because of them.
func (a attestations) unit(i int, unit describedUnit, all []describedUnit, in *sbom.Input) error {
	for _, f := range unit.Files {
		out, err := unit.output(f.Name, filepath.Join(a.mounted(i, plan.AttestFiles), f.Name))
		if err != nil {
			return fmt.Errorf("%s: describe %s for %s: %w", f.Where, f.Name, a.job.Platform, err)
		}
		out.BuiltOn = a.job.BuiltOn
		in.Outputs = append(in.Outputs, out)
	}
	if unit.Shipped == nil {
		return nil
	}
	var from []packages
	for _, n := range unit.Shipped {
		from = append(from, newPackages(all[n]))
	}
	shipped, err := shipped(from, a.mounted(i, plan.AttestShipped))
	in.Image.Shipped = append(in.Image.Shipped, shipped...)
	return err
}

// documents writes the SBOM of all outputs, and of each one alone.
func (a attestations) documents(in sbom.Input) error {
	if err := os.MkdirAll(filepath.Join(a.to, plan.SBOMFolder), 0o755); err != nil {
		return err
	}
	if err := a.document(plan.SBOMFile, in); err != nil {
		return err
	}
	for _, out := range in.Outputs {
		one := in
		one.Name, one.Image, one.Outputs = out.Name+" for "+in.Platform, nil, []sbom.Output{out}
		if err := a.document(filepath.Join(plan.SBOMFolder, out.Name+plan.SBOMEnding), one); err != nil {
			return err
		}
	}
	return nil
}

func (a attestations) document(name string, in sbom.Input) error {
	data, err := sbom.Make(in)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(a.to, name), data, 0o644)
}

func (a attestations) subjects(outputs []sbom.Output) error {
	var list []plan.Subject
	for _, o := range outputs {
		list = append(list, plan.Subject{Name: o.Name, SHA256: o.SHA256})
	}
	return writeJSON(filepath.Join(a.to, plan.SubjectsFile), list)
}

// predicate is that of plan.VerificationType.
type predicate struct {
	Verifier   verifier               `json:"verifier"`
	Platform   string                 `json:"platform"`
	Verified   bool                   `json:"verified"`
	Want       map[string]verify.Want `json:"want"`               // what each file had to be
	Files      []json.RawMessage      `json:"files"`              // as in report.json
	Exceptions []plan.Exception       `json:"exceptions"`         // checks that were left out, or may fail
	Archives   []plan.ReadArchive     `json:"archives,omitempty"` // that the Debian packages were chosen from
}

type verifier struct {
	ID      string `json:"id"`
	Version string `json:"version,omitempty"`
}

// verification puts the units' reports together. A file that the gate did not let through cannot be here.
func (a attestations) verification() error {
	v := predicate{Verifier: verifier{"https://github.com/crossgo/crossgo", ownVersion()}, Platform: a.job.Platform, Verified: true}
	v.Want, v.Exceptions, v.Archives = map[string]verify.Want{}, a.job.Exceptions, a.job.Archives
	for i, u := range a.job.Units {
		var report struct {
			Verified bool
			Files    []json.RawMessage
		}
		if err := readJSON(filepath.Join(a.mounted(i, plan.AttestReport), plan.ReportFile), &report); err != nil {
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
	return os.WriteFile(filepath.Join(a.to, plan.VerificationFile), buf.Bytes(), 0o644)
}
