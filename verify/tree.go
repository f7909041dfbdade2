package verify

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// FS is the root file system of an image as the checks read it: what os.Root.FS gives, or an index of an image's layers. Its files
// must be io.ReaderAt too. Links are followed by the checks themselves, so it needs to open none.
type FS interface {
	fs.ReadDirFS
	fs.ReadLinkFS
}

// DirFS is the directory that root was opened on. os.Root opens nothing outside of it, even when the tree changes meanwhile.
func DirFS(root *os.Root) (FS, error) {
	dir, ok := root.FS().(FS)
	if !ok {
		return nil, errors.New("this Go's os.Root.FS cannot read links")
	}
	return dir, nil
}

// tree is a file system seen as the root of a running system: absolute links begin at its top, ".." stops there, and
// nothing outside of it is ever opened.
type tree struct {
	fs FS
}

// file is an open file of a tree.
type file interface {
	fs.File
	io.ReaderAt
}

// maxLinks is how many symbolic links one path may go through, as in the kernel.
const maxLinks = 40

// resolve follows every link of a slash-separated path and gives the real one, beginning with a slash.
func (t tree) resolve(name string) (string, fs.FileInfo, error) {
	return t.walk(name, func(string, fs.FileInfo) {})
}

// walk is resolve and tells of every directory that the way goes through.
func (t tree) walk(name string, through func(real string, info fs.FileInfo)) (string, fs.FileInfo, error) {
	todo := strings.Split(name, "/")
	real, links := "/", 0
	info, err := t.fs.Lstat(".")
	for err == nil && len(todo) > 0 {
		part := todo[0]
		todo = todo[1:]
		if part == "" || part == "." {
			continue
		}
		if dir, err := t.fs.Lstat(relative(real)); err == nil {
			through(real, dir)
		}
		next := path.Join(real, part)
		if info, err = t.fs.Lstat(relative(next)); err != nil {
			break
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			real = next
			continue
		}
		if links++; links > maxLinks {
			return "", nil, fmt.Errorf("%s: more than %d symbolic links", name, maxLinks)
		}
		var target string
		if target, err = t.fs.ReadLink(relative(next)); err != nil {
			break
		}
		if path.IsAbs(target) {
			real = "/"
		}
		todo = slices.Concat(strings.Split(target, "/"), todo)
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 { // the path ended in a link to the top
		info, err = t.fs.Lstat(relative(real))
	}
	return real, info, err
}

// relative is the path as package fs wants it: no slash before it, and "." for the top.
func relative(name string) string {
	return path.Clean(strings.TrimPrefix(path.Clean("/"+name), "/"))
}

// open opens a regular file and gives its real path.
func (t tree) open(name string) (file, string, fs.FileInfo, error) {
	real, info, err := t.resolve(name)
	if err != nil {
		return nil, "", nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, real, info, fmt.Errorf("%s: is %s", name, kindOf(info))
	}
	opened, err := t.fs.Open(relative(real))
	if err != nil {
		return nil, real, info, err
	}
	f, ok := opened.(file)
	if !ok {
		opened.Close()
		return nil, real, info, fmt.Errorf("%s: cannot be read at an offset", name)
	}
	return f, real, info, nil
}

// maxText bounds the configuration files that are read from a tree.
const maxText = 1 << 20

// text reads a small file; a missing one is empty.
func (t tree) text(name string) (string, error) {
	f, _, _, err := t.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxText))
	return string(raw), err
}

// exists reports whether the path leads to anything.
func (t tree) exists(name string) bool {
	_, _, err := t.resolve(name)
	return err == nil
}

// glob lists the files of a directory whose names match the last element of pattern, sorted.
func (t tree) glob(pattern string) []string {
	dir, _, err := t.resolve(path.Dir(pattern))
	if err != nil {
		return nil
	}
	entries, err := t.fs.ReadDir(relative(dir))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if ok, err := path.Match(path.Base(pattern), e.Name()); ok && err == nil {
			names = append(names, path.Join(dir, e.Name()))
		}
	}
	slices.Sort(names)
	return names
}
