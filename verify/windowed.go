package verify

import "io"

// windowSize is how much of a file is read at once where it is read in small pieces.
const windowSize = 1 << 16

// windowed remembers the part of a file around what was read last, so that many small reads one after the other are few large
// ones. It is for one reader at a time.
type windowed struct {
	r   io.ReaderAt
	at  int64
	buf []byte
}

// windows is the file of that size, read through a window.
func windows(r io.ReaderAt, size int64) *io.SectionReader {
	return io.NewSectionReader(&windowed{r: r}, 0, size)
}

// ReadAt reads large pieces directly.
func (w *windowed) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > windowSize/4 {
		return w.r.ReadAt(p, off)
	}
	if !w.has(off, len(p)) {
		buf := w.buf[:cap(w.buf)]
		if buf == nil {
			buf = make([]byte, windowSize)
		}
		n, err := w.r.ReadAt(buf, off)
		if w.at, w.buf = off, buf[:n]; n < len(p) && err != nil {
			return copy(p, w.buf), err
		}
	}
	return copy(p, w.buf[off-w.at:]), nil
}

func (w *windowed) has(off int64, n int) bool {
	return off >= w.at && off-w.at <= int64(len(w.buf)) && n <= len(w.buf)-int(off-w.at)
}
