package step

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/crossgo/crossgo/plan"
	"golang.org/x/mod/modfile"
)

// foreignSalt tells apart what the same C code of other people was compiled to: by the C side's packages, by our own program, which
// unpacked them, and by what stands in for modules, which go knows by the name of what they stand in for.
func foreignSalt(job plan.CompileJob) ([]byte, error) {
	h := sha256.New()
	io.WriteString(h, job.Objects.Salt)
	self, err := hashFile(plan.PathSelf)
	h.Write(self)
	for dir := sourceDir(job.Dir); ; dir = filepath.Dir(dir) {
		for _, name := range []string{"go.mod", "go.work"} {
			replaced, e := replacements(filepath.Join(dir, name))
			fmt.Fprintf(h, "%q\n", replaced)
			err = errors.Join(err, e)
		}
		vendored, e := hashHeaders(filepath.Join(dir, "vendor"))
		h.Write(vendored)
		err = errors.Join(err, ignoreMissing(e))
		if dir == plan.PathSource || dir == "/" {
			return h.Sum(nil), err
		}
	}
}

// ownSalt hangs besides on every file of the context that could be a header.
func ownSalt(job plan.CompileJob) ([]byte, error) {
	foreign, err1 := foreignSalt(job)
	files, err2 := hashHeaders(plan.PathSource)
	sum := sha256.Sum256(append(foreign, files...))
	return sum[:], errors.Join(err1, err2)
}

// replacements are the modules that a go.mod or go.work replaces, and by what; none where there is no such file.
func replacements(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	var list []*modfile.Replace
	if filepath.Base(file) == "go.work" {
		work, err := modfile.ParseWork(file, data, nil)
		if err != nil {
			return nil, err
		}
		list = work.Replace
	} else {
		mod, err := modfile.Parse(file, data, nil)
		if err != nil {
			return nil, err
		}
		list = mod.Replace
	}
	var words []string
	for _, r := range list {
		words = append(words, r.Old.String()+" => "+r.New.String())
	}
	return words, nil
}

func hashFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}

// hashHeaders hashes every file below dir but Go's, names and content: any file can be included.
func hashHeaders(dir string) ([]byte, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".go") {
			return err
		}
		var content []byte
		switch {
		case entry.Type().IsRegular():
			content, err = hashFile(name)
		case entry.Type()&fs.ModeSymlink != 0:
			var target string
			target, err = os.Readlink(name)
			content = []byte(target)
		}
		fmt.Fprintf(h, "%q %x\n", name, content)
		return err
	})
	return h.Sum(nil), err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
