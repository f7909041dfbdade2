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

// Ids of sections that are looked into.
const wasmCustom, wasmCode, wasmData = 0, 10, 11

// maxSections is more than any module has; each custom section may be one.
const maxSections = 1 << 12

func openWasm(r io.ReaderAt, size int64) (*image, error) {
	img := &image{order: binary.LittleEndian, wasm: &wasmFile{r: r}}
	for at := int64(8); at < size; {
		in := newReader(r, at, size-at)
		id, n := in.byte(), in.uint()
		from := at + in.read
		if in.err != nil || n > size-from || int(id) >= len(wasmSections) || len(img.sections) >= maxSections {
			return nil, fmt.Errorf("the section at byte %d is cut off or unknown", at)
		}
		s := section{name: wasmSections[id].name, kind: wasmSections[id].kind, at: from, size: n}
		switch id {
		case wasmCustom:
			s.name = "custom " + newReader(r, from, n).text()
		case wasmCode:
			img.wasm.code = s
		case wasmData:
			img.wasm.readData(s)
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

func newReader(r io.ReaderAt, at, size int64) *reader { return newReaderSize(r, at, size, 256) }

func newReaderSize(r io.ReaderAt, at, size int64, buffer int) *reader {
	return &reader{in: bufio.NewReaderSize(io.NewSectionReader(r, at, size), buffer)}
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

func (r *reader) skip(n int64) {
	for n > 0 && r.err == nil {
		var skipped int
		skipped, r.err = r.in.Discard(int(min(n, 1<<20)))
		r.read, n = r.read+int64(skipped), n-int64(skipped)
	}
}
