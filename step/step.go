// Package step is what runs inside build containers: one step per file, told what to do by a JSON job, reading from and
// writing to fixed places (plan/paths.go). It is the only place that starts the go command.
package step

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/crossgo/crossgo/internal/parallel"
	"github.com/crossgo/crossgo/plan"
)

// steps by name. Each reads its job, writes below plan.PathOut and returns the first thing that went wrong.
var steps = map[string]func(ctx context.Context) error{
	"go":           withJob(fetchGo),
	"golist":       withJob(goReleases),
	"keeper":       withJob(keeper),
	"modules":      withJob(downloadModules),
	"skim":         withJob(skim),
	"inspect":      withJob(inspect),
	"keys":         withJob(archiveKeys),
	"resolve":      withJob(resolve),
	"unpack":       withJob(unpack),
	"compile":      withJob(compile),
	"verify":       withJob(check),
	"again":        withJob(again),
	"test":         withJob(goTest),
	"run":          jobAt(plan.PathRunJob, runFiles),
	"base":         withJob(baseTree),
	"image":        withJob(checkImage),
	"runtime":      withJob(runtimeTree),
	"report":       withJob(complete),
	"reports":      withJob(overall),
	"pack":         withJob(pack),
	"gather":       withJob(gather),
	"sign":         withJob(sign),
	"attest":       withJob(attest),
	"certificates": withJob(mergeCertificates),
	// the tests that the step test runs
	"compile-tests": withJob(compileTests),
	// started by the go command of compile
	"objects":         withJob(noted(serveOwn)),
	"objects-foreign": withJob(noted(serveForeign)),
}

// Start does what a program was started for inside a build container: a step, or a link or a question to git that the go command
// asks. ok is false when it was started for something else.
func Start(args []string) (code int, ok bool) {
	switch {
	case len(args) == 0:
		return 0, false
	case isLinker(args[0]):
		return linker(args), true
	case isGit(args[0]):
		return git(args[1:]), true
	case len(args) > 1 && args[1] == "step":
		return runStep(args[2:]), true
	}
	return 0, false
}

// runStep runs the step that args name and returns the exit code: 0 done, 1 failed with the reason on stderr (and in
// plan.ProblemFile, for the frontend), 2 no such step.
func runStep(args []string) int {
	if len(args) == 2 && args[0] == "problem" {
		return printProblem(args[1], os.Stdout)
	}
	if len(args) > 1 && args[0] == "test-binary" {
		return exitCode(noteTest(args[1:]))
	}
	if len(args) != 1 || steps[args[0]] == nil {
		fmt.Fprintf(os.Stderr, "crossgo step: found %q, want one of %s\n", strings.Join(args, " "), strings.Join(names(), ", "))
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, args[0]); err != nil {
		tell(err, outOf(args[0]))
		return 1
	}
	return 0
}

// exitCode is for what the go command starts, which shows the words as a test's.
func exitCode(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, "crossgo:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, name string) (err error) {
	defer parallel.Recover(&err)
	return steps[name](ctx)
}

func names() []string {
	var list []string
	for name := range steps {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// outOf is where a step writes.
func outOf(step string) string {
	if step == "run" {
		return plan.PathRunOut
	}
	return plan.PathOut
}

// withJob reads the job before the step runs.
func withJob[J any](step func(context.Context, J) error) func(context.Context) error {
	return jobAt(plan.PathJob, step)
}

func jobAt[J any](dir string, step func(context.Context, J) error) func(context.Context) error {
	return func(ctx context.Context) error {
		var job J
		if err := readJSON(filepath.Join(dir, plan.JobFile), &job); err != nil {
			return err
		}
		return step(ctx, job)
	}
}

// noted is a step whose error is no reason to fail, nor to leave a problem in the outputs of the step that started it.
func noted[J any](step func(context.Context, J) error) func(context.Context, J) error {
	return func(ctx context.Context, job J) error {
		if err := step(ctx, job); err != nil {
			fmt.Fprintln(os.Stderr, "note:", err)
		}
		return nil
	}
}

func readJSON(name string, v any) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func writeJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, '\n'), 0o644)
}

// shown marks an error whose text the user has already seen, such as a compiler's.
type shown struct{ error }

// tell says what went wrong, once on the build's log and once where the frontend finds it after the failure.
func tell(err error, out string) {
	var s shown
	if !errors.As(err, &s) {
		fmt.Fprintln(os.Stderr, plan.Redacted(plan.WithoutReferences(err.Error())))
	}
	// Without the file the frontend falls back on the step's name: nothing more can be done here.
	_ = os.WriteFile(filepath.Join(out, plan.ProblemFile), []byte(plan.Redacted(err.Error())), 0o644)
}

func printProblem(name string, w io.Writer) int {
	data, err := os.ReadFile(name)
	if err != nil {
		return 1
	}
	_, _ = w.Write(data)
	return 0
}
