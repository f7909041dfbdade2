package verify

import (
	"fmt"
	"io"
)

// maxParsed is how many bytes of a file the debug packages may read for themselves: what they keep in memory is no more. The
// headers and symbol names of the largest programs take a tenth of it.
const maxParsed = 32 << 20

// budget is a file that ends the reading once too much of it was read, so that no header can claim more memory than that.
type budget struct {
	r    io.ReaderAt
	left int64
}

func (b *budget) ReadAt(p []byte, at int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, fmt.Errorf("its headers claim more than %d MiB of tables", maxParsed>>20)
	}
	return b.r.ReadAt(p, at)
}

// limited is the file of that size for a debug package.
func limited(r io.ReaderAt, size int64) *io.SectionReader {
	return io.NewSectionReader(&budget{r, maxParsed}, 0, size)
}
