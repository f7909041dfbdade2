// Command bench measures crossgo against a hand-written cross Dockerfile: examples/sqlite for two platforms, cgo, dynamic
// against glibc, each on a daemon of its own of the same version, with the same mirror. It prints seconds and ratios; it
// judges nothing.
package main

import (
	"fmt"
	"os"
	"path/filepath"
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

var rivals = []rival{{"dockerfile", "Dockerfile"}, {"crossgo", "crossgo.yaml"}}

// cases are measured in this order, each on the daemon that the one before has left.
var cases = []struct {
	name   string
	before func(dir string) error
}{
	{"cold", func(string) error { return nil }},
	{"nothing changed", func(string) error { return nil }},
	{"one line edited", editLine},
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
	t.check(pushBase(e))
	t.check(warmMirror(t, e))
	seconds := map[string][]float64{}
	for _, r := range rivals {
		seconds[r.name] = measure(t, e, r)
	}
	report(seconds)
	return nil
}

// warmMirror builds once with each, so that neither waits for the mirror's first fetch of a file.
func warmMirror(t *bench, e *env.Env) error {
	for _, r := range rivals {
		d := e.NewDaemon(t, env.DaemonOptions{})
		dir, err := context(e)
		if err != nil {
			return err
		}
		if _, err := once(t, e, d, dir, r); err != nil {
			return err
		}
		t.cleanLast()
	}
	return nil
}

// measure gives the seconds of each case.
func measure(t *bench, e *env.Env, r rival) []float64 {
	d := e.NewDaemon(t, env.DaemonOptions{})
	defer t.cleanLast()
	dir, err := context(e)
	t.check(err)
	var all []float64
	for _, c := range cases {
		t.check(c.before(dir))
		s, err := once(t, e, d, dir, r)
		t.check(err)
		fmt.Printf("%-12s %-16s %7.1f s\n", r.name, c.name, s)
		all = append(all, s)
	}
	return all
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
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), dockerfile, 0o644); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "crossgo.yaml"), []byte(spec), 0o644)
}

// editLine changes the program by one line.
func editLine(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "main.go"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("\nfunc init() { version += \"-edited\" }\n")
	if end := f.Close(); err == nil {
		err = end
	}
	return err
}

// once builds and gives the seconds from the command's start to its end.
func once(t *bench, e *env.Env, d *env.Daemon, dir string, r rival) (float64, error) {
	args := append([]string{"build", "--progress=plain", "-f", r.file, "--platform=" + platforms,
		"-o", filepath.Join(dir, "..", "out")}, e.Mirror.BuildArgs()...)
	began := time.Now()
	result := e.BuildxOn(t, d, dir, append(args, ".")...)
	took := time.Since(began).Seconds()
	if result.Code != 0 {
		return 0, fmt.Errorf("%s: exit code %d\n%s", r.name, result.Code, result.Output())
	}
	return took, nil
}

// report prints the table.
func report(seconds map[string][]float64) {
	fmt.Printf("\n%-16s %12s %12s %8s\n", "case", rivals[0].name, rivals[1].name, "ratio")
	for i, c := range cases {
		hand, ours := seconds[rivals[0].name][i], seconds[rivals[1].name][i]
		fmt.Printf("%-16s %10.1f s %10.1f s %8.2f\n", c.name, hand, ours, ours/hand)
	}
}
