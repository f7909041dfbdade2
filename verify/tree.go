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

// tree is a directory tree seen as the root of a running system: absolute links begin at its top, ".." stops there, and
// nothing outside of it is ever opened. os.Root keeps the last promise even when the tree changes meanwhile.
type tree struct {
	root *os.Root
}

// maxLinks is how many symbolic links one path may go through, as in the kernel.
const maxLinks = 40

// resolve follows every link of a slash-separated path and gives the real one, beginning with a slash.
func (t tree) resolve(name string) (string, fs.FileInfo, error) {
	todo := strings.Split(name, "/")
	real, links := "/", 0
	info, err := t.root.Lstat(".")
	for err == nil && len(todo) > 0 {
		part := todo[0]
		todo = todo[1:]
		if part == "" || part == "." {
			continue
		}
		next := path.Join(real, part)
		if info, err = t.root.Lstat(relative(next)); err != nil {
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
		if target, err = t.root.Readlink(relative(next)); err != nil {
			break
		}
		if path.IsAbs(target) {
			real = "/"
		}
		todo = slices.Concat(strings.Split(target, "/"), todo)
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 { // the path ended in a link to the top
		info, err = t.root.Lstat(relative(real))
	}
	return real, info, err
}

// relative is the path as os.Root wants it.
func relative(name string) string {
	return "." + path.Clean("/"+name)
}

// open opens a regular file and gives its real path.
func (t tree) open(name string) (*os.File, string, fs.FileInfo, error) {
	real, info, err := t.resolve(name)
	if err != nil {
		return nil, "", nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, real, info, fmt.Errorf("%s: is %s", name, kindOf(info))
	}
	f, err := t.root.Open(relative(real))
	return f, real, info, err
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
	f, err := t.root.Open(relative(dir))
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
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
