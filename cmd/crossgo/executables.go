package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/rootfs"
)

// opened is a file under check.
type opened struct {
	name  string // in reports
	in    io.ReaderAt
	size  int64
	mode  fs.FileMode // 0 where no modes are known
	place string      // path on this machine, or in its tree
	key   string      // see seen
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
	programs  []string // paths, in their order
	unmarked  []string // programs of formats that need the right to execute, which they lack
	libraries int      // libraries and object files: they are looked at with the programs that need them
}

// executables walks a tree. Executable is what begins like one and has the right to execute, where its format and the tree have
// such rights.
func executables(ctx context.Context, tree *rootfs.Tree) (contents, error) {
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
			return all.look(tree, path)
		}
		return nil
	})
	return all, err
}

func (all *contents) look(tree *rootfs.Tree, path string) error {
	o, err := openMember(tree, path, path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer o.close()
	head := make([]byte, 4)
	n, _ := o.in.ReadAt(head, 0)
	if !verify.LooksExecutable(head[:n]) {
		return nil
	}
	facts, err := verify.Describe(o.in, o.size)
	switch marked := o.mode == 0 || o.mode&0o111 != 0 || hasNoModes(head); {
	case err != nil && marked: // damaged: the check says how
		all.programs = append(all.programs, path)
	case err != nil:
	case isLibrary(facts):
		all.libraries++
	case marked:
		all.programs = append(all.programs, path)
	default:
		all.unmarked = append(all.unmarked, path)
	}
	return nil
}

// hasNoModes tells the formats that start without the right to execute: PE and WebAssembly.
func hasNoModes(head []byte) bool {
	return strings.HasPrefix(string(head), "MZ") || strings.HasPrefix(string(head), "\x00asm")
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
