package size

import (
	"bytes"
	"io"
)

// window reads small pieces of a large part of a file. Pieces that lie beside each other cost one read; how much is read in all
// is bounded, so that a table whose entries jump about ends early.
type window struct {
	r        io.ReaderAt
	at, size int64 // the part of the file
	budget   int64 // bytes that may still be read
	buf      []byte
	from, n  int64 // what buf holds, counted from at
}

const windowSize = 64 << 10

// newWindow is a window on size bytes of r from at. A part that ends outside the file is cut.
func newWindow(r io.ReaderAt, at, size, fileSize int64) *window {
	if at < 0 || at > fileSize || size < 0 {
		at, size = 0, 0
	}
	size = min(size, fileSize-at)
	return &window{r: r, at: at, size: size, budget: 4*size + 16*windowSize}
}

// bytes are n bytes from off, nil when they cannot be had. They are valid until the next call.
func (w *window) bytes(off, n int64) []byte {
	if off < 0 || n < 0 || n > windowSize || off > w.size-n {
		return nil
	}
	if off < w.from || off+n > w.from+w.n {
		if !w.load(off) || n > w.n {
			return nil
		}
	}
	return w.buf[off-w.from : off-w.from+n]
}

func (w *window) load(off int64) bool {
	if w.buf == nil {
		w.buf = make([]byte, windowSize)
	}
	want := min(windowSize, w.size-off)
	if w.budget -= want; w.budget < 0 {
		return false
	}
	n, err := w.r.ReadAt(w.buf[:want], w.at+off)
	w.from, w.n = off, int64(n)
	return err == nil || err == io.EOF
}

// maxName is longer than the names that compilers give to instances of generic functions.
const maxName = 4 << 10

// text is the zero-terminated string at off, nil when there is none. One that is too long is cut.
func (w *window) text(off int64) []byte {
	for n := int64(128); ; n = min(4*n, maxName) {
		b := w.bytes(off, min(n, w.size-off))
		if b == nil {
			return nil
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return b[:i]
		}
		if n == maxName || n > w.size-off {
			return b
		}
	}
}
