package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/client"
)

// Outputs are written beside the place that they are for, and moved there when the build has succeeded: a failed
// build, a full disk or an interrupt leaves what was there before, whole.

// stagePrefix begins the names of unfinished outputs.
const stagePrefix = ".crossgo-"

// stage is one output on its way.
type stage struct {
	final  string   // a folder, or a file
	temp   string   // what is written; empty until there is something to write
	folder bool     // final is a folder
	clean  bool     // what else the folder holds is removed
	alone  bool     // what else the folder holds is an error
	made   []string // folders that did not exist, outermost first
	err    error    // what went wrong while writing
}

// stageOutputs changes where BuildKit writes to.
func stageOutputs(outs []output, alone bool) ([]client.ExportEntry, []*stage, error) {
	var entries []client.ExportEntry
	var stages []*stage
	for _, o := range outs {
		entry := o.ExportEntry
		switch {
		case o.load:
			entry.Output = dockerLoad
		case o.Type == client.ExporterLocal:
			s := &stage{final: o.OutputDir, folder: true, clean: o.clean, alone: alone}
			stages = append(stages, s)
			if err := s.open(); err != nil {
				return nil, stages, err
			}
			entry.OutputDir = s.temp
		case o.file != "" && ordinary(o.file):
			s := &stage{final: o.file}
			stages = append(stages, s)
			entry.Output = s.create
		case o.file != "": // a device or a pipe
			entry.Output = func(map[string]string) (io.WriteCloser, error) {
				return os.OpenFile(o.file, os.O_WRONLY, 0)
			}
		}
		entries = append(entries, entry)
	}
	return entries, stages, nil
}

// ordinary reports whether a file can be replaced by another one.
func ordinary(file string) bool {
	info, err := os.Stat(file)
	return err != nil || info.Mode().IsRegular()
}

// open names the folder for what is not finished, inside the one it is for: a rename goes no further than a file
// system. BuildKit's client makes it when there is something to write (session/filesync of 0.33). Made now it would
// be sent with the sources, whenever the output lies among them, and no two builds would have the same.
func (s *stage) open() error {
	above := s.missing(s.final)
	f, err := os.CreateTemp(above, stagePrefix)
	if err != nil {
		return fmt.Errorf("%s: %w", s.final, err)
	}
	s.temp = filepath.Join(s.final, filepath.Base(f.Name()))
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// missing notes which folders on the way to one do not exist, and gives the last that does.
func (s *stage) missing(dir string) string {
	for dir = filepath.Clean(dir); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		s.made = append([]string{dir}, s.made...)
	}
	return dir
}

// create begins a file.
func (s *stage) create(map[string]string) (io.WriteCloser, error) {
	target := s.final
	if real, err := filepath.EvalSymlinks(target); err == nil {
		target = real // a link goes on to point to the file
	}
	s.missing(filepath.Dir(target))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		s.err = err
		return nil, err
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(target); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(target), stagePrefix)
	if err != nil {
		s.err = err
		return nil, err
	}
	s.final, s.temp = target, f.Name()
	return &stageFile{f, s}, os.Chmod(f.Name(), mode)
}

// stageFile notes why a file could not be written: BuildKit says "EOF".
type stageFile struct {
	*os.File
	stage *stage
}

func (f *stageFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.stage.err = errors.Join(f.stage.err, err)
	return n, err
}

func (f *stageFile) Close() error {
	err := f.File.Close()
	f.stage.err = errors.Join(f.stage.err, err)
	return err
}

// finish moves what was written to its place, or after a failure removes it and says why it could not be written, if
// that was it.
func finish(stages []*stage, failed error) error {
	var errs []error
	for _, s := range stages {
		if failed != nil {
			errs = append(errs, s.why())
		} else {
			errs = append(errs, s.err, s.check())
		}
	}
	if err := errors.Join(errs...); err != nil {
		failed = err
	}
	for _, s := range stages {
		if failed == nil {
			failed = s.commit()
		}
		if err := s.discard(failed != nil); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// written reports whether something was written, whole or not.
func (s *stage) written() bool {
	if s.temp == "" {
		return false
	}
	_, err := os.Lstat(s.temp)
	return err == nil
}

// why is the reason for which an output could not be written; nil where it could.
func (s *stage) why() error {
	err := s.err
	if err == nil && s.folder && s.written() {
		err = s.probe()
	}
	if err == nil {
		return nil
	}
	if of := new(fs.PathError); errors.As(err, &of) {
		err = of.Err // the file is one that nobody knows
	}
	return fmt.Errorf("writing %s: %w: nothing was changed there", s.final, err)
}

// probe writes a little, to hear what the system has against it: what it said to BuildKit's client did not come
// through.
func (s *stage) probe() error {
	f, err := os.CreateTemp(s.temp, "probe")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, 1<<20))
	return errors.Join(err, f.Sync(), f.Close())
}

// check refuses to mix what was made with what lies there, before anything is moved.
func (s *stage) check() error {
	if !s.folder || !s.written() {
		return nil
	}
	if s.alone && !s.clean {
		others, err := s.others()
		if err != nil || len(others) > 0 {
			return errors.Join(err, others.refusal(s.final))
		}
	}
	return filepath.WalkDir(s.temp, func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == s.temp {
			return err
		}
		rel, err := filepath.Rel(s.temp, file)
		if err != nil {
			return err
		}
		place := filepath.Join(s.final, rel)
		info, statErr := os.Stat(place)
		if statErr == nil && info.IsDir() != d.IsDir() && d.Type()&fs.ModeSymlink == 0 {
			return fmt.Errorf("%s is in the way: the build makes a %s of this name", place, kindOf(d))
		}
		return nil
	})
}

func kindOf(d fs.DirEntry) string {
	if d.IsDir() {
		return "folder"
	}
	return "file"
}

// leftovers are the names of files that the build did not make.
type leftovers []string

func (l leftovers) refusal(dir string) error {
	if len(l) == 0 {
		return nil
	}
	some := strings.Join(l[:min(len(l), 3)], ", ")
	if len(l) > 3 {
		some += fmt.Sprintf(" and %d more", len(l)-3)
	}
	return fmt.Errorf("%s holds %s, which this release does not make: remove them, "+
		"or say --clean to have all else removed from the folder", dir, some)
}

// others are what the folder holds besides what the build made, as paths in it.
func (s *stage) others() (leftovers, error) {
	var list leftovers
	err := filepath.WalkDir(s.final, func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == s.final {
			return err
		}
		if d.IsDir() && filepath.Dir(file) == filepath.Clean(s.final) && strings.HasPrefix(d.Name(), stagePrefix) {
			return fs.SkipDir
		}
		rel, err := filepath.Rel(s.final, file)
		if err != nil {
			return err
		}
		if _, made := os.Lstat(filepath.Join(s.temp, rel)); made == nil {
			return nil
		}
		list = append(list, filepath.ToSlash(rel))
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return list, err
}

// commit moves what was written to its place.
func (s *stage) commit() error {
	if !s.written() {
		return nil
	}
	if !s.folder {
		return os.Rename(s.temp, s.final)
	}
	if s.clean {
		others, err := s.others()
		if err != nil {
			return err
		}
		for _, name := range others {
			if err := os.RemoveAll(filepath.Join(s.final, name)); err != nil {
				return err
			}
		}
	}
	return moveInto(s.temp, s.final)
}

// moveInto moves a folder's entries into another one.
func moveInto(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		source, target := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if info, err := os.Stat(target); err == nil && info.IsDir() && e.IsDir() {
			if err := moveInto(source, target); err != nil {
				return err
			}
			continue
		}
		if err := os.Rename(source, target); err != nil {
			return err
		}
	}
	return nil
}

// discard removes what is left of the way, and after a failure the folders that were made for it.
func (s *stage) discard(failed bool) error {
	var err error
	if s.temp != "" {
		err = os.RemoveAll(s.temp)
	}
	for i := len(s.made) - 1; failed && i >= 0; i-- {
		_ = os.Remove(s.made[i]) // not empty: somebody else uses it
	}
	return err
}

// dockerLoad hands an image to the docker daemon.
func dockerLoad(map[string]string) (io.WriteCloser, error) {
	cmd := exec.Command("docker", "load", "--quiet")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &loading{in, cmd}, cmd.Start()
}

type loading struct {
	io.WriteCloser
	cmd *exec.Cmd
}

func (l *loading) Close() error {
	if err := errors.Join(l.WriteCloser.Close(), l.cmd.Wait()); err != nil {
		return fmt.Errorf("docker load: %w", err)
	}
	return nil
}

// checkDocker asks whether there is a daemon to load into, before anything is built.
func checkDocker(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "docker", "version", "--format", "{{.Server.Version}}").CombinedOutput()
	if err == nil {
		return nil
	}
	return fmt.Errorf("--load: no docker daemon answers (%w: %s): -o type=docker,dest=FILE writes a file for docker load",
		err, strings.TrimSpace(string(out)))
}

// cleanable refuses to clean a folder that holds the sources, or the one we are in.
func cleanable(outs []output, context string) error {
	var errs []error
	for _, o := range outs {
		if !o.clean || o.OutputDir == "" {
			continue
		}
		for _, inside := range []string{context, "."} {
			in, err := holds(o.OutputDir, inside)
			if in && err == nil {
				err = fmt.Errorf("--clean: %s holds %s: name a folder of its own for the output", o.OutputDir, inside)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// holds reports whether a folder is another one or has it somewhere inside.
func holds(folder, other string) (bool, error) {
	a, err1 := filepath.Abs(folder)
	b, err2 := filepath.Abs(other)
	if err := errors.Join(err1, err2); err != nil {
		return false, err
	}
	if real, err := filepath.EvalSymlinks(a); err == nil {
		a = real
	}
	if real, err := filepath.EvalSymlinks(b); err == nil {
		b = real
	}
	rel, err := filepath.Rel(a, b)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}
