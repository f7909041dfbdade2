package objects

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Layer answers the go command of a dependency step: everything that it asks for and is given is in the layer afterwards. What other
// builds made is copied from what the builder keeps, so that one more package compiles that package.
type Layer struct {
	layer, kept Dir
	salt        []byte
	now         time.Time
	notes       io.Writer
	once        sync.Once
}

// layerTime stands in a layer's entries, so that the same objects are the same bytes: go takes no objects for outdated by it.
var layerTime = time.Unix(0, 0)

// NewLayer is for a layer and what the builder keeps, two folders laid out as a GOCACHE; now is when the kept ones are used. Packages
// with assembly are kept for builds with the same salt, which stands for what their sources may include from elsewhere; with an empty
// one they are not. What is wrong with what is kept is said to notes, once, and is no reason to fail.
func NewLayer(layer, kept Dir, salt string, now time.Time, notes io.Writer) *Layer {
	return &Layer{layer: layer, kept: kept, salt: []byte(salt), now: now, notes: notes}
}

// Get looks into the layer, then among what is kept.
func (l *Layer) Get(action []byte) (Object, bool) {
	if o, ok := l.layer.Get(action); ok {
		return o, true
	}
	if o, ok := l.take(action, action); ok || len(l.salt) == 0 {
		return o, ok
	}
	return l.take(action, Salted(action, l.salt))
}

// take copies what is kept under a name into the layer.
func (l *Layer) take(action, name []byte) (Object, bool) {
	o, ok := l.kept.Get(name)
	if !ok {
		return Object{}, false
	}
	body, err := os.ReadFile(o.Path)
	if err != nil {
		return Object{}, false // somebody trims: it is compiled
	}
	l.kept.Used(name, o, l.now)
	if _, err := l.layer.Put(action, o.Output, body, layerTime); err != nil {
		return Object{}, false // put meets the same error, and says so
	}
	return l.layer.Get(action)
}

// Put puts an object into the layer, and among what is kept unless it is of this build alone. The error is of the layer.
func (l *Layer) Put(action, output, body []byte) (string, error) {
	path, err := l.layer.Put(action, output, body, layerTime)
	name := l.keptName(action, body)
	if err != nil || name == nil {
		return path, err
	}
	if _, err := l.kept.Put(name, output, body, l.now); err != nil {
		l.once.Do(func() { fmt.Fprintf(l.notes, "note: compiled dependencies are not kept for other builds: %v\n", err) })
	}
	return path, nil
}

// keptName is what an object is kept under; nil for one that is not: C code includes what no salt here knows of.
func (l *Layer) keptName(action, body []byte) []byte {
	switch {
	case IsIndex(body) || HasC(body) || HasNative(body) && len(l.salt) == 0:
		return nil
	case HasNative(body):
		return Salted(action, l.salt)
	}
	return action
}
