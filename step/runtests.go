package step

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/crossgo/crossgo/internal/parallel"
)

// testRun is a package whose tests are run.
type testRun struct {
	program testProgram
	events  string        // the file with its events; empty where the tests were not started
	ended   chan struct{} // closed
	err     error         // about this machine
}

// testRunner runs the tests of several packages as go test does (runTestActor in cmd/go/internal/test of Go 1.26).
type testRunner struct {
	dir       string // for files with events
	converter string
	env       []string
	failed    atomic.Bool
}

// start begins to run tests, at most so many packages at once. Each of what it gives ends by itself.
func (t *testRunner) start(ctx context.Context, programs []testProgram, atOnce int) map[string]*testRun {
	if atOnce == 0 {
		atOnce = runtime.GOMAXPROCS(0)
	}
	runs, list := map[string]*testRun{}, []*testRun{}
	for _, p := range programs {
		runs[p.Package] = &testRun{program: p, ended: make(chan struct{})}
		list = append(list, runs[p.Package])
	}
	go func() {
		_, _ = parallel.Map(ctx, atOnce, list, func(ctx context.Context, r *testRun) (struct{}, error) {
			defer close(r.ended)
			r.err = t.run(ctx, r)
			return struct{}{}, nil
		})
	}()
	return runs
}

// run runs the tests of a package, unless another failed and none is to be started after that.
func (t *testRunner) run(ctx context.Context, r *testRun) (err error) {
	defer parallel.Recover(&err)
	if t.failed.Load() && r.program.flag("failfast") == "true" {
		return nil
	}
	file, err := os.CreateTemp(t.dir, "events-")
	if err != nil {
		return err
	}
	began := time.Now()
	passed, err := t.convert(ctx, r.program, file)
	t.failed.CompareAndSwap(false, !passed)
	last := testEvent{Time: time.Now().Format(time.RFC3339Nano), Action: "fail", Package: r.program.Package}
	last.Elapsed = time.Since(began).Round(time.Millisecond).Seconds()
	if passed {
		last.Action = "pass"
	}
	r.events = file.Name()
	return errors.Join(err, json.NewEncoder(file).Encode(last), file.Close())
}

// convert has the go command's own converter write the events of a package's tests, and adds the line that go test
// ends with. How it ended at the last is not the converter's to say: it knows nothing of the exit code.
func (t *testRunner) convert(ctx context.Context, p testProgram, to io.Writer) (passed bool, err error) {
	converter := exec.CommandContext(ctx, t.converter, "-t", "-p", p.Package)
	converter.Stdout, converter.Stderr = to, os.Stderr
	in, err := converter.StdinPipe()
	if err != nil {
		return false, err
	}
	if err := converter.Start(); err != nil {
		return false, err
	}
	began, out := time.Now(), &lastBytes{to: in}
	failed := p.start(ctx, t.env, out)
	_, err = io.WriteString(in, verdict(p.Package, failed, out.last, time.Since(began)))
	return failed == nil, errors.Join(err, in.Close(), converter.Wait(), context.Cause(ctx))
}

// start runs the tests. The error is that they failed.
func (p testProgram) start(ctx context.Context, env []string, out io.Writer) error {
	limit := p.timeout() + time.Minute // the program ends itself before
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Args[0], p.Args[1:]...)
	cmd.Dir, cmd.Env = p.Dir, append(slices.Clone(env), "PWD="+p.Dir)
	if p.CoverDir != "" {
		cmd.Env = append(cmd.Env, "GOCOVERDIR="+p.CoverDir)
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // Go programs then say where they are
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("*** Test killed with quit: ran too long (%v).", limit)
	case errors.Is(err, exec.ErrWaitDelay):
		return fmt.Errorf("*** Test I/O incomplete %v after exiting.\n%w", cmd.WaitDelay, err)
	}
	return err
}

// coverProfile is where the program writes its coverage.
func (p testProgram) coverProfile() string { return p.flag("coverprofile") }

// flag is the value of one of the program's flags, empty without it.
func (p testProgram) flag(name string) (value string) {
	for _, arg := range p.Args[1:] {
		if v, ok := strings.CutPrefix(arg, "-test."+name+"="); ok {
			value = v
		}
	}
	return value
}

// timeout is the program's own limit; without one there is none, which is as long as the go command says in that
// case.
func (p testProgram) timeout() time.Duration {
	if d, err := time.ParseDuration(p.flag("timeout")); err == nil && d > 0 {
		return d
	}
	return 100 * 365 * 24 * time.Hour
}

var coverage = regexp.MustCompile(`(?m)^coverage: (.*)$`)

// verdict is how go test ends a package's output. Of a failure the converter learns by the mark in front.
func verdict(pkg string, failed error, out []byte, took time.Duration) string {
	text := ""
	if n := len(out); n > 0 && out[n-1] != '\n' {
		text = "\n"
	}
	if failed != nil {
		var exit *exec.ExitError
		if !errors.As(failed, &exit) || !exit.Exited() || len(out) == 0 {
			text += ended(failed) + "\n"
		}
		return fmt.Sprintf("%s\x16FAIL\t%s\t%.3fs\n", text, pkg, took.Seconds())
	}
	notes := ""
	if m := coverage.FindAllSubmatch(out, -1); len(m) > 0 {
		notes = "\tcoverage: " + string(m[len(m)-1][1])
	}
	if bytes.Contains(out, []byte("testing: warning: no tests to run\n")) {
		notes += " [no tests to run]"
	}
	return fmt.Sprintf("%sok  \t%s\t%.3fs%s\n", text, pkg, took.Seconds(), notes)
}

// lastBytes hands on what is written and keeps the end of it.
type lastBytes struct {
	to   io.Writer
	last []byte
}

const lastLimit = 8 << 10

func (l *lastBytes) Write(p []byte) (int, error) {
	l.last = append(l.last, p[max(0, len(p)-lastLimit):]...)
	l.last = l.last[max(0, len(l.last)-lastLimit):]
	return l.to.Write(p)
}
