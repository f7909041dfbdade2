package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// tmpDir is where BuildKit makes its temporary files and mounts.
func tmpDir(state string) string { return filepath.Join(state, "tmp") }

// cgroupParent names the cgroup of this state folder's containers, so that a run finds those of a killed one.
func cgroupParent(state string) string {
	sum := sha256.Sum256([]byte(state))
	return "crossgo-" + hex.EncodeToString(sum[:4])
}

// removeBundles removes the folders of containers that did not get to remove their own. Nothing is mounted in them
// any more: the mounts went with the namespace of the killed run.
func removeBundles(state string) error {
	configs, err := filepath.Glob(filepath.Join(state, "*", "executor", "*", "config.json"))
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range configs {
		errs = append(errs, os.RemoveAll(filepath.Dir(path)))
	}
	return errors.Join(errs...)
}

// removeCgroups removes empty cgroups below every hierarchy. One that cannot be removed does no harm.
func removeCgroups(parent string) {
	roots, _ := filepath.Glob("/sys/fs/cgroup/*/" + parent)
	for _, root := range append(roots, "/sys/fs/cgroup/"+parent) {
		var dirs []string
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
		slices.Reverse(dirs) // children first
		for _, dir := range dirs {
			os.Remove(dir)
		}
	}
}
