package verify

import (
	"fmt"
	"io"
)

// maxParsed is how many bytes of a file the debug packages may read for themselves: what they keep in memory is no more. The
// headers and symbol names of the largest programs take a tenth of it.
const maxParsed = 32 << 20

// searchChunk is the largest piece that debug/buildinfo reads to search it; what is larger it keeps.
const searchChunk = 1 << 20

// budget is a file that ends the reading once too much of it was read, so that no header can claim more memory than that.
type budget struct {
	r    io.ReaderAt
	left int64
	free int // reads of so many bytes are not counted
}

func (b *budget) ReadAt(p []byte, at int64) (int, error) {
	if len(p) > b.free {
		b.left -= int64(len(p))
	}
	if b.left < 0 {
		return 0, fmt.Errorf("its headers claim more than %d MiB of tables", maxParsed>>20)
	}
	return b.r.ReadAt(p, at)
}

// limited is the file of that size for a debug package that parses it.
func limited(r io.ReaderAt, size int64) *io.SectionReader {
	return io.NewSectionReader(&budget{r: r, left: maxParsed}, 0, size)
}

// searched is the file of that size, parsed within limits before, for debug/buildinfo, which may have to go through all of it.
func searched(r io.ReaderAt, size int64) *io.SectionReader {
	return io.NewSectionReader(&budget{r: r, left: maxParsed, free: searchChunk}, 0, size)
}
