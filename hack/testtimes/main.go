// Command testtimes reads what go test -json prints, writes what go test prints without it, and at the end which
// tests took longest. Of tests that run side by side each counts the time that it ran in, not the time that it
// waited to begin.
//
// Its exit code says nothing about the tests: go test's own does (see the Makefile).
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// shown is how many tests are listed.
const shown = 15

// event is a line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds
}

// taken is how long a test took.
type taken struct {
	name    string
	seconds float64
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	said := map[string]*strings.Builder{} // by test: what to show when it fails
	var all []taken
	lines := bufio.NewReader(in)
	for {
		line, readErr := lines.ReadString('\n')
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			e = event{Action: "output", Output: line} // go itself, not a test
		}
		text, t := step(said, e)
		if t != nil {
			all = append(all, *t)
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
		if readErr == io.EOF {
			return list(out, all)
		}
		if readErr != nil {
			return readErr
		}
	}
}

// step returns what to print after an event, and the test that it ends, if it ends one.
func step(said map[string]*strings.Builder, e event) (string, *taken) {
	top, _, _ := strings.Cut(e.Test, "/")
	key := e.Package + "." + top
	switch {
	case strings.HasSuffix(e.Action, "output") && e.Test == "":
		return e.Output, nil
	case e.Action == "output":
		if said[key] == nil {
			said[key] = &strings.Builder{}
		}
		said[key].WriteString(e.Output)
	case e.Action == "fail" && e.Test == "":
		return unfinished(said, e.Package), nil
	case (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") && e.Test == top && top != "":
		text := said[key]
		delete(said, key)
		t := &taken{name: key, seconds: e.Elapsed}
		if e.Action == "fail" && text != nil {
			return text.String(), t
		}
		return "", t
	}
	return "", nil
}

// unfinished is what tests said that ended with their process.
func unfinished(said map[string]*strings.Builder, pkg string) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(said)) {
		if strings.HasPrefix(key, pkg+".Test") {
			text.WriteString(said[key].String())
			delete(said, key)
		}
	}
	return text.String()
}

// list writes the slowest tests, the slowest first.
func list(out io.Writer, all []taken) error {
	slices.SortStableFunc(all, func(a, b taken) int { return cmp.Compare(b.seconds, a.seconds) })
	if len(all) > 0 {
		if _, err := fmt.Fprintf(out, "\nslowest of %d tests, in seconds:\n", len(all)); err != nil {
			return err
		}
	}
	for _, t := range all[:min(shown, len(all))] {
		if _, err := fmt.Fprintf(out, "%7.1f  %s\n", t.seconds, t.name); err != nil {
			return err
		}
	}
	return nil
}
