package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
)

// checkImage is the gate of a whole image: what the image's config says has to hold for its files, and each program has to start in
// it. It writes what the image lacks of its working directory; all else that leaves the build is made after it.
func checkImage(_ context.Context, job plan.ImageJob) error {
	root, err := os.OpenRoot(plan.PathRoot)
	if err != nil {
		return err
	}
	defer root.Close()
	tree, err := verify.DirFS(root)
	if err != nil {
		return err
	}
	if err := imageProblems(tree, job); err != nil || !job.MakeDir {
		return err
	}
	return makeWorkDir(tree, job, plan.PathOut)
}

// makeWorkDir writes the working directory and those above it as far as the base lacks them; they belong to the image's user. Those that
// the base has come along as they are there, since they are copied over it.
func makeWorkDir(tree verify.FS, job plan.ImageJob, to string) error {
	if _, err := verify.RealPath(tree, job.WorkDir); err == nil {
		return nil
	}
	uid, gid, err := verify.Rootfs{FS: tree, User: job.User}.Owner()
	if err != nil {
		return err
	}
	dir := to
	for _, name := range strings.Split(strings.Trim(realPlace(tree, job.WorkDir), "/"), "/") {
		dir = filepath.Join(dir, name)
		err := os.Mkdir(dir, 0o755)
		if _, missing := verify.RealPath(tree, strings.TrimPrefix(dir, to)); missing == nil {
			err = errors.Join(err, likeBase(tree, strings.TrimPrefix(dir, to), dir))
		} else {
			err = errors.Join(err, os.Chown(dir, uid, gid), os.Chmod(dir, 0o755))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// imageProblems are all that is wrong with the image, each with the line of the spec that it is about.
func imageProblems(tree verify.FS, job plan.ImageJob) error {
	img := imageCheck{verify.Rootfs{FS: tree, User: job.User}, job}
	if err := img.user(); err != nil { // without a user no right can be judged
		return errors.Join(err, img.entrypoint())
	}
	errs := []error{img.workDir(), img.entrypoint()}
	for _, f := range job.Files {
		at := img.Rootfs
		at.Allow = f.Allow
		found, err := at.Fits(verify.Program{Path: "/" + f.Name})
		errs = append(errs, img.failed(f.Where, fmt.Sprintf("verify %s for %s", f.Name, job.Platform), found, err))
	}
	return errors.Join(errs...)
}

type imageCheck struct {
	verify.Rootfs
	job plan.ImageJob
}

// failed are the findings that did not hold, at a place.
func (img imageCheck) failed(where, what string, findings []verify.Finding, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %s: %w", where, what, err)
	}
	var errs []error
	for _, f := range findings {
		if f.Level == verify.Fail {
			errs = append(errs, fmt.Errorf("%s: %s: %s: %s", where, what, f.Check, f.Text))
		}
	}
	return errors.Join(errs...)
}

func (img imageCheck) user() error {
	return img.failed(plan.UserPlace, "image.user for "+img.job.Platform, img.Known(), nil)
}

func (img imageCheck) workDir() error {
	return img.failed(plan.WorkDirPlace, "image.workdir for "+img.job.Platform, img.Enters(img.job.WorkDir), nil)
}

// entrypoint finds what the image starts. A program that the build did not make has to fit as well.
func (img imageCheck) entrypoint() error {
	what := "image.entrypoint for " + img.job.Platform
	start := verify.Start{Args: slices.Concat(img.job.Entrypoint, img.job.Cmd), Env: img.job.Env, WorkDir: img.job.WorkDir}
	program, found := img.Entry(start)
	err := img.failed(plan.EntrypointPlace, what, found, nil)
	switch {
	case err != nil && program == "":
		return fmt.Errorf("%w%s", err, img.instead())
	case err != nil || program == "" || img.own(program):
		return err
	}
	fits, err := img.Fits(verify.Program{Path: program})
	return img.failed(plan.EntrypointPlace, what, fits, err)
}

func (img imageCheck) own(program string) bool {
	return slices.ContainsFunc(img.job.Files, func(f plan.ImageFile) bool { return "/"+f.Name == path.Clean(program) })
}

// instead says what could be meant.
func (img imageCheck) instead() string {
	var places []string
	for _, f := range img.job.Files {
		places = append(places, "/"+f.Name)
	}
	first, _, spaced := strings.Cut(img.job.Entrypoint[0], " ")
	if spaced {
		return fmt.Sprintf(": no shell splits the words: write [%s, …], each argument by itself", first)
	}
	return ": the programs of this build are at the top of the image: " + strings.Join(places, ", ")
}
