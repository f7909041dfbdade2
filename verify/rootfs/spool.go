package rootfs

import (
	"errors"
	"io"
	"os"

	"github.com/crossgo/crossgo/verify"
)

// spool is one temporary file that holds the contents of a tree one after the other.
type spool struct {
	f     *os.File
	size  int64
	limit int64
}

// extent is where a content lies. Of what is not kept there are only the first bytes.
type extent struct {
	at, size int64
}

// Contents are kept whole when they may be executables, or small enough to be a file that the checks read (a list of users or of
// directories). Of others the first bytes are enough to say what they are.
const (
	smallSize = 1 << 20
	headSize  = 512
)

func newSpool(limit int64) (*spool, error) {
	f, err := os.CreateTemp("", "crossgo-*")
	if err != nil {
		return nil, err
	}
	return &spool{f: f, limit: limit}, nil
}

// put writes a content of size bytes.
func (s *spool) put(r io.Reader, size int64) (extent, error) {
	head := make([]byte, min(size, headSize))
	if _, err := io.ReadFull(r, head); err != nil {
		return extent{}, err
	}
	at := s.size
	if err := s.write(head); err != nil {
		return extent{}, err
	}
	if size <= smallSize || verify.LooksExecutable(head) {
		if size-int64(len(head)) > s.limit-s.size {
			return extent{}, overLimit("bytes", s.limit)
		}
		n, err := io.Copy(io.NewOffsetWriter(s.f, s.size), r)
		s.size += n
		if err != nil {
			return extent{}, err
		}
	}
	return extent{at, s.size - at}, nil
}

func (s *spool) write(head []byte) error {
	if int64(len(head)) > s.limit-s.size {
		return overLimit("bytes", s.limit)
	}
	_, err := s.f.WriteAt(head, s.size)
	s.size += int64(len(head))
	return err
}

// open reads a content that is size bytes long; behind what was kept of it reading fails.
func (s *spool) open(data extent, size int64) *io.SectionReader {
	return io.NewSectionReader(kept{s.f, data}, 0, size)
}

// kept is a content of which perhaps only the first bytes are there.
type kept struct {
	f    *os.File
	data extent
}

var errNotKept = errors.New("only the first bytes of this file were read: it is no executable")

func (k kept) ReadAt(p []byte, off int64) (int, error) {
	left := k.data.size - off
	if left <= 0 {
		return 0, errNotKept
	}
	n, err := k.f.ReadAt(p[:min(int64(len(p)), left)], k.data.at+off)
	if err == nil && n < len(p) {
		err = errNotKept
	}
	return n, err
}

func (s *spool) close() error {
	return errors.Join(s.f.Close(), os.Remove(s.f.Name()))
}
