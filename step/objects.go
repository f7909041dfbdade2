package step

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crossgo/crossgo/objects"
	"github.com/crossgo/crossgo/plan"
)

// store has the objects of the dependency layers, which are only read, and those that the builder keeps.
type store struct {
	layer *objects.Dir // nil without layers
	kept  objects.Dir
	aside objects.Dir            // for what is of use to this go command alone
	salt  func() ([]byte, error) // of the objects with C or assembly in them
	// foreignSalt is that of the packages that the go command before this one compiled, which are not the user's.
	foreign     map[string]bool
	foreignSalt func() ([]byte, error)
	now         time.Time

	fromLayer, fromKept, refused, compiled atomic.Int64 // objects, objects, objects, packages
	mu                                     sync.Mutex
	native                                 []string // actions with C or assembly, in hex
}

// Files of one compile step, for the go command's helpers and the step itself.
const (
	asideDir     = "/tmp/objects"
	summaryFile  = "/tmp/objects.txt"
	foreignNames = "/tmp/objects.foreign"
)

// serveOwn answers the go command that compiles the user's packages.
func serveOwn(_ context.Context, job plan.CompileJob) error {
	names, err := os.ReadFile(foreignNames)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s := newStore(job, job.Objects.Own)
	for name := range strings.FieldsSeq(string(names)) {
		s.foreign[name] = true
	}
	return s.serve()
}

// serveForeign answers the go command that compiles everything else: what the user's own C code includes is of no matter there.
func serveForeign(_ context.Context, job plan.CompileJob) error {
	s := newStore(job, false)
	if err := s.serve(); err != nil {
		return err
	}
	return os.WriteFile(foreignNames, []byte(strings.Join(s.native, "\n")), 0o644)
}

func newStore(job plan.CompileJob, own bool) *store {
	s := &store{kept: plan.PathObjects, aside: asideDir, now: time.Now(), foreign: map[string]bool{}}
	if job.Objects.Layer {
		layer := objects.Dir(plan.PathGoCache)
		s.layer = &layer
	}
	s.foreignSalt = sync.OnceValues(func() ([]byte, error) { return foreignSalt(job) })
	s.salt = s.foreignSalt
	if own {
		s.salt = sync.OnceValues(func() ([]byte, error) { return ownSalt(job) })
	}
	return s
}

// serve answers until the go command is done. What it has to say goes to a file: the go command's own words are shown as they are.
func (s *store) serve() error {
	if err := objects.Serve(os.Stdin, os.Stdout, s); err != nil {
		return err
	}
	return errors.Join(appendTo(summaryFile, s.summary()+"\n"), s.kept.Trim(s.now))
}

func appendTo(name, text string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	return errors.Join(err, f.Close())
}

// summary tells what was done again and what was not.
func (s *store) summary() string {
	text := fmt.Sprintf("packages compiled: %d; objects found in the dependency layers: %d, kept from former builds: %d",
		s.compiled.Load(), s.fromLayer.Load(), s.fromKept.Load())
	if n := s.refused.Load(); n > 0 {
		text += fmt.Sprintf("; refused, since their content is not what it was: %d", n)
	}
	return text
}

// Get looks into the layers, then for what Go alone was compiled to, then for what C went into.
func (s *store) Get(action []byte) (objects.Object, bool) {
	if s.layer != nil {
		if o, ok := s.whole(*s.layer, action); ok {
			s.fromLayer.Add(1)
			return o, true
		}
	}
	if o, ok := s.whole(s.aside, action); ok {
		return o, true
	}
	if o, ok := s.getKept(action); ok {
		return o, true
	}
	if !s.kept.Marked(action, s.now) {
		return objects.Object{}, false
	}
	name, err := s.nativeName(action)
	if err != nil {
		return objects.Object{}, false // it is compiled, and put says what is wrong
	}
	return s.getKept(name)
}

// nativeName is what an object with C or assembly in it is kept under.
func (s *store) nativeName(action []byte) ([]byte, error) {
	name := hex.EncodeToString(action)
	s.mu.Lock()
	s.native = append(s.native, name)
	s.mu.Unlock()
	salt := s.salt
	if s.foreign[name] {
		salt = s.foreignSalt
	}
	value, err := salt()
	return objects.Salted(action, value), err
}

// whole finds an object whose content is what its name says: the go command names objects by their SHA-256 (OutputID in
// cmd/go/internal/cache of Go 1.26), and itself looks at the size alone. Any other is compiled again: the disk failed, or somebody
// changed it.
func (s *store) whole(dir objects.Dir, name []byte) (objects.Object, bool) {
	o, found := dir.Get(name)
	if found && !isWhole(o) {
		s.refused.Add(1)
		return objects.Object{}, false
	}
	return o, found
}

func isWhole(o objects.Object) bool {
	f, err := os.Open(o.Path)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && bytes.Equal(h.Sum(nil), o.Output)
}

func (s *store) getKept(name []byte) (objects.Object, bool) {
	o, ok := s.whole(s.kept, name)
	if ok {
		s.fromKept.Add(1)
		s.kept.Used(name, o, s.now)
	}
	return o, ok
}

// Put keeps what C or assembly went into under another name, since the go command's knows nothing of headers outside the package;
// a mark says that there is one. What cannot be kept serves this go command alone: that is no reason to fail.
func (s *store) Put(action, output, body []byte) (string, error) {
	if objects.OfThisBuild(body) {
		return s.aside.Put(action, output, body, s.now)
	}
	path, err := s.keep(action, output, body)
	if err != nil {
		fmt.Fprintf(os.Stderr, "note: an object is not kept: %v\n", err)
		return s.aside.Put(action, output, body, s.now)
	}
	return path, nil
}

func (s *store) keep(action, output, body []byte) (string, error) {
	if objects.IsArchive(body) {
		s.compiled.Add(1)
	}
	if !objects.HasNative(body) {
		return s.kept.Put(action, output, body, s.now)
	}
	name, err := s.nativeName(action)
	if err != nil {
		return "", err
	}
	path, err := s.kept.Put(name, output, body, s.now)
	return path, errors.Join(err, s.kept.Mark(action))
}
