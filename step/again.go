package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
)

// again builds the unit a second time and writes what differs, by the name of the file. The outputs themselves are not kept.
func again(ctx context.Context, job plan.AgainJob) error {
	if err := another(ctx, job.Files, plan.PathIn); err != nil {
		return err
	}
	job.Env = slices.Concat(job.Env, elsewhere())
	if err := compile(ctx, job.CompileJob); err != nil {
		return err
	}
	differences := map[string]string{}
	for _, name := range job.Files {
		text, err := verify.Differ(filepath.Join(plan.PathIn, name), filepath.Join(plan.PathOut, name))
		if err != nil {
			return err
		}
		differences[name] = text
	}
	return errors.Join(empty(plan.PathOut), writeJSON(filepath.Join(plan.PathOut, plan.AgainFile), differences))
}

// elsewhere is what a build must not hang on: another number of threads, another zone, another home.
func elsewhere() []string {
	return []string{fmt.Sprintf("GOMAXPROCS=%d", runtime.NumCPU()+1), "TZ=XXX-05:30", "HOME=/tmp/elsewhere"}
}

// another waits until the clock shows another second than when the first build ended.
func another(ctx context.Context, files []string, dir string) error {
	for _, name := range files {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		select {
		case <-time.After(time.Until(info.ModTime().Add(1100 * time.Millisecond))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// readAgain gives what the second build found; nothing where there was none.
func readAgain(files []plan.VerifyFile) (map[string]string, error) {
	differences := map[string]string{}
	if !slices.ContainsFunc(files, func(f plan.VerifyFile) bool { return f.Again }) {
		return differences, nil
	}
	err := readJSON(filepath.Join(plan.PathAgain, plan.AgainFile), &differences)
	return differences, err
}

// asked are the findings of what the spec asks for besides the checks of the file.
func asked(f plan.VerifyFile, differences map[string]string) ([]verify.Finding, error) {
	var found []verify.Finding
	if f.NotRun != "" {
		found = append(found, verify.NotRun(f.NotRun))
	}
	if !f.Again {
		return found, nil
	}
	difference, ok := differences[f.Name]
	if !ok {
		return nil, fmt.Errorf("%s: there is no second build of %s", f.Where, f.Name)
	}
	return append(found, verify.Reproducible(difference, f.Want.Allow)), nil
}
