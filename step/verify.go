package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
)

// check is the gate: it lets the files below PathIn through to PathOut when every check holds, and writes the reports.
func check(_ context.Context, job plan.VerifyJob) error {
	if len(job.Files) == 0 {
		return errors.New("there is nothing to verify")
	}
	differences, err := readAgain(job.Files)
	if err != nil {
		return err
	}
	rep := report.Report{Platform: job.Platform}
	for _, f := range job.Files {
		rep.Check(f.Name, filepath.Join(plan.PathIn, f.Name), f.Want)
	}
	if err := fits(rep.Files, job); err != nil {
		return err
	}
	for i, f := range job.Files {
		found, err := asked(f, differences)
		if err != nil {
			return err
		}
		rep.Files[i].Findings = append(rep.Files[i].Findings, found...)
	}
	if err := writeWith(filepath.Join(plan.PathReport, plan.ReportFile), rep.JSON); err != nil {
		return err
	}
	if err := failures(job, rep); err != nil {
		return err
	}
	tellNotes(os.Stderr, rep)
	err = errors.Join(writeJSON(filepath.Join(plan.PathReport, plan.WarningsFile), warnings(job, rep)), writeNeeds(job), passLinks(plan.PathLinks, plan.PathReport))
	if err != nil {
		return err
	}
	for _, f := range job.Files {
		if err := letThrough(f, plan.PathIn, plan.PathOut); err != nil {
			return err
		}
	}
	return nil
}

// letThrough copies an output, and the header of a library. Libraries cannot be executed.
func letThrough(f plan.VerifyFile, from, to string) error {
	if f.Header == "" {
		return copyFile(filepath.Join(from, f.Name), filepath.Join(to, f.Name), 0o755)
	}
	return errors.Join(
		copyFile(filepath.Join(from, f.Name), filepath.Join(to, f.Name), 0o644),
		copyFile(filepath.Join(from, f.Header), filepath.Join(to, f.Header), 0o644))
}

// passLinks takes through the gate what the files were linked with, where the C compiler linked them.
func passLinks(from, to string) error {
	err := copyFile(filepath.Join(from, plan.LinksFile), filepath.Join(to, plan.LinksFile), 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// fits looks whether the files' loaders and libraries are in the image that they will run in, and whether that is one for the
// platform at all.
func fits(files []report.File, job plan.VerifyJob) error {
	if !job.Root {
		return nil
	}
	dir, err := os.OpenRoot(plan.PathRoot)
	if err != nil {
		return err
	}
	defer dir.Close()
	tree, err := verify.DirFS(dir)
	if err != nil {
		return err
	}
	if err := (imageCheck{verify.Rootfs{FS: tree, User: job.User}, plan.ImageJob{Platform: job.Platform}}).user(); err != nil {
		return err
	}
	for i, f := range job.Files {
		if f.Want.BuildMode != "" { // what loads a library decides what it fits
			continue
		}
		img := verify.Rootfs{FS: tree, User: job.User, Allow: f.Want.Allow}
		findings, err := fitsOne(img, f.Name)
		if err != nil {
			return fmt.Errorf("%s: verify %s: %w", f.Where, f.Name, err)
		}
		files[i].Findings = slices.Concat(files[i].Findings, img.Machine(f.Want), findings)
	}
	return nil
}

// fitsOne is for one program, which the image has at its top. Its mode there is ours to set.
func fitsOne(img verify.Rootfs, name string) ([]verify.Finding, error) {
	f, err := os.Open(filepath.Join(plan.PathIn, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return img.Fits(verify.Program{Path: "/" + name, File: f, Size: info.Size()})
}

// failures are the checks that did not hold, one line each.
func failures(job plan.VerifyJob, rep report.Report) error {
	var errs []error
	for i, f := range rep.Files {
		for _, finding := range f.Findings {
			if finding.Level == verify.Fail {
				errs = append(errs, fmt.Errorf("%s: verify %s for %s: %s: %s", job.Files[i].Where, f.Name, job.Platform, finding.Check, finding.Text))
			}
		}
	}
	return errors.Join(errs...)
}

// warnings are the findings that the frontend warns of, each with the place in the spec that it is about.
func warnings(job plan.VerifyJob, rep report.Report) []plan.Warning {
	list := []plan.Warning{}
	for i, f := range rep.Files {
		for _, finding := range f.Findings {
			if finding.Level != verify.Warn {
				continue
			}
			w := plan.Warning{Where: job.Files[i].Where, File: f.Name, Check: finding.Check, Text: finding.Text}
			if job.Files[i].Want.Image != nil && verify.AboutImage(finding.Check) {
				w.Where = plan.ImagePlace
			}
			if rule, ok := verify.LookupRule(finding.Check); ok {
				w.Detail = []string{"what you would see: " + rule.Why, "what to do: " + rule.Mend}
			}
			list = append(list, w)
		}
	}
	return list
}

// tellNotes puts on the build's log what changes without cgo. Other notes stand in the report, and warnings are the client's to show.
func tellNotes(w io.Writer, rep report.Report) {
	for _, f := range rep.Files {
		for _, finding := range f.Findings {
			if finding.Level == verify.Note && finding.Check == "pure-go" {
				fmt.Fprintf(w, "note: %s: %s\n", f.Name, finding.Text)
			}
		}
	}
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
