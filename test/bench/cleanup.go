package main

import (
	"fmt"
	"os"
	"testing"
)

// bench stands in for a test in what test/env asks of one: a failure ends the program, clean-ups run at the end or early.
type bench struct {
	testing.TB
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

// cleanLast runs the newest clean-up now.
func (b *bench) cleanLast() {
	last := len(b.cleanups) - 1
	f := b.cleanups[last]
	b.cleanups = b.cleanups[:last]
	f()
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
	for len(b.cleanups) > 0 {
		b.cleanLast()
	}
}
