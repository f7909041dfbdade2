package verify

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Rootfs is the root file system that programs are to start in, and as whom.
type Rootfs struct {
	FS    FS
	User  string   // as in an image's config: "", "65532", "65532:65532", "app", "app:www"; empty is root
	Allow []string // ids of rules that may break, as in Want
}

// Program is a file that is to start in an image.
type Program struct {
	Path string      // where it is in the image, "/usr/bin/server"; it decides what $ORIGIN means
	File io.ReaderAt // its bytes, when the image does not have it yet; nil: the image's own file is read
	Size int64       // of File, bytes
	Mode fs.FileMode // that File will have in the image, where root will own it; 0 where its maker sees to that
}

// Fits says whether the executable at file can start in the directory tree root, as Rootfs.Fits does for the user root. Below root
// file is taken where it stands, elsewhere it is taken to be put at the top of root, as images do with their entrypoint.
func Fits(root, file string) ([]Finding, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	tree, err := DirFS(dir)
	if err != nil {
		return nil, err
	}
	place, inside, err := placeIn(root, file)
	if err != nil {
		return nil, err
	}
	if inside {
		return Rootfs{FS: tree}.Fits(Program{Path: place})
	}
	return Rootfs{FS: tree}.fitsOutside(file, place)
}

// fitsOutside is Fits for a file of this machine that will be at place.
func (r Rootfs) fitsOutside(file, place string) ([]Finding, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return notProgram(kindOf(info)), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return r.Fits(Program{Path: place, File: f, Size: info.Size()})
}

// placeIn is the path of file inside of root, or at the top of it for a file elsewhere.
func placeIn(root, file string) (place string, inside bool, err error) {
	if root, err = filepath.Abs(root); err != nil {
		return "", false, err
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", false, err
	}
	rel, err := filepath.Rel(root, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "/" + filepath.Base(file), false, nil
	}
	return "/" + filepath.ToSlash(rel), true, nil
}

// Fits says whether a program can start in the image: its loader is there, every needed library is found (recursively, as the
// loader would), all are for the same machine, they define every symbol version that is needed, and the image's user may read
// and execute them. Links are followed inside of the image only. The error is for an image or file that cannot be read at all.
func (r Rootfs) Fits(p Program) ([]Finding, error) {
	findings, err := r.fits(p)
	for _, rule := range imageRules {
		findings = rule.settle(findings, r.Allow)
	}
	return findings, err
}

func (r Rootfs) fits(p Program) ([]Finding, error) {
	t := tree{r.FS}
	program, bad, err := t.program(p)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	case bad != "":
		return notProgram(bad), nil
	case program.bin.format != formatELF:
		return note("fits-loader", program.bin.format, "", "is a "+program.bin.format+" file, whose libraries are not looked for in an image"), nil
	}
	findings, loaded, err := t.start(program)
	if err != nil {
		return nil, err
	}
	return append(findings, t.modes(r.User, p, loaded)...), nil
}

func notProgram(bad string) []Finding {
	return fail("fits-loader", bad, "", "is "+bad+", want an executable")
}

// start looks for all that the program needs to start, and gives what is loaded then, the program first and the loader last.
func (t tree) start(program *object) ([]Finding, []*object, error) {
	switch {
	case program.bin.interp == "" && len(program.bin.needed) == 0:
		return pass("fits-loader", "static", "", "is static and needs nothing of the image"), []*object{program}, nil
	case program.bin.interp == "":
		return fail("fits-loader", "none", "", "needs "+strings.Join(program.bin.needed, ", ")+", but names no loader"), nil, nil
	}
	return fitDynamic(t, program)
}

// program reads the program; bad says what it is instead.
func (t tree) program(p Program) (program *object, bad string, err error) {
	o, r, size := &object{path: p.Path}, p.File, p.Size
	if r == nil {
		f, real, info, err := t.open(p.Path)
		if info != nil && !info.Mode().IsRegular() {
			return nil, kindOf(info), nil
		}
		if err != nil {
			return nil, "", err
		}
		defer f.Close()
		o.path, o.asked, r, size = real, p.Path, f, info.Size()
	}
	if o.bin, err = parse(r, size); err != nil {
		return nil, err.Error(), nil
	}
	return o, "", nil
}

// RealPath follows the links of a path inside of a file system, as the programs of an image see it, and gives the real one, beginning
// with a slash.
func RealPath(in FS, name string) (string, error) {
	real, _, err := tree{in}.resolve(name)
	return real, err
}
