package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/rootfs"
)

// opened is a file under check.
type opened struct {
	name  string // in reports
	in    io.ReaderAt
	size  int64
	mode  fs.FileMode   // 0 where no modes are known
	place string        // path on this machine, or in its tree
	key   string        // see seen
	build string        // "c-shared" or "c-archive" for a library that is checked by itself
	image *verify.Image // that it is in
	file  fs.File
}

func (o opened) close() error { return o.file.Close() }

func openMember(tree *rootfs.Tree, name, path string) (opened, error) {
	f, err := tree.FS.Open(path)
	if err != nil {
		return opened{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return opened{}, errors.Join(err, f.Close())
	}
	in, ok := f.(io.ReaderAt)
	if !ok {
		return opened{}, errors.Join(errors.New("cannot be read at an offset"), f.Close())
	}
	o := opened{name: name, in: in, size: info.Size(), place: path, file: f}
	if tree.Modes {
		o.mode = info.Mode()
	}
	return o, nil
}

// contents are what a tree holds.
type contents struct {
	programs  []candidate // in the order of their paths
	unmarked  []string    // programs of formats that need the right to execute, which they lack
	libraries int         // libraries and object files that Go did not make: they are looked at with the programs that need them
}

// candidate is a file to be checked.
type candidate struct {
	path  string
	build string // "c-shared" or "c-archive" for a library that Go made
}

// executables walks a tree. Executable is what begins like one and has the right to execute, where its format and the tree have
// such rights. Files that are not wanted are passed over.
func executables(ctx context.Context, tree *rootfs.Tree, wanted func(opened) bool) (contents, error) {
	var all contents
	err := fs.WalkDir(tree.FS, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrPermission):
			return fs.SkipDir
		case err != nil:
			return err
		case d.Type().IsRegular():
			return all.look(tree, path, wanted)
		}
		return nil
	})
	return all, err
}

func (all *contents) look(tree *rootfs.Tree, path string, wanted func(opened) bool) error {
	o, err := openMember(tree, path, path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer o.close()
	head := make([]byte, verify.SniffSize)
	n, _ := o.in.ReadAt(head, 0)
	if !verify.LooksExecutable(head[:n]) || !wanted(o) {
		return nil
	}
	facts, err := verify.Describe(o.in, o.size)
	switch marked := o.mode == 0 || o.mode&0o111 != 0 || hasNoModes(head); {
	case err != nil && strings.HasPrefix(string(head), "!<arch>"): // a package of Debian, say
	case err != nil && marked: // damaged: the check says how
		all.programs = append(all.programs, candidate{path: path})
	case err != nil:
	case isLibrary(facts) && goLibrary(facts) == "":
		all.libraries++
	case isLibrary(facts):
		all.programs = append(all.programs, candidate{path, goLibrary(facts)})
	case marked:
		all.programs = append(all.programs, candidate{path: path})
	default:
		all.unmarked = append(all.unmarked, path)
	}
	return nil
}

// isGo reports whether Go made a file. It reads less of it than verify.Describe does.
func isGo(o opened) (found bool) {
	defer func() {
		if recover() != nil { // the debug packages of the standard library are not made for hostile files
			found = false
		}
	}()
	_, err := buildinfo.Read(io.NewSectionReader(o.in, 0, o.size))
	return err == nil
}

// hasNoModes tells the formats that start without the right to execute: PE and WebAssembly.
func hasNoModes(head []byte) bool {
	return strings.HasPrefix(string(head), "MZ") || strings.HasPrefix(string(head), "\x00asm")
}

// libraryModes are the build modes of libraries for C.
var libraryModes = []string{"c-shared", "c-archive"}

// goLibrary is the build mode of a library that Go made for C, empty for any other file.
func goLibrary(f verify.Facts) string {
	if f.Build == nil {
		return ""
	}
	for _, s := range f.Build.Settings {
		if s.Key == "-buildmode" && slices.Contains(libraryModes, s.Value) {
			return s.Value
		}
	}
	return ""
}

// isLibrary tells what programs need from programs.
func isLibrary(f verify.Facts) bool {
	for _, kind := range []string{"object", "library", "DLL", "bundle", "archive", "without an entry"} {
		if strings.Contains(f.Kind, kind) && f.Bad != "" {
			return true
		}
	}
	return false
}
