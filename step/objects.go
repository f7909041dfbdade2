package step

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crossgo/crossgo/plan"
)

// objects are those of the dependency layers, which are only read, and those that the builder keeps.
type objects struct {
	layer *objectDir // nil without layers
	kept  objectDir
	salts func() ([][]byte, error) // for objects with C or assembly in them; the first is the one to keep under
	now   time.Time

	fromLayer, fromKept, compiled atomic.Int64 // objects, objects, packages
}

// serveOwn answers the go command that compiles the user's packages.
func serveOwn(_ context.Context, job plan.CompileJob) error {
	return serveObjects(job, job.Objects.Own)
}

// serveForeign answers the go command that compiles everything else: what the user's own C code includes is of no matter there.
func serveForeign(_ context.Context, job plan.CompileJob) error {
	return serveObjects(job, false)
}

func serveObjects(job plan.CompileJob, own bool) error {
	store := &objects{kept: plan.PathObjects, now: time.Now()}
	if job.Objects.Layer {
		layer := objectDir(plan.PathGoCache)
		store.layer = &layer
	}
	store.salts = sync.OnceValues(func() ([][]byte, error) { return salts(job.Objects.Salt, own) })
	if err := serveCache(os.Stdin, os.Stdout, store); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, store.summary())
	return store.kept.trim(store.now)
}

// summary tells what was done again and what was not.
func (s *objects) summary() string {
	return fmt.Sprintf("packages compiled: %d; objects found in the dependency layers: %d, kept from former builds: %d",
		s.compiled.Load(), s.fromLayer.Load(), s.fromKept.Load())
}

// get looks into the layers, then for what Go alone was compiled to, then for what C went into.
func (s *objects) get(action []byte) (object, bool) {
	if s.layer != nil {
		if o, ok := s.layer.get(action); ok {
			s.fromLayer.Add(1)
			return o, true
		}
	}
	if o, ok := s.getKept(action); ok {
		return o, true
	}
	if !s.kept.marked(action, s.now) {
		return object{}, false
	}
	return s.getNative(action)
}

func (s *objects) getNative(action []byte) (object, bool) {
	salts, err := s.salts()
	if err != nil {
		return object{}, false // it is compiled, and put says what is wrong
	}
	for _, salt := range salts {
		if o, ok := s.getKept(salted(action, salt)); ok {
			return o, true
		}
	}
	return object{}, false
}

func (s *objects) getKept(name []byte) (object, bool) {
	o, ok := s.kept.get(name)
	if ok {
		s.fromKept.Add(1)
		s.kept.used(name, o, s.now)
	}
	return o, ok
}

// put keeps what C or assembly went into under another name, since the go command's knows nothing of headers outside the package;
// a mark says that there is one.
func (s *objects) put(action, output, body []byte) (string, error) {
	if bytes.HasPrefix(body, []byte(archiveMagic)) {
		s.compiled.Add(1)
	}
	if !hasNative(body) {
		return s.kept.put(action, output, body, s.now)
	}
	salts, err := s.salts()
	if err != nil {
		return "", err
	}
	path, err := s.kept.put(salted(action, salts[0]), output, body, s.now)
	return path, errors.Join(err, s.kept.mark(action))
}

func salted(action, salt []byte) []byte {
	sum := sha256.Sum256(append(append([]byte{}, action...), salt...))
	return sum[:]
}

// salts tell apart what the same C code was compiled to. All hold the C side's packages and our own program, which unpacked them.
// Where the user's own packages have C, what is kept also hangs on every file of the context that could be a header; what they do
// not need that for is found without.
func salts(side string, own bool) ([][]byte, error) {
	self, err := hashFile(plan.PathSelf)
	if err != nil {
		return nil, err
	}
	foreign := sha256.Sum256(append(self, side...))
	if !own {
		return [][]byte{foreign[:]}, nil
	}
	files, err := hashHeaders(plan.PathSource)
	if err != nil {
		return nil, err
	}
	all := sha256.Sum256(append(files, foreign[:]...))
	return [][]byte{all[:], foreign[:]}, nil
}

func hashFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}

// hashHeaders hashes every file below dir but Go's, names and content: any file can be included.
func hashHeaders(dir string) ([]byte, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".go") {
			return err
		}
		var content []byte
		switch {
		case entry.Type().IsRegular():
			content, err = hashFile(name)
		case entry.Type()&fs.ModeSymlink != 0:
			var target string
			target, err = os.Readlink(name)
			content = []byte(target)
		}
		fmt.Fprintf(h, "%q %x\n", name, content)
		return err
	})
	return h.Sum(nil), err
}

// The common archive format: a magic line, then members behind headers of 60 bytes, at even offsets (ar(5)).
const (
	archiveMagic  = "!<arch>\n"
	archiveHeader = 60
)

// goMembers are the members of a package's archive that the Go compiler writes (cmd/compile, cmd/pack).
var goMembers = map[string]bool{"__.PKGDEF": true, "_go_.o": true}

// hasNative reports whether an object is a package's archive with members that an assembler or a C compiler wrote.
func hasNative(body []byte) bool {
	if !bytes.HasPrefix(body, []byte(archiveMagic)) {
		return false
	}
	for at := len(archiveMagic); at+archiveHeader <= len(body); {
		header := string(body[at : at+archiveHeader])
		if !goMembers[strings.TrimRight(header[:16], " ")] {
			return true
		}
		size, err := strconv.Atoi(strings.TrimSpace(header[48:58]))
		if err != nil || size < 0 {
			return true // not what the Go tools write: better to compile it once more
		}
		at += archiveHeader + size + size%2
	}
	return false
}
