package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

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
		name := filepath.Join(plan.PathIn, f.Name)
		rep.Check(f.Name, name, f.Want)
		entry := &rep.Files[len(rep.Files)-1]
		if err := fits(entry, name, job.Root); err != nil {
			return fmt.Errorf("%s: verify %s: %w", f.Where, f.Name, err)
		}
		found, err := asked(f, differences)
		if err != nil {
			return err
		}
		entry.Findings = append(entry.Findings, found...)
	}
	if err := writeWith(filepath.Join(plan.PathReport, plan.ReportFile), rep.JSON); err != nil {
		return err
	}
	if err := failures(job, rep); err != nil {
		return err
	}
	if err := passLinks(plan.PathLinks, plan.PathReport); err != nil {
		return err
	}
	for _, f := range job.Files {
		if err := copyFile(filepath.Join(plan.PathIn, f.Name), filepath.Join(plan.PathOut, f.Name)); err != nil {
			return err
		}
	}
	return nil
}

// passLinks takes through the gate what the files were linked with, where the C compiler linked them.
func passLinks(from, to string) error {
	err := copyFile(filepath.Join(from, plan.LinksFile), filepath.Join(to, plan.LinksFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// fits looks whether the file's loader and libraries are in the image that it will run in.
func fits(entry *report.File, name string, root bool) error {
	if !root {
		return nil
	}
	findings, err := verify.Fits(plan.PathRoot, name)
	entry.Findings = append(entry.Findings, findings...)
	return err
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

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
