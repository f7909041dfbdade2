package verify

import "io"

// scanWindow is how much of a file is in memory while it is searched.
const scanWindow = 1 << 20

// scan shows a part of the file in windows, each with the first overlap bytes of the next one, until visit says to stop. at is the
// offset of a window from the beginning of the part. What cannot be read ends the search.
func scan(r io.ReaderAt, part extent, overlap int, visit func(at int64, window []byte) bool) {
	buf := make([]byte, min(scanWindow+int64(overlap), max(part.size, 0)))
	for at := int64(0); at < part.size; at += scanWindow {
		window := buf[:min(int64(len(buf)), part.size-at)]
		if n, _ := r.ReadAt(window, part.at+at); n < len(window) || !visit(at, window) {
			return
		}
	}
}
