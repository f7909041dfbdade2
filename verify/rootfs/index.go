package rootfs

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// index is a file tree in memory. Its names are those of package fs; links are read, never followed.
type index struct {
	root    *node
	spool   *spool
	entries int
	limits  Limits
}

// node is a file, directory or link.
type node struct {
	name   string
	header *tar.Header
	kids   map[string]*node // of a directory
	layer  int              // the layer of the image that it was last written by
	data   extent
}

// maxDepth is how deep directories may lie, maxLinks how many links one path may go through.
const (
	maxDepth = 256
	maxLinks = 40
)

func newIndex(limits Limits) (*index, error) {
	s, err := newSpool(limits.Spool)
	if err != nil {
		return nil, err
	}
	return &index{root: newDir("."), spool: s, limits: limits}, nil
}

func newDir(name string) *node {
	return &node{name: name, header: &tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}, kids: map[string]*node{}}
}

// errLoop is for links that lead to themselves.
var errLoop = errors.New("more than 40 links on one path")

// parts are the elements of a path in an archive, which may begin with a slash or "./"; ".." never leads above the top.
func parts(name string) ([]string, error) {
	clean := strings.Trim(path.Clean("/"+name), "/")
	if clean == "" {
		return nil, nil
	}
	list := strings.Split(clean, "/")
	if len(list) > maxDepth {
		return nil, fmt.Errorf("a path of more than %d levels", maxDepth)
	}
	return list, nil
}

// dir finds or makes the directory that members below are written to. A link in place of one is followed, as the runtimes do that
// unpack layers; anything else is replaced.
func (x *index) dir(list []string, layer int) (*node, error) {
	at, links := []*node{x.root}, 0
	for len(list) > 0 {
		name, here := list[0], at[len(at)-1]
		list = list[1:]
		kid := here.kids[name]
		switch {
		case name == "" || name == ".":
			continue
		case name == "..":
			at = at[:max(1, len(at)-1)]
			continue
		case kid != nil && kid.header.Typeflag == tar.TypeSymlink:
			if links++; links > maxLinks {
				return nil, errLoop
			}
			if path.IsAbs(kid.header.Linkname) {
				at = at[:1]
			}
			list = slices.Concat(strings.Split(kid.header.Linkname, "/"), list)
			continue
		case kid == nil || kid.kids == nil:
			if err := x.count(); err != nil {
				return nil, err
			}
			kid = newDir(name)
			kid.layer = layer
			here.kids[name] = kid
		}
		if at = append(at, kid); len(at) > maxDepth {
			return nil, fmt.Errorf("a path of more than %d levels", maxDepth)
		}
	}
	return at[len(at)-1], nil
}

func (x *index) count() error {
	if x.entries++; x.entries > x.limits.Entries {
		return overLimit("entries", int64(x.limits.Entries))
	}
	return nil
}

// add writes one member of an archive or layer, whose content r gives.
func (x *index) add(h *tar.Header, r io.Reader, layer int) error {
	list, err := parts(h.Name)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		x.root.header = &tar.Header{Name: ".", Typeflag: tar.TypeDir, Mode: h.Mode & 0o7777, Uid: h.Uid, Gid: h.Gid}
		return nil
	}
	dir, err := x.dir(list[:len(list)-1], layer)
	if err != nil {
		return err
	}
	name := list[len(list)-1]
	if hidden, ok := strings.CutPrefix(name, whiteout); ok && layer > 0 {
		dir.hide(hidden, layer)
		return nil
	}
	if err := x.count(); err != nil {
		return err
	}
	kid, err := x.node(h, r, name)
	if err != nil || kid == nil {
		return err
	}
	kid.layer = layer
	if old := dir.kids[name]; old != nil && old.kids != nil && kid.kids != nil { // the same directory, with what it has
		kid.kids = old.kids
	}
	dir.kids[name] = kid
	return nil
}

// node makes what a header describes; it is nil for what no tree shows, and for a hard link to nothing.
func (x *index) node(h *tar.Header, r io.Reader, name string) (*node, error) {
	small := &tar.Header{Name: name, Typeflag: h.Typeflag, Mode: h.Mode & 0o7777, Uid: h.Uid, Gid: h.Gid, Size: h.Size, Linkname: h.Linkname}
	switch h.Typeflag {
	case tar.TypeDir:
		n := newDir(name)
		n.header = small
		return n, nil
	case tar.TypeReg, tar.TypeGNUSparse:
		data, err := x.spool.put(r, h.Size)
		small.Typeflag = tar.TypeReg
		return &node{name: name, header: small, data: data}, err
	case tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		small.Size = 0
		return &node{name: name, header: small}, nil
	case tar.TypeLink:
		old := x.find(h.Linkname)
		if old == nil || old.kids != nil {
			return nil, nil
		}
		same := *old
		same.name = name
		return &same, nil
	}
	return nil, nil
}

// find is the node at a path as it stands, without following links.
func (x *index) find(name string) *node {
	list, err := parts(name)
	if err != nil {
		return nil
	}
	n := x.root
	for _, part := range list {
		if n = n.kids[part]; n == nil {
			return nil
		}
	}
	return n
}

// Whiteouts hide what lower layers have (OCI image specification, layer.md): ".wh.NAME" hides NAME, ".wh..wh..opq" all beside it.
const (
	whiteout = ".wh."
	opaque   = ".wh..opq" // after the prefix
)

// hide removes what layers below have at name, or everything of theirs in the directory.
func (n *node) hide(name string, layer int) {
	if name == opaque {
		n.keepOnly(layer)
		return
	}
	kid := n.kids[name]
	switch {
	case kid == nil:
	case kid.layer < layer:
		delete(n.kids, name)
	default:
		kid.keepOnly(layer)
	}
}

// keepOnly drops what was not written by the layer. What a lower layer's directory holds goes with it.
func (n *node) keepOnly(layer int) {
	for name, kid := range n.kids {
		if kid.layer < layer {
			delete(n.kids, name)
			continue
		}
		kid.keepOnly(layer)
	}
}

// at is a node for package fs.
func (x *index) at(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if n := x.find(name); n != nil {
		return n, nil
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

// Open opens a file or directory; of a link it is an error.
func (x *index) Open(name string) (fs.File, error) {
	n, err := x.at("open", name)
	if err != nil {
		return nil, err
	}
	if n.header.Typeflag == tar.TypeSymlink {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("is a link")}
	}
	return &openNode{node: n, SectionReader: x.spool.open(n.data, n.header.Size)}, nil
}

// Lstat describes what is at name itself.
func (x *index) Lstat(name string) (fs.FileInfo, error) {
	n, err := x.at("lstat", name)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

// ReadLink is a link's target as it stands in the archive.
func (x *index) ReadLink(name string) (string, error) {
	n, err := x.at("readlink", name)
	if err != nil {
		return "", err
	}
	if n.header.Typeflag != tar.TypeSymlink {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return n.header.Linkname, nil
}

// ReadDir lists a directory by name.
func (x *index) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := x.at("readdir", name)
	if err != nil {
		return nil, err
	}
	if n.kids == nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("is no directory")}
	}
	var list []fs.DirEntry
	for _, kid := range n.kids {
		list = append(list, fs.FileInfoToDirEntry(info{kid}))
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// info describes a node; Sys is its *tar.Header.
type info struct{ n *node }

func (i info) Name() string       { return i.n.name }
func (i info) Size() int64        { return i.n.header.Size }
func (i info) Mode() fs.FileMode  { return i.n.header.FileInfo().Mode() }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.n.kids != nil }
func (i info) Sys() any           { return i.n.header }

// openNode is an open file.
type openNode struct {
	*io.SectionReader
	node *node
}

func (o *openNode) Stat() (fs.FileInfo, error) { return info{o.node}, nil }
func (o *openNode) Close() error               { return nil }
