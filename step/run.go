package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
)

// runPlaces are where a run finds and leaves its files.
type runPlaces struct {
	root  string // "/"
	in    string // what verify let through
	found string // its report
	out   string // what is let through now
	tells string // the report with what the runs gave
}

// inRoot are the places of a run whose root is that of the user's image.
var inRoot = runPlaces{"/", plan.PathRunIn, plan.PathRunFound, plan.PathRunOut, plan.PathRunTells}

// runFiles is the gate's second wing: it starts the unit's programs and lets its files through when all do as expected.
func runFiles(ctx context.Context, job plan.RunJob) error { return inRoot.run(ctx, job) }

func (p runPlaces) run(ctx context.Context, job plan.RunJob) error {
	reports, err := readReports(filepath.Join(p.found, plan.ReportFile))
	if err != nil {
		return err
	}
	rep := reports[0]
	bad, err := p.startAll(ctx, job, &rep)
	if err != nil {
		return err
	}
	if err := errors.Join(endOthers(), empty(p.out), empty(p.tells)); err != nil {
		return err
	}
	if err := errors.Join(p.tell(rep), bad); err != nil {
		return err
	}
	return os.CopyFS(p.out, os.DirFS(p.in))
}

// startAll starts the programs one after the other and enters what they did into the report; bad is what they did not do as expected.
func (p runPlaces) startAll(ctx context.Context, job plan.RunJob, rep *report.Report) (bad, err error) {
	process, err := newProcess(job)
	if err != nil {
		return nil, err
	}
	for _, f := range job.Runs {
		outcome, err := process.start(ctx, filepath.Join(p.root, f.Path), f.Run)
		if err != nil {
			return nil, fmt.Errorf("%s: run %s for %s: %w", f.Where, f.Name, job.Platform, err)
		}
		finding := f.Run.Judge(outcome, f.Allow)
		if finding.Level == verify.Fail {
			bad = errors.Join(bad, fmt.Errorf("%s: verify %s for %s: %s: %s", f.Where, f.Name, job.Platform, finding.Check, finding.Text))
		}
		if err := addFinding(rep, f.Name, finding); err != nil {
			return nil, err
		}
	}
	return bad, nil
}

// tell writes the report, and hands on what verify left beside it.
func (p runPlaces) tell(rep report.Report) error {
	if err := os.CopyFS(p.tells, os.DirFS(p.found)); err != nil {
		return err
	}
	return writeWith(filepath.Join(p.tells, plan.ReportFile), rep.JSON)
}

// addFinding enters a finding into the report of a file.
func addFinding(rep *report.Report, name string, finding verify.Finding) error {
	i := slices.IndexFunc(rep.Files, func(f report.File) bool { return f.Name == name })
	if i < 0 {
		return fmt.Errorf("the report knows no file %s", name)
	}
	rep.Files[i].Findings = append(rep.Files[i].Findings, finding)
	return nil
}

// endOthers ends what the programs have left running, before anything is written that leaves the build. Only in a container, where
// this is the first process, there are no others.
func endOthers() error {
	if os.Getpid() != 1 {
		return nil
	}
	if err := syscall.Kill(-1, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// empty removes what a program that runs as root may have put into a folder.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return errors.Join(errs...)
}
