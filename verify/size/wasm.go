package size

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// wasmSections are the sections of the WebAssembly core specification, by id (binary format, modules).
var wasmSections = []struct {
	name string
	kind Kind
}{
	{"custom", Debug}, {"type", Link}, {"import", Link}, {"function", Link}, {"table", Link}, {"memory", Link}, {"global", Data}, {"export", Link},
	{"start", Link}, {"element", Tables}, {"code", Code}, {"data", Data}, {"data count", Link}, {"tag", Link},
}

// maxSections is more than any module has; each custom section may be one.
const maxSections = 1 << 12

func openWasm(r io.ReaderAt, size int64) (*image, error) {
	img := &image{}
	for at := int64(8); at < size; {
		in := newReader(r, at, size-at)
		id, n := in.byte(), in.uint()
		from := at + in.read
		if in.err != nil || n > size-from || int(id) >= len(wasmSections) || len(img.sections) >= maxSections {
			return nil, fmt.Errorf("the section at byte %d is cut off or unknown", at)
		}
		s := section{name: wasmSections[id].name, kind: wasmSections[id].kind, at: from, size: n}
		if id == 0 {
			s.name = "custom " + newReader(r, from, n).text()
		}
		img.sections, at = append(img.sections, s), from+n
	}
	return img, nil
}

// reader reads the numbers of WebAssembly. After an error all are 0.
type reader struct {
	in   *bufio.Reader
	read int64
	err  error
}

func newReader(r io.ReaderAt, at, size int64) *reader {
	return &reader{in: bufio.NewReaderSize(io.NewSectionReader(r, at, size), 256)}
}

func (r *reader) byte() byte {
	b, err := r.ReadByte()
	if err != nil {
		return 0
	}
	return b
}

// ReadByte is for encoding/binary.
func (r *reader) ReadByte() (b byte, err error) {
	if r.err == nil {
		b, r.err = r.in.ReadByte()
		r.read++
	}
	return b, r.err
}

var errNumber = errors.New("a number that is too large")

func (r *reader) uint() int64 {
	v, err := binary.ReadUvarint(r)
	if err == nil && v > 1<<32 {
		err = errNumber
	}
	if r.err = err; err != nil {
		return 0
	}
	return int64(v)
}

// text is a name. What is too long is cut.
func (r *reader) text() string {
	b := make([]byte, min(r.uint(), maxPath))
	n, _ := io.ReadFull(r.in, b)
	return string(b[:n])
}
