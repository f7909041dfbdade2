//go:build linux

package engine

import (
	"errors"
	"os/exec"
	"path/filepath"
)

// ociRuntimes are the programs that can run a container, in order of preference.
var ociRuntimes = []string{"buildkit-runc", "runc", "crun"}

// adminDirs are where Debian puts them. An administrator's PATH does not always name these folders.
var adminDirs = []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}

// findRuntime returns the path of the OCI runtime.
func findRuntime() (string, error) {
	for _, name := range ociRuntimes {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, dir := range adminDirs {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", errors.New("embedded BuildKit: neither runc nor crun is installed; install one (Debian: apt-get install runc), or point at a builder with --builder or BUILDKIT_HOST")
}
