// Package rootfs opens what programs come in, directories, archives and container images, as file trees that package verify can
// look at. Nothing is unpacked: an archive or image becomes an index in memory whose contents lie in one temporary file, so that no
// path or link in it can lead anywhere. What it reads is bounded.
package rootfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/crossgo/crossgo/verify"
)

// Kind is what a source is.
type Kind string

// The kinds of sources.
const (
	File      Kind = "file"      // any regular file that is none of the others
	Directory Kind = "directory" // a directory that is no OCI layout
	Archive   Kind = "archive"   // tar, alone or compressed by gzip, zstd, xz or bzip2; zip
	Image     Kind = "image"     // an OCI layout, as directory or tar; a tar of docker save; a reference to a registry
)

// Source is something that programs are in. Close it after use.
type Source struct {
	Kind  Kind
	Items []Item // one; of an image one for each platform, in the order of its index
	drop  []func() error
}

// Item is one file tree of a source.
type Item struct {
	Platform string // of an image: what its index says, else its config, "linux/arm64/v8"; empty for others
	Says     string // of an image: what its config says
	open     func(ctx context.Context) (*Tree, error)
}

// Open reads the tree; of an image in a registry this fetches its layers.
func (i Item) Open(ctx context.Context) (*Tree, error) { return i.open(ctx) }

// Tree is an open file tree. Close it after use.
type Tree struct {
	FS     verify.FS
	Modes  bool    // file modes are known: a zip made on Windows has none
	Config *Config // nil for what is no image
	drop   []func() error
}

// Config is what an image's config says of its start.
type Config struct {
	User    string
	Args    []string // entrypoint and command
	Env     []string
	WorkDir string
}

// Close removes what the tree had put aside.
func (t *Tree) Close() error { return closeAll(t.drop) }

// Close removes what the source had put aside.
func (s *Source) Close() error { return closeAll(s.drop) }

func closeAll(all []func() error) error {
	var errs []error
	for _, one := range all {
		errs = append(errs, one())
	}
	return errors.Join(errs...)
}

// Limits bound what hostile input can cost.
type Limits struct {
	Entries int   // files, directories and links of one tree
	Spool   int64 // bytes put aside on disk for one tree or layout: executables and small files only
	Read    int64 // bytes read of one archive or image, after decompression
}

// DefaultLimits are far above what real images need.
var DefaultLimits = Limits{Entries: 500_000, Spool: 8 << 30, Read: 64 << 30}

// Open looks at what is at path, a file or directory of this machine. The error names neither.
func Open(path string, limits Limits) (*Source, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir() && isLayout(path):
		return openLayout(path, limits)
	case info.IsDir():
		return single(Directory, func(context.Context) (*Tree, error) { return openDir(path) }), nil
	case !info.Mode().IsRegular():
		return single(File, noTree), nil
	}
	return openFile(path, limits)
}

func single(kind Kind, open func(context.Context) (*Tree, error)) *Source {
	return &Source{Kind: kind, Items: []Item{{open: open}}}
}

// noTree is the tree of what has none.
func noTree(context.Context) (*Tree, error) {
	return nil, errors.New("is a single file, want a directory, an archive or an image")
}

func openDir(path string) (*Tree, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	dir, err := verify.DirFS(root)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &Tree{FS: topless{dir}, Modes: true, drop: []func() error{root.Close}}, nil
}

// topless is a directory whose own mode does not count: it says who may look into the directory on this machine, and nothing of
// the image whose files lie in it.
type topless struct{ verify.FS }

func (t topless) Lstat(name string) (fs.FileInfo, error) {
	info, err := t.FS.Lstat(name)
	if err != nil || name != "." {
		return info, err
	}
	return openTop{info}, nil
}

type openTop struct{ fs.FileInfo }

func (openTop) Mode() fs.FileMode { return fs.ModeDir | 0o755 }

// overLimit is the error of what is larger than it may be.
func overLimit(what string, limit int64) error {
	return fmt.Errorf("has more than %d %s, more than is looked at", limit, what)
}
