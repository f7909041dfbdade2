//go:build unix

package verify

import (
	"archive/tar"
	"io/fs"
	"syscall"
)

// owner is who owns a file: what the kernel or a tar header says, else root.
func owner(info fs.FileInfo) (uid, gid int) {
	switch sys := info.Sys().(type) {
	case *syscall.Stat_t:
		return int(sys.Uid), int(sys.Gid)
	case *tar.Header:
		return sys.Uid, sys.Gid
	}
	return 0, 0
}
