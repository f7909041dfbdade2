// Command syslib uses a library of the target system, zlib, which pkg-config finds and a Debian package brings.
package main

// #cgo pkg-config: zlib
// #include <stdlib.h>
// #include <zlib.h>
//
// // With _FILE_OFFSET_BITS=64 gzseek is a macro, which Go cannot call.
// static z_off_t place(gzFile f, z_off_t at) { return gzseek(f, at, SEEK_SET); }
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"
)

func main() {
	if err := run([]byte("what goes in comes out, what goes in comes out, what goes in comes out")); err != nil {
		fmt.Fprintln(os.Stderr, "syslib:", err)
		os.Exit(1)
	}
}

func run(text []byte) error {
	small, err := compress(text)
	if err != nil {
		return err
	}
	back, err := uncompress(small, len(text))
	if err != nil {
		return err
	}
	if !bytes.Equal(text, back) {
		return errors.New("what came out is not what went in")
	}
	fmt.Println("syslib: ok")
	fmt.Println("zlib: " + C.GoString(C.zlibVersion()))
	fmt.Printf("crc32: %08x\n", uint32(C.crc32(0, first(text), C.uInt(len(text)))))
	fmt.Printf("round trip: %d bytes, smaller in between: %t\n", len(back), len(small) < len(text))
	at, err := seek(filepath.Join(os.TempDir(), fmt.Sprintf("syslib-%d.gz", os.Getpid())), 1000)
	fmt.Printf("seek: %d\n", at)
	return err
}

// seek opens a new compressed file and moves on to offset at. Where the program and the library do not agree on the size of
// an offset, something else comes back.
func seek(file string, at int64) (int64, error) {
	name, mode := C.CString(file), C.CString("wb")
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(mode))
	defer os.Remove(file)
	f := C.gzopen(name, mode)
	if f == nil {
		return 0, fmt.Errorf("open %s", file)
	}
	defer C.gzclose_w(f)
	return int64(C.place(f, C.z_off_t(at))), nil
}

func compress(text []byte) ([]byte, error) {
	size := C.compressBound(C.uLong(len(text)))
	out := make([]byte, int(size))
	if code := C.compress(first(out), &size, first(text), C.uLong(len(text))); code != C.Z_OK {
		return nil, fmt.Errorf("compress: code %d", int(code))
	}
	return out[:int(size)], nil
}

func uncompress(small []byte, length int) ([]byte, error) {
	size := C.uLongf(length)
	out := make([]byte, length)
	if code := C.uncompress(first(out), &size, first(small), C.uLong(len(small))); code != C.Z_OK {
		return nil, fmt.Errorf("uncompress: code %d", int(code))
	}
	return out[:int(size)], nil
}

// first is the address of a slice as zlib takes it.
func first(b []byte) *C.Bytef { return (*C.Bytef)(unsafe.Pointer(unsafe.SliceData(b))) }
