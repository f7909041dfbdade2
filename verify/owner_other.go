//go:build !unix

package verify

import (
	"archive/tar"
	"io/fs"
)

// owner is who owns a file: what a tar header says, else root.
func owner(info fs.FileInfo) (uid, gid int) {
	if sys, ok := info.Sys().(*tar.Header); ok {
		return sys.Uid, sys.Gid
	}
	return 0, 0
}
