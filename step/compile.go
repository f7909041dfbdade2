package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/crossgo/crossgo/plan"
)

// compile builds a unit's binaries into PathOut, one after the other: the go command itself keeps all cores busy.
func compile(ctx context.Context, job plan.CompileJob) error {
	if err := keepCache(time.Now()); err != nil {
		return err
	}
	env := job.Env
	if job.Stamp != nil {
		var err error
		if env, err = withGit(env); err != nil {
			return err
		}
	}
	for _, b := range job.Builds {
		err := goCommand{dir: sourceDir(job.Dir), env: env, args: b.Args, out: os.Stderr}.run(ctx)
		if err != nil {
			return compileError(b, err)
		}
	}
	return nil
}

// compileError names the step and the line of the spec; the compiler's own text stands on the log already.
func compileError(b plan.BuildOutput, err error) error {
	var failed *goError
	if !errors.As(err, &failed) {
		return fmt.Errorf("%s: compile %s: %w", b.Where, b.What, err)
	}
	fmt.Fprintf(os.Stderr, "compile %s failed\n", b.What)
	for _, hint := range hints(failed.text) {
		fmt.Fprintln(os.Stderr, "hint: "+hint)
	}
	text := fmt.Sprintf("%s: compile %s failed:\n%s", b.Where, b.What, failed.Error())
	for _, hint := range hints(failed.text) {
		text += "\nhint: " + hint
	}
	return shown{errors.New(text)}
}

// keepCache stops the go command from trimming its cache: entries of a layer are as old as the layer, and go deletes
// what was not used for five days unless trim.txt says that it looked within the last one (cmd/go/internal/cache).
func keepCache(now time.Time) error {
	name := filepath.Join(plan.PathGoCache, "trim.txt")
	return os.WriteFile(name, []byte(strconv.FormatInt(now.Unix(), 10)), 0o644)
}
