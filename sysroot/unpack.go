package sysroot

import (
	"archive/tar"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// UnpackOptions say what a root is for.
type UnpackOptions struct {
	Kind Kind   // KindHost, KindGlibc or KindMusl
	Arch string // Debian architecture of the packages: of the build machine for KindHost, else of the target
	CXX  bool   // KindMusl: the C++ library is compiled too, from the source archive among the files

	// HostRoot is the directory with the usr of an unpacked host root whose programs run here, "/" in a build container.
	// KindMusl compiles with it what Debian has not for musl; empty leaves that out.
	HostRoot string
}

// Unpack writes the files of Debian packages into the directory dest (created when missing) and puts them right for
// their use, without dpkg, maintainer scripts or a shell. files are the package files in the order of the Set; where two
// have the same file the later one wins. With CXX one of them is the source archive of the C++ library. Every file ends up with mode 0755 or 0644, owner of the process and time 0,
// so that the same packages give the same tree. No package can write or link outside dest.
func Unpack(dest string, files []string, opt UnpackOptions) error {
	l, err := newLayout(opt)
	if err != nil {
		return err
	}
	debs, sources, err := splitSources(files, opt)
	if err != nil {
		return err
	}
	t, err := newTree(dest)
	if err != nil {
		return err
	}
	defer t.root.Close()
	if err := t.unpackAll(debs, l); err != nil {
		return err
	}
	if err := finish(t, dest, sources, opt); err != nil {
		return err
	}
	return setTimes(dest)
}

// splitSources tells source archives from packages. There is one exactly when a C++ library is to be compiled.
func splitSources(files []string, opt UnpackOptions) (debs, sources []string, err error) {
	for _, file := range files {
		if origArchive.MatchString(file) {
			sources = append(sources, file)
		} else {
			debs = append(debs, file)
		}
	}
	want := 0
	if opt.Kind == KindMusl && opt.CXX {
		want = 1
		if opt.HostRoot == "" {
			return nil, nil, errors.New("a C++ library for musl needs a host toolchain to compile it")
		}
	}
	if len(sources) != want {
		return nil, nil, fmt.Errorf("%d source archives among the files of a %s root, want %d", len(sources), opt.Kind, want)
	}
	return debs, sources, nil
}

// finish adds what no package ships.
func finish(t *tree, dest string, sources []string, opt UnpackOptions) error {
	switch {
	case opt.Kind == KindHost:
		return writeHost(t)
	case opt.Kind == KindMusl && opt.HostRoot != "":
		return finishMusl(t, dest, sources, opt)
	}
	return nil
}

func finishMusl(t *tree, dest string, sources []string, opt UnpackOptions) error {
	sysroot, err := filepath.Abs(dest)
	if err != nil {
		return err
	}
	arch, err := ArchOf(opt.Arch)
	if err != nil {
		return err
	}
	c := compiler{host: opt.HostRoot, sysroot: sysroot, arch: arch, kind: opt.Kind}
	if err := addCompat(t, c); err != nil {
		return err
	}
	for _, archive := range sources {
		if err := addLibcxx(t, c, archive); err != nil {
			return err
		}
	}
	return nil
}

func newLayout(opt UnpackOptions) (layout, error) {
	if keptDirs[opt.Kind] == nil {
		return layout{}, fmt.Errorf("cannot unpack for kind %q, want %q, %q or %q", opt.Kind, KindHost, KindGlibc, KindMusl)
	}
	a, err := ArchOf(opt.Arch)
	return layout{kind: opt.Kind, gnu: a.GNU, musl: a.Musl}, err
}

// tree is a root that several packages are written to at the same time.
type tree struct {
	root  *os.Root
	mu    sync.Mutex
	owner map[string]int // file → position of the package it was taken from
	links [][]member     // for each package its links, made when all files are there
}

// member is a link to make.
type member struct {
	name, target string
	hard         bool
}

func newTree(dest string) (*tree, error) {
	root, err := openNew(dest)
	if err != nil {
		return nil, err
	}
	t := &tree{root: root, owner: map[string]int{}}
	for _, dir := range MergedDirs {
		if err := errors.Join(t.mkdir("usr/"+dir), t.symlink(dir, "usr/"+dir)); err != nil {
			root.Close()
			return nil, err
		}
	}
	return t, nil
}

// openNew opens a directory that may not exist yet.
func openNew(dir string) (*os.Root, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

// unpackAll reads the packages in parallel, the largest first since one of them (LLVM's library) takes as long as all
// the others. Links are made afterwards, in order: while files are written there is no link to write through.
func (t *tree) unpackAll(debs []string, l layout) error {
	order := make([]int, len(debs))
	size := make([]int64, len(debs))
	for i, deb := range debs {
		order[i] = i
		if info, err := os.Stat(deb); err == nil {
			size[i] = info.Size()
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size[b], size[a]) })

	t.links = make([][]member, len(debs))
	errs := make([]error, len(debs))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for _, i := range order {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = readDeb(debs[i], func(h *tar.Header, r io.Reader) error { return t.member(i, l, h, r) })
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i, deb := range debs {
		for _, m := range t.links[i] {
			if err := t.makeLink(m); err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(deb), err)
			}
		}
	}
	return nil
}

// member writes one member of package i, or notes it as a link to make.
func (t *tree) member(i int, l layout, h *tar.Header, r io.Reader) error {
	name, keep := l.place(h.Name)
	switch h.Typeflag {
	case tar.TypeDir:
		return nil // made when a file needs it: no empty directories
	case tar.TypeReg:
		if !keep {
			return nil
		}
		return t.write(i, name, h.FileInfo().Mode(), r)
	case tar.TypeSymlink:
		target, other, ok := l.link(h.Name, h.Linkname)
		if !ok {
			return fmt.Errorf("member %q is a link that leads out of the root: %q", h.Name, h.Linkname)
		}
		if keep && other {
			t.links[i] = append(t.links[i], member{name: name, target: target})
		}
		return nil
	case tar.TypeLink:
		old, err := memberName(h.Linkname)
		if err != nil {
			return err
		}
		if target, kept := l.place(old); keep && kept {
			t.links[i] = append(t.links[i], member{name: name, target: target, hard: true})
		}
		return nil
	}
	return fmt.Errorf("member %q is of type %q: only files, directories and links are allowed", h.Name, h.Typeflag)
}

// write makes a file unless a later package has made it.
func (t *tree) write(i int, name string, mode fs.FileMode, r io.Reader) error {
	f, err := t.create(i, name, mode)
	if f == nil || err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return fmt.Errorf("member %q: %w", name, err)
	}
	return f.Close()
}

// create opens a new file for package i. It is nil when the file is a later package's already. An earlier package that
// still writes the file goes on with its own, now nameless one.
func (t *tree) create(i int, name string, mode fs.FileMode) (*os.File, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if other, taken := t.owner[name]; taken {
		if other > i {
			return nil, nil
		}
		if err := t.root.Remove(name); err != nil {
			return nil, err
		}
	}
	if err := t.mkdir(path.Dir(name)); err != nil {
		return nil, err
	}
	perm := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		perm = 0o755
	}
	f, err := t.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	t.owner[name] = i
	return f, f.Chmod(perm) // whatever the umask
}

// writeString makes or replaces a file that no package ships.
func (t *tree) writeString(name, content string, perm fs.FileMode) error {
	if err := t.mkdir(path.Dir(name)); err != nil {
		return err
	}
	if err := t.root.WriteFile(name, []byte(content), perm); err != nil {
		return err
	}
	return t.root.Chmod(name, perm)
}

// mkdir makes a directory and those above it. Only the umask of a caller could make their mode other than 0755.
func (t *tree) mkdir(dir string) error { return t.root.MkdirAll(dir, 0o755) }

// symlink makes or replaces a link.
func (t *tree) symlink(name, target string) error {
	if err := t.mkdir(path.Dir(name)); err != nil {
		return err
	}
	if info, err := t.root.Lstat(name); err == nil {
		if info.IsDir() {
			return fmt.Errorf("%q is a link here and a directory in another package", name)
		}
		if err := t.root.Remove(name); err != nil {
			return err
		}
	}
	return t.root.Symlink(target, name)
}

func (t *tree) makeLink(m member) error {
	if !m.hard {
		return t.symlink(m.name, m.target)
	}
	if err := t.mkdir(path.Dir(m.name)); err != nil {
		return err
	}
	if err := t.root.Remove(m.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return t.root.Link(m.target, m.name)
}

// setTimes gives everything below dir the time 0, links themselves included.
func setTimes(dir string) error {
	zero := []unix.Timespec{{}, {}}
	return filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, name, zero, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return fmt.Errorf("%s: set time: %w", strings.TrimPrefix(name, dir), err)
		}
		return nil
	})
}
