package objects

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Layer answers the go command of a dependency step: everything that it asks for and is given is in the layer afterwards. What other
// builds made is copied from what the builder keeps, so that one more package compiles that package.
type Layer struct {
	layer, kept Dir
	salts       Salts
	now         time.Time
	notes       io.Writer
	once        sync.Once
	mu          sync.Mutex
	failed      error // the first of the layer

	compiled, taken atomic.Int64 // packages, objects
}

// Salts stand for what a package's sources may include and the go command's name for it does not hang on. Packages are kept for builds
// with the same.
type Salts struct {
	Assembly string                 // empty: packages with assembly or C are not kept
	C        func() ([]byte, error) // nil: those with C are not kept; it is asked when there is one
}

// layerTime stands in a layer's entries, so that the same objects are the same bytes: go takes no objects for outdated by it.
var layerTime = time.Unix(0, 0)

// NewLayer is for a layer and what the builder keeps, two folders laid out as a GOCACHE; now is when the kept ones are used. What is
// wrong with what is kept is said to notes, once, and is no reason to fail.
func NewLayer(layer, kept Dir, salts Salts, now time.Time, notes io.Writer) *Layer {
	return &Layer{layer: layer, kept: kept, salts: salts, now: now, notes: notes}
}

// Get looks into the layer, then among what is kept.
func (l *Layer) Get(action []byte) (Object, bool) {
	if o, ok := l.layer.Get(action); ok {
		return o, true
	}
	if o, ok := l.take(action, action); ok || l.salts.Assembly == "" || !l.kept.Marked(action, l.now) {
		return o, ok
	}
	if o, ok := l.take(action, Salted(action, []byte(l.salts.Assembly))); ok || l.salts.C == nil {
		return o, ok
	}
	salt, err := l.cSalt()
	if err != nil {
		return Object{}, false // it is compiled, and Put says what is wrong
	}
	return l.take(action, Salted(action, salt))
}

func (l *Layer) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fmt.Errorf("the layer of compiled dependencies: %w", err)
	}
}

// Close is the end: the error is the first of the layer, which would be kept with holes in it.
func (l *Layer) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// cSalt is that of packages with C; their assembly includes what other assembly does.
func (l *Layer) cSalt() ([]byte, error) {
	salt, err := l.salts.C()
	return append([]byte(l.salts.Assembly), salt...), err
}

// take copies what is kept under a name into the layer.
func (l *Layer) take(action, name []byte) (Object, bool) {
	o, ok := l.kept.Get(name)
	if !ok {
		return Object{}, false
	}
	body, err := os.ReadFile(o.Path)
	if sum := sha256.Sum256(body); err != nil || !bytes.Equal(sum[:], o.Output) {
		return Object{}, false // somebody trims, or the disk failed: it is compiled
	}
	l.kept.Used(name, o, l.now)
	if _, err := l.layer.Put(action, o.Output, body, layerTime); err != nil {
		l.fail(err)
		return Object{}, false
	}
	l.taken.Add(1)
	return l.layer.Get(action)
}

// Put puts an object into the layer, and among what is kept unless it is of this build alone. The error is of the layer. The go command
// goes on without it; Close makes it an end.
func (l *Layer) Put(action, output, body []byte) (string, error) {
	path, err := l.layer.Put(action, output, body, layerTime)
	if err != nil {
		l.fail(err)
		return path, err
	}
	if IsArchive(body) {
		l.compiled.Add(1)
	}
	if err := l.keep(action, output, body); err != nil {
		l.once.Do(func() { fmt.Fprintf(l.notes, "note: compiled dependencies are not kept for other builds: %v\n", err) })
	}
	return path, nil
}

func (l *Layer) keep(action, output, body []byte) error {
	c := HasC(body)
	switch {
	case OfThisBuild(body), c && l.salts.C == nil, HasNative(body) && l.salts.Assembly == "":
		return nil
	case !HasNative(body):
		_, err := l.kept.Put(action, output, body, l.now)
		return err
	}
	salt, err := []byte(l.salts.Assembly), error(nil)
	if c {
		salt, err = l.cSalt()
	}
	if err != nil {
		return err
	}
	if _, err := l.kept.Put(Salted(action, salt), output, body, l.now); err != nil {
		return err
	}
	return l.kept.Mark(action)
}

// Summary tells what was done again and what was not.
func (l *Layer) Summary() string {
	return fmt.Sprintf("packages compiled: %d; objects kept from former builds: %d", l.compiled.Load(), l.taken.Load())
}
