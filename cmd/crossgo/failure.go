package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/buildkit/solver/errdefs"

	"github.com/crossgo/crossgo/plan"
)

// printFailure tells the user why a command failed: the places in the spec first, then the reason.
func printFailure(w io.Writer, err error, code int) {
	if err == nil {
		return
	}
	var exit exitError
	if errors.As(err, &exit) && exit.err == nil {
		return // the verb has said everything
	}
	if code == exitInterrupted {
		fmt.Fprintln(w, "crossgo: interrupted")
		return
	}
	for _, src := range locations(err) {
		src.Print(w)
	}
	fmt.Fprintln(w, "crossgo: "+strings.TrimPrefix(plan.Redacted(err.Error()), "failed to solve: "))
	if code == exitUsage {
		fmt.Fprintln(w, "See crossgo --help.")
	}
}

// locations collects the places of every error in the tree. BuildKit's own errdefs.Sources follows a single chain and
// would show only the first of several problems.
func locations(err error) []*errdefs.Source {
	if err == nil {
		return nil
	}
	var out []*errdefs.Source
	if here, ok := err.(*errdefs.SourceError); ok {
		out = append(out, here.Source)
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		out = append(out, locations(wrapper.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			out = append(out, locations(inner)...)
		}
	}
	return out
}
