package step

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/plan"
)

// compile builds a unit's binaries into PathOut, one go command after the other: each keeps all cores busy by itself.
func compile(ctx context.Context, job plan.CompileJob) error {
	env, err := prepareCache(ctx, job)
	if err != nil {
		return err
	}
	if job.Stamp != nil {
		if env, err = withGit(env); err != nil {
			return err
		}
	}
	for _, b := range job.Builds {
		checked := make(chan error, 1)
		go func() { checked <- checkVariables(ctx, compileDir(job), env, b) }()
		err := goCommand{dir: compileDir(job), env: env, args: b.Args, out: os.Stderr}.run(ctx)
		if err != nil {
			return compileError(treeOf(job.Dir), b, err)
		}
		if err := <-checked; err != nil {
			return err
		}
		if err := rename(b, plan.PathBuilt, plan.PathOut); err != nil {
			return fmt.Errorf("%s: compile %s: %w", b.Where, b.What, err)
		}
	}
	if err := gatherLinks(plan.PathLinks, plan.PathOut); err != nil {
		return err
	}
	return tellObjects()
}

// compileDir is where the module is.
func compileDir(job plan.CompileJob) string {
	if job.Source != "" {
		return filepath.Join(job.Source, filepath.FromSlash(job.Dir))
	}
	return sourceDir(job.Dir)
}

// rename gives the programs of a run for several the names that the spec wants. The emptied directory goes, and is an error
// when it is not empty: then go chose a name that the plan did not foresee.
func rename(b plan.BuildOutput, from, to string) error {
	if len(b.Files) == 0 {
		return nil
	}
	for _, f := range b.Files {
		err := os.Rename(filepath.Join(from, f.Go), filepath.Join(to, f.Name))
		if errors.Is(err, fs.ErrNotExist) && filepath.Ext(f.Go) == ".h" {
			return fmt.Errorf("the go command wrote no header: no function of package %s is marked with //export", f.Package)
		}
		if err != nil {
			return err
		}
	}
	return os.Remove(from)
}

// culprit is the first program of a run for several that go's text blames, which heads what it says of a package with
// "# IMPORTPATH", or "# IMPORTPATH [MAIN]" where a package is compiled for one program alone. A package that several programs
// share, or a text without such a line, leaves the run as a whole.
func culprit(b plan.BuildOutput, text string) (where, what string) {
	for line := range strings.Lines(text) {
		head, ok := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if !ok {
			continue
		}
		pkg, main, _ := strings.Cut(strings.TrimSuffix(head, "]"), " [")
		i := slices.IndexFunc(b.Files, func(f plan.BuildFile) bool { return f.Package == pkg || f.Package == main })
		if i >= 0 {
			return b.Files[i].Where, b.Files[i].What
		}
	}
	return b.Where, b.What
}

// compileError names the step and the line of the spec; the compiler's own text stands on the log already.
func compileError(tree advice.Tree, b plan.BuildOutput, err error) error {
	var failed *goError
	if !errors.As(err, &failed) {
		return fmt.Errorf("%s: compile %s: %w", b.Where, b.What, err)
	}
	where, what := culprit(b, failed.text)
	hints := append(advice.Hints(failed.text), tree.CodeHints(failed.text)...)
	fmt.Fprintln(os.Stderr, advice.With("compile "+what+" failed", hints))
	return shown{errors.New(advice.With(fmt.Sprintf("%s: compile %s failed:\n%s", where, what, failed.Error()), hints))}
}
