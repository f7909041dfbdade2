package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// A crossgo that links libc, as the go command makes it on a machine with a C compiler, or one for macOS, cannot run in a build
// container. What can is compiled from the same sources, without C, by the go command that has compiled crossgo itself.

const (
	ownModule    = "github.com/crossgo/crossgo"
	stepsPackage = "./cmd/crossgo-step"
)

// steps compiles the program for the build steps, once for each crossgo.
type steps struct {
	state   string // the folder to keep it in
	arch    string // of the builder
	own     string // this program's file
	source  string // this source file, as the compiler has recorded it
	version string // this program's module version
}

func newSteps(state, arch, own string) steps {
	_, source, _, _ := runtime.Caller(0)
	s := steps{state: state, arch: arch, own: own, source: source, version: version}
	if info, ok := debug.ReadBuildInfo(); ok {
		s.version = info.Main.Version
	}
	return s
}

// path is the compiled program's, which is named by the content of this one.
func (s steps) path(ctx context.Context) (string, error) {
	sum, err := hashFile(s.own)
	if err != nil {
		return "", err
	}
	file := filepath.Join(s.state, "steps", sum[:16]+"-"+s.arch, "crossgo")
	if checkSelf(file, s.arch) == nil {
		return file, nil
	}
	dir, err := s.sources(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "compiling crossgo's build steps for linux/%s, once for this crossgo\n", s.arch)
	return file, s.compile(ctx, dir, file)
}

// sources is the folder of the module that this program was compiled from: where the compiler found it, else what the module proxy
// has of its version.
func (s steps) sources(ctx context.Context) (string, error) {
	dir := filepath.Dir(filepath.Dir(filepath.Dir(s.source)))
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); filepath.IsAbs(s.source) && err == nil {
		return dir, s.unchanged(dir)
	}
	if s.version == "" || s.version == "(devel)" || strings.Contains(s.version, "+dirty") {
		return "", errors.New("its sources are not found: it was not compiled from a released version")
	}
	out, err := goCommand(ctx, os.TempDir(), []string{"GOFLAGS=-mod=mod"}, "mod", "download", "-json", ownModule+"@"+s.version)
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &module); jsonErr == nil && module.Error != "" {
		return "", errors.New(module.Error)
	}
	if err != nil {
		return "", err
	}
	return module.Dir, nil
}

// unchanged compares a working copy's times with this program's: steps of other sources would not understand its jobs. The go command
// sets a program's time whenever it is asked to make it.
func (s steps) unchanged(dir string) error {
	info, err := os.Stat(s.own)
	if err != nil {
		return err
	}
	changed, err := changedAfter(dir, info.ModTime())
	if err == nil && changed != "" {
		err = fmt.Errorf("%s has changed since %s was compiled from it: compile it again", changed, s.own)
	}
	return err
}

// changedAfter is a source file of the program for the steps that is newer than a time; empty: there is none.
func changedAfter(dir string, when time.Time) (changed string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		switch {
		case d.IsDir() && rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || rel == "test" || rel == "examples"):
			return fs.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		info, err := d.Info()
		if err == nil && info.ModTime().After(when) {
			changed = path
			return fs.SkipAll
		}
		return err
	})
	return changed, err
}

// compile makes the program as file. Nothing of what the user has set for other programs takes part: equal sources make equal bytes, and
// those are in the keys of a cache that a fleet shares.
func (s steps) compile(ctx context.Context, dir, file string) error {
	settings := []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + s.arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT="}
	ldflags := "-ldflags=-s -w"
	if v := cmp.Or(version, s.version); v != "" && v != "(devel)" {
		ldflags += " -X main.version=" + v
	}
	err := placeDir(filepath.Dir(file), func(tmp string) error {
		_, err := goCommand(ctx, dir, settings, "build", "-trimpath", "-buildvcs=false", ldflags, "-o", filepath.Join(tmp, filepath.Base(file)), stepsPackage)
		return err
	})
	if err != nil {
		return err
	}
	return checkSelf(file, s.arch)
}

// goCommand runs the go command with more environment, and says what it said where it fails.
func goCommand(ctx context.Context, dir string, settings []string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = append(append(os.Environ(), "PWD="+dir), settings...)
	if err := cmd.Run(); err != nil {
		return stdout.Bytes(), fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout.Bytes(), nil
}
