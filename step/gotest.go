package step

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
)

// goTest runs the tests that were compiled and writes what was found: JUnit, coverage, events as of go test -json,
// and a summary. What fails is an error, unless the job says that it is a result.
func goTest(ctx context.Context, job plan.TestJob) error {
	var made testsMade
	if err := readJSON(filepath.Join(plan.PathIn, plan.TestsMade), &made); err != nil {
		return err
	}
	results := &testResults{platform: job.Platform, notes: job.Notes, log: os.Stderr}
	results.suite("go vet").test("go vet").ended(made.Vet)
	if job.NotRun != "" {
		results.compiled(job, made)
	} else if err := results.tested(ctx, job, made); err != nil {
		return err
	}
	if err := results.write(plan.PathOut); err != nil {
		return err
	}
	if failed := results.failed(); failed != "" && !job.Tolerant {
		return shown{fmt.Errorf("%s: test: %s", job.Where, failed)}
	}
	return nil
}

// compiled are tests that nothing here can run.
func (r *testResults) compiled(job plan.TestJob, made testsMade) {
	r.notes = append(r.notes, fmt.Sprintf("the tests for %s are compiled, and not run: %s", job.Platform, job.NotRun))
	r.suite("go test").test("compile the tests").ended(made.Failed)
	run := r.suite("go test").test("run the tests")
	run.state, run.output = "skip", job.NotRun
}

// tested runs the tests. That some fail is no error.
func (r *testResults) tested(ctx context.Context, job plan.TestJob, made testsMade) error {
	if err := keepCache(time.Now()); err != nil { // tests may call go
		return err
	}
	events, err := os.Create(filepath.Join(plan.PathOut, plan.TestEvents))
	if err != nil {
		return err
	}
	runner := testRunner{dir: plan.PathTestTmp, converter: plan.PathConverter, env: job.Env}
	runs := runner.start(ctx, made.Programs, job.Parallel)
	reader, before := &testReader{results: r, events: events}, len(r.bad())
	err = replay(filepath.Join(plan.PathIn, plan.TestEvents), runs, reader)
	if err := errors.Join(err, reader.end(), events.Close()); err != nil {
		return err
	}
	if made.Failed != "" && len(r.bad()) == before { // go's own words are all there is
		r.suite("go test").test("go test").ended(made.Failed)
	}
	return coverPage(ctx, job, made)
}

// replay writes the events of a go test that compiled and ran nothing. Where a package begins whose tests were
// compiled, what these say now is written instead.
func replay(name string, runs map[string]*testRun, to io.Writer) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(data) {
		var e testEvent
		_ = json.Unmarshal(line, &e) // other lines are written as they are
		run := runs[e.Package]
		switch {
		case e.Action == "build-output" && strings.HasPrefix(e.Output, "WORK="): // what -work says
		case run != nil && e.Action == "start":
			err = run.replay(to)
		case run == nil:
			_, err = to.Write(line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replay waits for the tests and writes their events. How the package ended is the last of them, and whatever the
// converter says of that before it is left out.
func (r *testRun) replay(to io.Writer) error {
	if <-r.ended; r.err != nil || r.events == "" {
		return r.err
	}
	data, err := os.ReadFile(r.events)
	if err != nil {
		return err
	}
	last := bytes.LastIndexByte(bytes.TrimSpace(data), '\n') + 1
	for line := range bytes.Lines(data[:last]) {
		var e testEvent
		if json.Unmarshal(line, &e) == nil && e.ofPackage() {
			continue
		}
		if _, err := to.Write(line); err != nil {
			return err
		}
	}
	_, err = to.Write(data[last:])
	return errors.Join(err, os.Remove(r.events))
}

// coverPage puts the coverage of all packages into one file, as the go command does (mergeCoverProfile in
// cmd/go/internal/test of Go 1.26), and makes a page of it. There may be none.
func coverPage(ctx context.Context, job plan.TestJob, made testsMade) error {
	profile, err := os.ReadFile(filepath.Join(plan.PathIn, plan.CoverFile)) // has those without tests
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	counts, err := coverCounts(made.Programs)
	if err != nil {
		return err
	}
	profile = append(profile, counts...)
	if err := os.WriteFile(filepath.Join(plan.PathOut, plan.CoverFile), profile, 0o644); err != nil {
		return err
	}
	page := goCommand{dir: sourceDir(job.Dir), env: job.Env, args: job.Cover, out: os.Stderr}
	if err := page.run(ctx); err != nil {
		return fmt.Errorf("page of the coverage: %w", err)
	}
	return nil
}

// coverCounts is what the programs' profiles say after their first line, which names the mode.
func coverCounts(programs []testProgram) (all []byte, err error) {
	for _, p := range programs {
		data, err := os.ReadFile(p.coverProfile())
		if ignoreMissing(err) != nil {
			return nil, err
		}
		_, counts, _ := bytes.Cut(data, []byte("\n"))
		all = append(all, counts...)
	}
	return all, nil
}
