// Package window reads tables in files that nobody vouches for, a piece at a time.
package window

import (
	"bytes"
	"io"
)

// Window reads small pieces of a large part of a file. Pieces that lie beside each other cost one read; how much is read in all
// is bounded, so that a table whose entries jump about ends early.
type Window struct {
	r        io.ReaderAt
	at, size int64 // the part of the file
	budget   int64 // bytes that may still be read
	buf      []byte
	from, n  int64 // what buf holds, counted from at
}

// Max is the most bytes that one piece may have.
const Max = 64 << 10

// New is a window on size bytes of r from at. A part that cannot be is empty; one that ends outside the file has what lies in it.
func New(r io.ReaderAt, at, size int64) *Window {
	if at < 0 || size < 0 {
		at, size = 0, 0
	}
	return &Window{r: r, at: at, size: size, budget: 4*min(size, 1<<60) + 16*Max}
}

// Bytes are n bytes from off, nil when they cannot be had. They are valid until the next call.
func (w *Window) Bytes(off, n int64) []byte {
	if off < 0 || n < 0 || n > Max || off > w.size-n {
		return nil
	}
	if off < w.from || off+n > w.from+w.n {
		if !w.load(off) || n > w.n {
			return nil
		}
	}
	return w.buf[off-w.from : off-w.from+n]
}

func (w *Window) load(off int64) bool {
	if w.buf == nil {
		w.buf = make([]byte, min(Max, w.size))
	}
	want := min(Max, w.size-off)
	if w.budget -= want; w.budget < 0 {
		return false
	}
	n, err := w.r.ReadAt(w.buf[:want], w.at+off)
	w.from, w.n = off, int64(n)
	return err == nil || err == io.EOF
}

// maxText is longer than the names that compilers give to instances of generic functions.
const maxText = 4 << 10

// Text is the string at off without the zero behind it, nil when there is none. One that is too long is cut.
func (w *Window) Text(off int64) []byte {
	for n := int64(128); ; n = min(4*n, maxText) {
		b := w.Bytes(off, min(n, w.size-off))
		if b == nil {
			return nil
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return b[:i]
		}
		if n == maxText || n > w.size-off {
			return b
		}
	}
}
