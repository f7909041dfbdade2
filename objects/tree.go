package objects

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// wholeBelow is the size in bytes from which a file counts by its size alone: no header and no configuration is as large, and which
// packages the libraries are from is said by other means.
const wholeBelow = 1 << 20

// HashTree hashes what is below a folder, in the order of names: names, kinds, links, and the content of files of less than a mebibyte.
func HashTree(dir string) ([]byte, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %s\n", name, info.Mode())
		switch {
		case entry.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			fmt.Fprintf(h, "%q\n", target)
			return err
		case entry.Type().IsRegular():
			fmt.Fprintf(h, "%d\n", info.Size())
			if info.Size() < wholeBelow {
				return copyFile(h, name)
			}
		}
		return nil
	})
	return h.Sum(nil), err
}

func copyFile(w io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
