package rootfs

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// unpackers are the compressions of tars, by how they begin.
var unpackers = []struct {
	magic string
	open  func(io.Reader) (io.Reader, error)
}{
	{"\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"\x28\xb5\x2f\xfd", openZstd},
	{"\xfd7zXZ\x00", func(r io.Reader) (io.Reader, error) { return xz.NewReader(r, xzDictionary) }},
	{"BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
}

// What decompressors may take of memory: xz -9 and zstd --ultra -22 need no more.
const (
	xzDictionary = 64 << 20
	zstdWindow   = 128 << 20
)

func openZstd(r io.Reader) (io.Reader, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

const (
	tarMagic   = "ustar"
	tarMagicAt = 257
)

// stream opens what is in a file once more each time, decompressed. tar says whether that is one.
type stream struct {
	path   string
	limits Limits
	tar    bool
}

// newStream looks at how a file begins.
func newStream(path string, limits Limits) (stream, error) {
	s := stream{path: path, limits: limits}
	r, err := s.open()
	if err != nil {
		return s, err
	}
	defer r.Close()
	head := make([]byte, tarMagicAt+len(tarMagic))
	if _, err := io.ReadFull(r, head); err == nil {
		s.tar = bytes.HasSuffix(head, []byte(tarMagic))
	}
	return s, nil
}

// open gives the decompressed bytes; those of a file that no decompressor knows, or that is damaged from the start, as they are. Of
// a file that is not compressed it can seek.
func (s stream) open() (io.ReadCloser, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 6)
	n, _ := f.ReadAt(head, 0)
	for _, u := range unpackers {
		if !bytes.HasPrefix(head[:n], []byte(u.magic)) {
			continue
		}
		r, err := u.open(bufio.NewReaderSize(f, 1<<16))
		if err != nil {
			break
		}
		return &limited{Reader: r, left: s.limits.Read, limit: s.limits.Read, close: func() error { return closeReader(r, f) }}, nil
	}
	return f, nil
}

func closeReader(r io.Reader, f *os.File) error {
	if c, ok := r.(io.Closer); ok {
		return errors.Join(c.Close(), f.Close())
	}
	return f.Close()
}

// limited is an error behind so many bytes.
type limited struct {
	io.Reader
	left, limit int64
	close       func() error
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, overLimit("bytes", l.limit)
	}
	return n, err
}

func (l *limited) Close() error { return l.close() }

// each calls f for each member of the tar until f says that it has seen enough.
func (s stream) each(f func(h *tar.Header, r io.Reader) (more bool, err error)) error {
	in, err := s.open()
	if err != nil {
		return err
	}
	defer in.Close()
	return eachMember(in, f)
}

func eachMember(in io.Reader, f func(h *tar.Header, r io.Reader) (more bool, err error)) error {
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("a damaged archive: %w", err)
		}
		if more, err := f(h, r); err != nil {
			return fmt.Errorf("member %q: %w", h.Name, err)
		} else if !more {
			return nil
		}
	}
}

// openFile tells archives and images from other files.
func openFile(path string, limits Limits) (*Source, error) {
	s, err := newStream(path, limits)
	switch {
	case err != nil:
		return nil, err
	case s.tar:
		return openTar(s)
	case isZip(path):
		return single(Archive, func(context.Context) (*Tree, error) { return readZip(path, limits) }), nil
	}
	return single(File, noTree), nil
}

// openTar tells the tars of images from other tars by the names at their top.
func openTar(s stream) (*Source, error) {
	sizes, err := s.sizes()
	if err != nil {
		return nil, err
	}
	_, layout := sizes[layoutFile]
	_, index := sizes[layoutIndex]
	_, saved := sizes[savedManifest]
	switch {
	case layout && index:
		return openLayoutTar(s)
	case saved:
		if source, err := openSaved(s, sizes); !errors.Is(err, errNotSaved) {
			return source, err
		}
	}
	return single(Archive, func(context.Context) (*Tree, error) { return readTar(s) }), nil
}

// sizes are those of the members by name.
func (s stream) sizes() (map[string]int64, error) {
	sizes, n := map[string]int64{}, 0
	err := s.each(func(h *tar.Header, _ io.Reader) (bool, error) {
		if n++; n > s.limits.Entries {
			return false, overLimit("entries", int64(s.limits.Entries))
		}
		sizes[path.Clean(h.Name)] = h.Size
		return true, nil
	})
	return sizes, err
}

// readTar makes the index of a tar.
func readTar(s stream) (*Tree, error) {
	return fill(s.limits, func(x *index) error {
		return s.each(func(h *tar.Header, r io.Reader) (bool, error) { return true, x.add(h, r, 0) })
	})
}

// fill makes a tree of what f writes to its index.
func fill(limits Limits, f func(*index) error) (*Tree, error) {
	x, err := newIndex(limits)
	if err != nil {
		return nil, err
	}
	if err := f(x); err != nil {
		return nil, errors.Join(err, x.spool.close())
	}
	return &Tree{FS: x, Modes: true, drop: []func() error{x.spool.close}}, nil
}

func isZip(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0)
	return string(head[:n]) == "PK\x03\x04"
}

// The systems whose zip files have modes (APPNOTE.TXT 4.4.2).
const (
	zipUnix  = 3
	zipMacOS = 19
)

// readZip makes the index of a zip file.
func readZip(path string, limits Limits) (*Tree, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("a damaged archive: %w", err)
	}
	defer z.Close()
	modes, left := true, limits.Read
	tree, err := fill(limits, func(x *index) error {
		for _, f := range z.File {
			if system := f.CreatorVersion >> 8; system != zipUnix && system != zipMacOS {
				modes = false
			}
			if err := addZipped(x, f, &left); err != nil {
				return fmt.Errorf("member %q: %w", f.Name, err)
			}
		}
		return nil
	})
	if err == nil {
		tree.Modes = modes
	}
	return tree, err
}

func addZipped(x *index, f *zip.File, left *int64) error {
	h := &tar.Header{Name: f.Name, Typeflag: tar.TypeReg, Mode: int64(f.Mode().Perm()), Size: int64(f.UncompressedSize64)}
	switch {
	case f.Mode().IsDir():
		h.Typeflag, h.Size = tar.TypeDir, 0
		return x.add(h, bytes.NewReader(nil), 0)
	case f.Mode()&fs.ModeSymlink == 0 && !f.Mode().IsRegular():
		return nil
	}
	if *left -= h.Size; h.Size < 0 || *left < 0 {
		return overLimit("bytes", x.limits.Read)
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	if f.Mode()&fs.ModeSymlink != 0 {
		target, err := io.ReadAll(io.LimitReader(r, maxTarget))
		h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, string(target), 0
		if err != nil {
			return err
		}
	}
	return x.add(h, r, 0)
}

// maxTarget is how long a link's target may be, as in the kernel (PATH_MAX).
const maxTarget = 4096
