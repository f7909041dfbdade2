package pclntab

import (
	"bytes"
	"encoding/binary"
	"io"
)

const (
	// MaxScan is how many bytes are searched for a table at most.
	MaxScan = 1 << 30
	// maxTries is how many tables that are none are looked at: more of their beginnings than that are no accident.
	maxTries = 64
)

// Find is the first table that begins within size bytes of r from at. It has to end there too.
func Find(r io.ReaderAt, at, size int64, order binary.ByteOrder) (*Table, bool) {
	return Search(r, at, size, order, func(found int64) (*Table, bool) { return Open(r, found, at+size-found, order) })
}

// Search is Find for a table that is read in another way than it is found: open tries whether one begins at a byte of r.
func Search(r io.ReaderAt, at, size int64, order binary.ByteOrder, open func(at int64) (*Table, bool)) (*Table, bool) {
	const step, overlap = 1 << 20, markBytes - 1
	if at < 0 || size <= 0 {
		return nil, false
	}
	end, tries := at+min(size, MaxScan), 0
	buf := make([]byte, min(step+overlap, end-at))
	for ; at < end; at += step {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), end-at)], at)
		if err != nil && err != io.EOF {
			return nil, false
		}
		for _, i := range heads(buf[:n], order) {
			if t, ok := open(at + int64(i)); ok {
				return t, true
			}
			if tries++; tries > maxTries {
				return nil, false
			}
		}
	}
	return nil, false
}

// mark is what tables begin with, and where in the header it stands.
type mark struct {
	text []byte
	at   int
}

// marks are few, since all that is searched is searched for each. Little endian the magics differ in their first byte alone, and what
// follows is rare; big endian they differ in the last.
func marks(order binary.ByteOrder) []mark {
	if order == binary.ByteOrder(binary.LittleEndian) {
		return []mark{{[]byte{0xff, 0xff, 0xff, 0, 0}, 1}}
	}
	var list []mark
	for _, l := range layouts {
		text := make([]byte, 6) // two zeros follow
		order.PutUint32(text, l.magic)
		list = append(list, mark{text, 0})
	}
	return list
}

// heads are the places where a table may begin, at most one more than are tried.
func heads(buf []byte, order binary.ByteOrder) (list []int) {
	t := Table{order: order}
	for _, m := range marks(order) {
		for i := 0; len(list) <= maxTries; i++ {
			j := bytes.Index(buf[i:], m.text)
			if j < 0 {
				break
			}
			i += j
			if at := i - m.at; at >= 0 && at+markBytes <= len(buf) && t.begins(buf[at:at+markBytes]) {
				list = append(list, at)
			}
		}
	}
	return list
}
