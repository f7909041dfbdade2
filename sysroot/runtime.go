package sysroot

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// openedByName are libraries that glibc loads by name when a program needs them, so that no file lists them: name
// services of glibc before 2.34 and the unwinder of pthread_cancel. They are taken along with libc.so.6.
var openedByName = []string{"libnss_files.so.2", "libnss_dns.so.2", "libgcc_s.so.1"}

// CopyRuntime copies into dest what the executables in files need to run: their loader at its exact path, and the
// libraries they name and those name in turn, below usr/lib. Everything is taken from unpacked sysroots of kind
// KindGlibc or KindMusl, each file from the first that has it: the files were linked with the last, and the others are newer.
// Static executables need nothing. Links are followed: each library is one file, by the name it
// is asked for. All libraries that are missing are named at once.
func CopyRuntime(sysroots []string, dest string, files []string) error {
	to, err := openNew(dest)
	if err != nil {
		return err
	}
	defer to.Close()
	c := &closure{to: to, done: map[string]bool{}}
	for _, dir := range sysroots {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return err
		}
		defer root.Close()
		c.from = append(c.from, root)
	}
	for _, file := range files {
		if err := c.program(file); err != nil {
			return fmt.Errorf("%s: %w", path.Base(file), err)
		}
	}
	return errors.Join(c.missing...)
}

// closure copies libraries from roots to another, each once.
type closure struct {
	from    []*os.Root
	to      *os.Root
	dirs    [][]string // of each root: where libraries lie, in the order of search
	done    map[string]bool
	missing []error
}

// program takes an executable's loader and libraries.
func (c *closure) program(file string) error {
	f, err := elf.Open(file)
	if err != nil {
		return fmt.Errorf("not an ELF file: %w", err)
	}
	defer f.Close()
	loader, err := interpreter(f)
	if err != nil || loader == "" {
		return err
	}
	if err := c.findDirs(); err != nil {
		return err
	}
	if !c.done[path.Base(loader)] {
		c.done[path.Base(loader)] = true
		if err := c.loader(strings.TrimPrefix(loader, "/")); err != nil {
			return fmt.Errorf("loader %s: %w", loader, err)
		}
		if strings.HasPrefix(path.Base(loader), "ld-musl-") {
			c.done["libc.so"] = true // musl's loader is its C library
		}
	}
	return c.libraries(f, path.Base(file))
}

func (c *closure) findDirs() error {
	for _, root := range c.from[len(c.dirs):] {
		dirs, err := libraryDirs(root)
		if err != nil {
			return err
		}
		c.dirs = append(c.dirs, dirs)
	}
	return nil
}

func (c *closure) loader(at string) error {
	for _, root := range c.from {
		if _, err := root.Stat(at); err == nil {
			return c.copy(root, at)
		}
	}
	return errors.New("no package of the sysroot has it")
}

// interpreter is the loader an executable asks for; empty for a static one.
func interpreter(f *elf.File) (string, error) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			data, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
			return strings.TrimRight(string(data), "\x00"), err
		}
	}
	return "", nil
}

// libraryDirs are the directories of a sysroot that a loader searches: usr/lib/TRIPLE, then usr/lib.
func libraryDirs(root *os.Root) ([]string, error) {
	entries, err := fs.ReadDir(root.FS(), "usr/lib")
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, a := range archs {
		if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == a.GNU }) {
			dirs = append(dirs, "usr/lib/"+a.GNU)
		}
	}
	return append(dirs, "usr/lib"), nil
}

func (c *closure) libraries(f *elf.File, who string) error {
	needed, err := f.ImportedLibraries()
	if err != nil {
		return err
	}
	for _, name := range needed {
		if err := c.library(name, who, true); err != nil {
			return err
		}
		if name == "libc.so.6" {
			for _, extra := range openedByName {
				if err := c.library(extra, name, false); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// library copies one library and what it needs. who is for the message when it is required and missing.
func (c *closure) library(name, who string, required bool) error {
	if c.done[name] {
		return nil
	}
	c.done[name] = true
	for i, root := range c.from {
		for _, dir := range c.dirs[i] {
			at := dir + "/" + name
			info, err := root.Stat(at)
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			if err := c.copy(root, at); err != nil {
				return err
			}
			return c.needsOf(root, at, name)
		}
	}
	if required {
		c.missing = append(c.missing, fmt.Errorf("%s needs %s, which no package of the sysroot has", who, name))
	}
	return nil
}

func (c *closure) needsOf(from *os.Root, at, name string) error {
	raw, err := from.Open(at)
	if err != nil {
		return err
	}
	defer raw.Close()
	f, err := elf.NewFile(raw)
	if err != nil {
		return fmt.Errorf("%s: not an ELF file: %w", at, err)
	}
	return c.libraries(f, name)
}

// copy writes a file of the sysroot, links followed, to the same path of the destination.
func (c *closure) copy(from *os.Root, at string) error {
	in, err := from.Open(at)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := c.to.MkdirAll(path.Dir(at), 0o755); err != nil {
		return err
	}
	out, err := c.to.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
