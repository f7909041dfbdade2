package step

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/plan"
)

// testsMade is what the step that compiles the tests says to the one that runs them.
type testsMade struct {
	Vet string `json:"vet,omitempty"` // what go vet found
	// Failed are the go command's words where it failed; what it says of packages is among its events.
	Failed   string        `json:"failed,omitempty"`
	Programs []testProgram `json:"programs,omitempty"`
}

// testProgram is the tests of a package as go test would have started them.
type testProgram struct {
	Package  string   `json:"package"`
	Dir      string   `json:"dir"`
	Args     []string `json:"args"`               // the program itself first
	CoverDir string   `json:"coverDir,omitempty"` // GOCOVERDIR
}

// Names below PathTestTmp.
const (
	testWork    = "work"         // what was the go command's own folder, whose name is another each time
	programNote = "crossgo.json" // beside each program
)

// compileTests vets the user's packages and compiles their tests. What is wrong with them is a result, which the
// next step tells together with the tests that fail; what is wrong with this machine is an error, since it must
// not be in a cache.
func compileTests(ctx context.Context, job plan.TestBuildJob) error {
	env, err := prepareCache(ctx, job.CompileJob)
	if err != nil {
		return err
	}
	events, err := os.Create(filepath.Join(plan.PathOut, plan.TestEvents))
	if err != nil {
		return err
	}
	var made testsMade
	vet := goCommand{dir: compileDir(job.CompileJob), env: env, args: job.Vet, out: os.Stderr}
	test := goCommand{dir: vet.dir, env: env, args: job.Args, out: events}
	made.Vet, made.Failed = wordsOf(vet.run(ctx)), wordsOf(test.run(ctx))
	if err := errors.Join(events.Close(), context.Cause(ctx), machineFault(made, events.Name())); err != nil {
		return fmt.Errorf("%s: test: compile the tests for %s: %w", job.Where, job.Platform, err)
	}
	if len(job.Converter) > 0 {
		env = slices.Concat(env, job.ConverterEnv)
		if err := (goCommand{dir: vet.dir, env: env, args: job.Converter, out: os.Stderr}).run(ctx); err != nil {
			return fmt.Errorf("compile test2json: %w", err)
		}
		if made.Programs, err = keepTests(plan.PathTestTmp); err != nil {
			return err
		}
	}
	return errors.Join(writeJSON(filepath.Join(plan.PathOut, plan.TestsMade), made), tellObjects())
}

// wordsOf is an error's text, empty for none.
func wordsOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// faults are the words of the kernel and of go when the machine is at fault: another time, or with more of
// something, the same code compiles.
var faults = regexp.MustCompile(`signal: killed|it was killed|unable to execute command: Killed|` +
	`[Nn]o space left on device|[Cc]annot allocate memory`)

// machineFault looks for the machine's faults in what go said.
func machineFault(made testsMade, eventsFile string) error {
	events, err := os.ReadFile(eventsFile)
	if err != nil {
		return err
	}
	texts := []string{made.Vet, made.Failed}
	for line := range bytes.Lines(events) {
		var e testEvent
		if json.Unmarshal(line, &e) == nil && e.Action == "build-output" {
			texts = append(texts, e.Output)
		}
	}
	for _, text := range texts {
		if faults.MatchString(text) {
			return errors.New(advice.With(strings.TrimSpace(text), advice.Hints(text)))
		}
	}
	return nil
}

// noteTest is what go test -exec starts in place of a test: it notes how the test is to be started.
func noteTest(args []string) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return err
	}
	p := testProgram{Package: strings.TrimSuffix(info.Path, ".test"), Dir: dir, Args: args}
	p.CoverDir = os.Getenv("GOCOVERDIR")
	return writeJSON(filepath.Join(filepath.Dir(args[0]), programNote), p)
}

// keepTests keeps of what the go command left in a folder the programs that were noted and what they read of their
// coverage, gives it a name that is always the same, and returns them in the order of their packages' names.
func keepTests(tmp string) ([]testProgram, error) {
	notes, err := filepath.Glob(filepath.Join(tmp, "go-build*", "*", programNote))
	if err != nil || len(notes) == 0 {
		return nil, err
	}
	from, to := filepath.Dir(filepath.Dir(notes[0])), filepath.Join(tmp, testWork)
	if err := errors.Join(os.Rename(from, to), pruneTests(to, from)); err != nil {
		return nil, err
	}
	var programs []testProgram
	for _, name := range notes {
		var p testProgram
		if err := readJSON(strings.Replace(name, from, to, 1), &p); err != nil {
			return nil, err
		}
		for i := range p.Args {
			p.Args[i] = strings.ReplaceAll(p.Args[i], from, to)
		}
		p.CoverDir = strings.Replace(p.CoverDir, from, to, 1)
		programs = append(programs, p)
	}
	slices.SortFunc(programs, func(a, b testProgram) int { return strings.Compare(a.Package, b.Package) })
	return programs, nil
}

// pruneTests removes what no test program reads. In GOCOVERDIR the go command puts a list of files in its own
// folder, which was called otherwise (MetaFilesFileName in internal/coverage of Go 1.26).
func pruneTests(work, was string) error {
	return filepath.WalkDir(work, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch base := filepath.Base(name); {
		case filepath.Base(filepath.Dir(name)) == "gocoverdir":
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			return os.WriteFile(name, bytes.ReplaceAll(data, []byte(was), []byte(work)), 0o644)
		case strings.HasSuffix(base, ".test"), strings.HasPrefix(base, "covmeta."), base == programNote:
			return nil
		}
		return os.Remove(name)
	})
}
