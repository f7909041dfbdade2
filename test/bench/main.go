// Command bench measures crossgo against a hand-written cross Dockerfile: examples/sqlite for two platforms, cgo, dynamic
// against glibc, each on a daemon of its own of the same version, with the same mirror. It prints seconds and ratios; it
// judges nothing.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crossgo/crossgo/test/env"
)

// spec is what the Dockerfile does, in crossgo's words.
const spec = `# syntax=ghcr.io/crossgo/crossgo:1
go: "1.26.8"
binaries:
  - main: .
    cgo: on
    libc: glibc
    link: dynamic
    tags: [sqlite_fts5]
`

const platforms = "linux/amd64,linux/arm64"

// rival is one of the two that are measured.
type rival struct {
	name string
	file string // the file that buildx is given, in the context
}

// ours is crossgo among the rivals.
const ours = "crossgo"

// rivals: the Dockerfile as it stands, read by the frontend that is part of BuildKit; the same with "# syntax=" at its
// head, as most are, so that its frontend is an image too; and crossgo.
var rivals = []rival{{"Dockerfile", "Dockerfile"}, {"with # syntax=", "syntax.Dockerfile"}, {ours, "crossgo.yaml"}}

// cases are measured in this order, each on the daemon that the one before has left.
var cases = []struct {
	name   string
	times  int
	before func(dir string, run int) error
}{
	{"cold", 1, func(string, int) error { return nil }},
	{"nothing changed", 7, func(string, int) error { return nil }},
	{"one line edited", 7, editLine},
}

// place is where one rival builds: a daemon and a context of its own.
type place struct {
	rival
	daemon *env.Daemon
	dir    string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	t := &bench{}
	defer t.finish(&err)
	e, err := env.Start()
	if err != nil {
		return err
	}
	t.Cleanup(func() { t.check(e.Close()) })
	e.FrontendImage(t)
	e.DockerfileFrontend(t)
	t.check(pushBase(e))
	fmt.Println("fill the mirror: one build each, not measured")
	for _, p := range places(t, e) {
		once(t, e, p)
		t.cleanLast()
	}
	report(measure(t, e, places(t, e)))
	return nil
}

// places are fresh ones, in the order of rivals; the newest clean-up is the first one's daemon.
func places(t *bench, e *env.Env) []place {
	all := make([]place, len(rivals))
	for i := len(rivals) - 1; i >= 0; i-- {
		dir, err := context(e)
		t.check(err)
		all[i] = place{rivals[i], e.NewDaemon(t, env.DaemonOptions{}), dir}
	}
	return all
}

// result are the medians of one case, in the order of rivals.
type result struct {
	seconds []float64
	graph   float64 // crossgo's, from the request to the finished graph
}

// measure takes turns between the rivals, so that what the machine does besides hits both.
func measure(t *bench, e *env.Env, all []place) []result {
	var results []result
	for _, c := range cases {
		took := make([][]float64, len(all))
		var graphs []float64
		for n := range c.times {
			for i, p := range all {
				t.check(c.before(p.dir, n))
				b := once(t, e, p)
				fmt.Printf("%-16s %-14s %7.2f s\n", c.name, p.name, b.seconds)
				took[i] = append(took[i], b.seconds)
				if p.name == ours {
					graphs = append(graphs, b.graph)
				}
			}
		}
		r := result{graph: median(graphs)}
		for _, list := range took {
			r.seconds = append(r.seconds, median(list))
		}
		results = append(results, r)
	}
	return results
}

func median(list []float64) float64 {
	slices.Sort(list)
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

// context is a copy of the example with both files.
func context(e *env.Env) (string, error) {
	dir, err := os.MkdirTemp(e.Dir, "context-")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(filepath.Join(dir, "sqlite"), os.DirFS(filepath.Join(e.Repo, "examples", "sqlite"))); err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "sqlite")
	dockerfile, err := os.ReadFile(filepath.Join(e.Repo, "test", "bench", "Dockerfile"))
	if err != nil {
		return "", err
	}
	for name, text := range map[string]string{
		"Dockerfile": string(dockerfile), "syntax.Dockerfile": "# syntax=docker/dockerfile:1\n" + string(dockerfile), "crossgo.yaml": spec,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// editLine changes the program by one line, another one every time.
func editLine(dir string, run int) error {
	f, err := os.OpenFile(filepath.Join(dir, "main.go"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\nfunc init() { version += \"-%d\" }\n", run)
	if end := f.Close(); err == nil {
		err = end
	}
	return err
}

// built is one build in seconds.
type built struct {
	seconds float64 // from the command's start to its end
	graph   float64 // from the first step to the start of the export, which is when the graph is finished and answered
}

// once builds in a place.
func once(t *bench, e *env.Env, p place) built {
	args := append([]string{"build", "--progress=rawjson", "-f", p.file, "--platform=" + platforms,
		"-o", filepath.Join(p.dir, "..", "out")}, e.Mirror.BuildArgs()...)
	began := time.Now()
	r := e.BuildxOn(t, p.daemon, p.dir, append(args, ".")...)
	took := time.Since(began).Seconds()
	if r.Code != 0 {
		t.check(fmt.Errorf("%s: exit code %d\n%s", p.name, r.Code, r.Output()))
	}
	graph, err := graphSeconds(r.Stderr)
	t.check(err)
	return built{took, graph}
}

// graphSeconds reads buildx's raw progress, one client.SolveStatus of BuildKit per line.
func graphSeconds(progress string) (float64, error) {
	var first, export time.Time
	for line := range strings.Lines(progress) {
		var status struct {
			Vertexes []struct {
				Name    string
				Started *time.Time
			}
		}
		if err := json.Unmarshal([]byte(line), &status); err != nil {
			continue // buildx writes a line of text as well
		}
		for _, v := range status.Vertexes {
			switch {
			case v.Started == nil:
			case strings.HasPrefix(v.Name, "exporting"):
				export = *v.Started
			case first.IsZero() || v.Started.Before(first):
				first = *v.Started
			}
		}
	}
	if first.IsZero() || export.IsZero() {
		return 0, fmt.Errorf("the progress of buildx names no export:\n%s", progress)
	}
	return export.Sub(first).Seconds(), nil
}

// report prints the table: seconds of each, then crossgo's share of each other's.
func report(results []result) {
	fmt.Printf("\n%-18s", "case")
	for _, r := range rivals {
		fmt.Printf(" %16s", r.name)
	}
	fmt.Printf(" %8s %8s\n", "ratio", "ratio")
	last := len(rivals) - 1
	for i, c := range cases {
		r := results[i]
		fmt.Printf("%-18s", c.name)
		for _, s := range r.seconds {
			fmt.Printf(" %14.2f s", s)
		}
		for _, s := range r.seconds[:last] {
			fmt.Printf(" %8.2f", r.seconds[last]/s)
		}
		fmt.Println()
		if c.name == "nothing changed" {
			fmt.Printf("%-18s %16s %16s %14.2f s\n", "  request to graph", "", "", r.graph)
		}
	}
}
