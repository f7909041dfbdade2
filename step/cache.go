package step

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
)

// prepareCache gives the environment in which go finds the objects that are kept.
func prepareCache(ctx context.Context, job plan.CompileJob) ([]string, error) {
	switch {
	case job.Prog != "":
		return progEnv(job)
	case job.Objects == nil:
		return job.Env, keepCache(time.Now())
	case len(job.Objects.First) > 0:
		first := goCommand{dir: sourceDir(job.Dir), env: withObjects(job.Env, "objects-foreign"), args: job.Objects.First, out: os.Stderr}
		if err := first.run(ctx); err != nil {
			return nil, compileError(treeOf(job.Dir), job.Builds[0], err)
		}
	}
	return withObjects(job.Env, "objects"), nil
}

// withObjects has the go command ask one of our steps for its objects. Its own cache stays empty: nothing but the tests' fuzzing
// would use it.
func withObjects(env []string, step string) []string {
	return append(slices.Clone(env), "GOCACHE=/tmp/gocache", "GOCACHEPROG="+plan.PathSelf+" step "+step)
}

// progEnv lets the user's program reach the network as our own steps do.
func progEnv(job plan.CompileJob) ([]string, error) {
	if err := errors.Join(checkProg(job.Prog), writeRootCAs(caFile)); err != nil {
		return nil, err
	}
	salt := foreignSalt
	if job.Objects.Own {
		salt = ownSalt
	}
	value, err := salt(job)
	return slices.Concat(withMacro(job.Env, value), networkEnv()), err
}

// withMacro gives all C code a macro that nobody reads: the go command hashes the flags, and so each object that the user's program
// keeps hangs on what go does not look at.
func withMacro(env []string, salt []byte) []string {
	env = slices.Clone(env)
	for i, kv := range env {
		if strings.HasPrefix(kv, "CGO_CPPFLAGS=") {
			env[i] = strings.TrimRight(kv, " ") + fmt.Sprintf(" -DCROSSGO_SALT=0x%x", salt[:8])
		}
	}
	return env
}

// tellObjects says on the log what was compiled and what was found.
func tellObjects() error {
	text, err := os.ReadFile(summaryFile)
	if err != nil {
		return ignoreMissing(err)
	}
	_, err = os.Stderr.Write(text)
	return err
}

// checkProg looks whether the user's program can be started at all: the go command's own message names no line of the spec.
func checkProg(name string) error {
	if err := runnable(name); err != nil {
		return fmt.Errorf("%scache: prog: %w", plan.ProgPlace, err)
	}
	return nil
}

// runnable looks whether a file of the build context can be started.
func runnable(name string) error {
	shown := strings.TrimPrefix(name, plan.PathSource+"/")
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is not in the build context (does .dockerignore leave it out?)", shown)
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
		return fmt.Errorf("found %s with mode %s, want an executable file", shown, info.Mode())
	}
	return nil
}

// keepCache stops the go command from trimming its cache: entries of a layer are as old as the layer, and go deletes
// what was not used for five days unless trim.txt says that it looked within the last one (cmd/go/internal/cache).
func keepCache(now time.Time) error {
	name := filepath.Join(plan.PathGoCache, "trim.txt")
	return os.WriteFile(name, []byte(strconv.FormatInt(now.Unix(), 10)), 0o644)
}
