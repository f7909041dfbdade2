package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/test/env"
)

// bench is one run. It stands in for a test in what test/env asks of one: a failure ends the program, clean-ups run at the
// end.
type bench struct {
	testing.TB
	options
	env      *env.Env
	run      Run    // what was measured so far
	root     string // of the file system in which the bare go build runs
	edits    int    // made so far: no two are alike
	builds   int    // made so far
	cleanups []func()
}

// failure is what a failed check ends the run with.
type failure struct{ error }

func (b *bench) Helper()          {}
func (b *bench) Cleanup(f func()) { b.cleanups = append(b.cleanups, f) }
func (b *bench) FailNow()         { panic(failure{fmt.Errorf("a check failed")}) }
func (b *bench) Errorf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// check ends the run when err is set.
func (b *bench) check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// must is check for a function that returns a value as well.
func must[T any](v T, err error) T {
	if err != nil {
		panic(failure{err})
	}
	return v
}

// apart runs f and then the clean-ups that f asked for: a daemon of f's ends with it.
func (b *bench) apart(f func()) {
	before := len(b.cleanups)
	f()
	b.cleanTo(before)
}

// cleanTo runs the newest clean-ups until n are left.
func (b *bench) cleanTo(n int) {
	for last := len(b.cleanups) - 1; last >= n; last-- {
		f := b.cleanups[last]
		b.cleanups = b.cleanups[:last]
		f()
	}
}

// finish runs what is left and turns a failure into an error.
func (b *bench) finish(err *error) {
	switch r := recover().(type) {
	case nil:
	case failure:
		*err = r.error
	default:
		defer panic(r) // a bug; after the clean-ups
	}
	b.cleanTo(0)
}

// start brings up what every case needs: registry, mirror, daemon, both frontends' images and the Dockerfile's base image.
func (b *bench) start() {
	b.env = must(env.Start())
	b.Cleanup(func() { b.check(b.env.Close()) })
	b.env.FrontendImage(b)
	b.env.DockerfileFrontend(b)
	b.env.CrossgoBinary(b)
	b.check(pushBase(b.env))
	if b.progress != "" {
		b.check(os.MkdirAll(b.progress, 0o755))
	}
}

// keepProgress writes the raw progress of a build to the directory that was asked for.
func (b *bench) keepProgress(what, progress string) {
	b.builds++
	if b.progress != "" {
		name := fmt.Sprintf("%03d-%s.jsonl", b.builds, what)
		b.check(os.WriteFile(filepath.Join(b.progress, name), []byte(progress), 0o644))
	}
}
