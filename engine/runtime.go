//go:build linux

package engine

import (
	"errors"
	"os/exec"
)

// ociRuntimes are the programs that can run a container, in order of preference.
var ociRuntimes = []string{"buildkit-runc", "runc", "crun"}

// findRuntime returns the path of the OCI runtime.
func findRuntime() (string, error) {
	for _, name := range ociRuntimes {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("embedded BuildKit: neither runc nor crun is on PATH; install one (Debian: apt-get install runc), or point at a builder with --builder or BUILDKIT_HOST")
}
