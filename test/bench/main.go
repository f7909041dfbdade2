// Command bench measures crossgo against a hand-written cross Dockerfile and against a bare go build: examples/sqlite with
// cgo, and generated pure Go modules with many programs. It writes seconds and ratios; it judges nothing.
//
//	go run ./test/bench                           everything but the case that takes very long
//	go run ./test/bench -cases cold,edit -runs 3  some cases, with as many repeats
//	go run ./test/bench -cases 100x10             100 programs for 10 platforms
//
// docs/performance.md says what is measured and how, and has the results.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// options are the command line.
type options struct {
	cases    []string // names of cases, in the order of the tables
	rivals   []string // names of rivals
	runs     int      // repeats of the warm cases; 0: as the table has it
	docs     string   // directory with performance.md, .json and .svg; "": nothing is written
	progress string   // directory for the raw progress of every build; "": none is kept
}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil {
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parse reads the command line; a case that is not known is an error.
func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	list := flags.String("cases", strings.Join(caseNames(true), ","), "`names` of the cases, of "+strings.Join(caseNames(false), ", "))
	who := flags.String("rivals", strings.Join(rivalNames(), ","), "`names` of the rivals; \"# syntax=\" needs \"Dockerfile\", \"crossgo build\" needs \"crossgo\"")
	flags.IntVar(&o.runs, "runs", 0, "`number` of repeats in place of each case's own")
	flags.StringVar(&o.docs, "write", "", "`directory` whose performance.md, .json and .svg get the results")
	flags.StringVar(&o.progress, "progress", "", "`directory` that gets the raw progress of every build")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err1, err2 error
	o.cases, err1 = words("-cases", *list, caseNames(false))
	o.rivals, err2 = words("-rivals", *who, rivalNames())
	return o, errors.Join(err1, err2, o.kinless())
}

// words splits a flag's list of names.
func words(flag, list string, allowed []string) ([]string, error) {
	names := strings.Split(list, ",")
	for _, name := range names {
		if !slices.Contains(allowed, name) {
			return nil, fmt.Errorf("%s: found %q, allowed are %s", flag, name, strings.Join(allowed, ", "))
		}
	}
	return names, nil
}

// kinless is the error of a rival without the one whose daemon it shares.
func (o options) kinless() error {
	for _, r := range columns {
		if r.kin != "" && slices.Contains(o.rivals, r.name) && !slices.Contains(o.rivals, r.kin) {
			return fmt.Errorf("-rivals: %q shares the daemon of %q, which is not named", r.name, r.kin)
		}
	}
	return nil
}

// wants says whether a case was chosen.
func (o options) wants(name string) bool { return slices.Contains(o.cases, name) }

// chosen are those of some rivals that were chosen.
func (o options) chosen(list ...rival) []rival {
	return slices.DeleteFunc(slices.Clone(list), func(r rival) bool { return !slices.Contains(o.rivals, r.name) })
}

// run measures and writes.
func run(o options) (err error) {
	b := &bench{options: o}
	defer b.finish(&err)
	b.start()
	b.fill()
	b.run = Run{Machine: must(machine()), Versions: b.versions(), Frontend: b.frontendBytes()}
	b.measureSqlite()
	b.measureMany()
	if b.wants(verifyCase) {
		b.record(b.measureVerify())
	}
	fmt.Print("\n", Report{Runs: []Run{b.run}}.markdown())
	return nil
}

// record keeps what a case gave, and writes it down at once: a run takes long, and may be ended early.
func (b *bench) record(c Case) {
	b.run.Cases = append(b.run.Cases, c)
	if b.docs != "" {
		b.check(write(b.docs, b.run))
	}
}
