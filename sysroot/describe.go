package sysroot

import (
	"archive/tar"
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Inventory tells which package each file of a root comes from, and what a package says of itself.
type Inventory struct {
	Packages []Description // in the order of the set
	owner    map[string]int
}

// Description is what a package file says of itself.
type Description struct {
	Package
	Source        string   // its source package; empty: of the same name
	SourceVersion string   // empty: the same
	Licenses      []string // short names of its copyright file, sorted; nil when that file is not in the package or not machine-readable
}

// Describe reads the package files of a set, in the set's order, without unpacking them. Files are told by their places in the
// root that Unpack makes of them.
func Describe(set Set, files []string) (*Inventory, error) {
	if len(files) != len(set.Packages) {
		return nil, fmt.Errorf("set %s: %d package files, want %d", set.Name, len(files), len(set.Packages))
	}
	l, err := newLayout(UnpackOptions{Kind: set.Kind, Arch: set.Arch})
	if err != nil {
		return nil, err
	}
	inv := &Inventory{owner: map[string]int{}}
	for i, p := range set.Packages {
		inv.Packages = append(inv.Packages, Description{Package: p})
		if p.Architecture == SourceArch {
			inv.ownMade(i)
			continue
		}
		if err := inv.read(i, l, files[i]); err != nil {
			return nil, err
		}
	}
	return inv, nil
}

// ownMade gives a source package what Unpack compiles from it.
func (inv *Inventory) ownMade(i int) {
	inv.owner[libcxxArchive] = i
	for _, name := range libcxxNames {
		inv.owner["usr/lib/"+name] = i
	}
}

// read notes a package's members, and what the two files about it say.
func (inv *Inventory) read(i int, l layout, file string) error {
	d := &inv.Packages[i]
	err := readDebPart(file, "control.tar", func(h *tar.Header, r io.Reader) error {
		if h.Name != "control" {
			return nil
		}
		return d.control(r)
	})
	if err != nil {
		return err
	}
	copyright := "usr/share/doc/" + d.Name + "/copyright"
	return readDeb(file, func(h *tar.Header, r io.Reader) error {
		if name, keep := l.place(h.Name); keep && h.Typeflag != tar.TypeDir {
			inv.owner[name] = i
		}
		if h.Name == copyright && h.Typeflag == tar.TypeReg {
			d.Licenses = licenses(r)
		}
		return nil
	})
}

// control reads the package's own paragraph: "Source: NAME (VERSION)", the version only where it is another.
func (d *Description) control(r io.Reader) error {
	lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
	for lines.Scan() {
		value, ok := strings.CutPrefix(lines.Text(), "Source:")
		if !ok {
			continue
		}
		name, version, _ := strings.Cut(strings.TrimSpace(value), " ")
		d.Source, d.SourceVersion = name, strings.Trim(version, "()")
	}
	return lines.Err()
}

// copyrightMax bounds what is read of a copyright file; that of glibc, one of the longest, has 300 kB.
const copyrightMax = 4 << 20

// licenses are the short names of a copyright file in Debian's machine-readable form (copyright-format 1.0), sorted; nil for
// other forms, of which the first line is no Format field.
func licenses(r io.Reader) []string {
	lines := bufio.NewScanner(io.LimitReader(r, copyrightMax))
	lines.Buffer(nil, copyrightMax)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "Format:") {
		return nil
	}
	var names []string
	for lines.Scan() {
		name, ok := strings.CutPrefix(lines.Text(), "License:")
		if name = strings.TrimSpace(name); ok && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Owner is the position in Packages of the package that a file of the root comes from: by its clean path there, without a slash in
// front.
func (inv *Inventory) Owner(file string) (int, bool) {
	i, ok := inv.owner[merged(file)]
	return i, ok
}

// Merged is a file's own path in a root, where it was reached by one of the links of a merged /usr: "lib/x" is "usr/lib/x".
func Merged(file string) string { return merged(file) }

// Library is the file of the root that a loader finds for a library's name: in the target's own directory, then in usr/lib.
func (inv *Inventory) Library(arch, name string) (file string, ok bool) {
	a, err := ArchOf(arch)
	if err != nil {
		return "", false
	}
	for _, dir := range []string{"usr/lib/" + a.GNU, "usr/lib", "usr/lib64"} {
		if _, ok := inv.owner[path.Join(dir, name)]; ok {
			return path.Join(dir, name), true
		}
	}
	return "", false
}

// OwnObject reports whether a member of an archive was compiled from our own source (addCompat) and is no package's.
func OwnObject(archive, member string) bool {
	if path.Base(archive) != "libgcc.a" || !strings.HasSuffix(member, ".o") {
		return false
	}
	_, err := muslrt.Open(path.Join(compatDir, strings.TrimSuffix(member, ".o")+".c"))
	return err == nil
}
