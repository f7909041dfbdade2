package step

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/crossgo/crossgo/plan"
)

// goTest vets and tests the user's packages and writes what was found: JUnit, coverage, the go command's own events, and a summary.
// What fails is an error, unless the job says that it is a result.
func goTest(ctx context.Context, job plan.TestJob) error {
	env, err := prepareCache(ctx, job.CompileJob)
	if err != nil {
		return err
	}
	env = slices.Concat(env, job.Test.Env)
	results := &testResults{platform: job.Platform, notes: job.Test.Notes, log: os.Stderr}
	vet := goCommand{dir: compileDir(job.CompileJob), env: env, args: job.Test.Vet, out: os.Stderr}
	results.suite("go vet").test("go vet").ended(vet.run(ctx))
	if job.Test.NotRun != "" {
		results.compiled(ctx, job, env)
	} else if err := results.tested(ctx, job, env); err != nil {
		return err
	}
	if err := errors.Join(results.write(plan.PathOut), tellObjects()); err != nil {
		return err
	}
	if failed := results.failed(); failed != "" && !job.Tolerant {
		return shown{fmt.Errorf("%s: test: %s", job.Test.Where, failed)}
	}
	return nil
}

// compiled compiles the tests that nothing here can run.
func (r *testResults) compiled(ctx context.Context, job plan.TestJob, env []string) {
	r.notes = append(r.notes, fmt.Sprintf("the tests for %s are compiled, and not run: %s", job.Platform, job.Test.NotRun))
	err := goCommand{dir: compileDir(job.CompileJob), env: env, args: job.Test.Args, out: os.Stderr}.run(ctx)
	r.suite("go test").test("compile the tests").ended(err)
	run := r.suite("go test").test("run the tests")
	run.state, run.output = "skip", job.Test.NotRun
}

// tested runs the tests. That some fail is no error.
func (r *testResults) tested(ctx context.Context, job plan.TestJob, env []string) error {
	events, err := os.Create(filepath.Join(plan.PathOut, plan.TestEvents))
	if err != nil {
		return err
	}
	reader, before := &testReader{results: r, events: events}, len(r.bad())
	failed := goCommand{dir: compileDir(job.CompileJob), env: env, args: job.Test.Args, out: reader}.run(ctx)
	if err := errors.Join(reader.end(), events.Close()); err != nil {
		return err
	}
	if failed != nil && len(r.bad()) == before { // go's own words are all there is
		r.suite("go test").test("go test").ended(failed)
	}
	return coverPage(ctx, job, env)
}

// coverPage makes a page of the coverage, if there is any.
func coverPage(ctx context.Context, job plan.TestJob, env []string) error {
	if _, err := os.Stat(filepath.Join(plan.PathOut, plan.CoverFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := (goCommand{dir: compileDir(job.CompileJob), env: env, args: job.Test.Cover, out: os.Stderr}).run(ctx); err != nil {
		return fmt.Errorf("page of the coverage: %w", err)
	}
	return nil
}
