package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// buildFolders are where builds happen or where everybody may write: what is looked for there at run time is missing, or somebody else's.
var buildFolders = []string{"/tmp", "/var/tmp", "/dev/shm", "/home", "/root", "/build", "/builds", "/src", "/usr/src", "/go", "/github", "/workspace", "/workspaces",
	"/nix", "/gnu", "/sysroot", "/target", "/link", "/modules", "/toolchain", "/out"}

// checkRpath looks at the folders in which the loader is told to look first.
func checkRpath(s *subject) []Finding {
	if !s.onLinux() {
		return nil
	}
	d := s.bin.elf.dynamic
	all := slices.Concat(d.rpath, d.runpath)
	if len(all) == 0 {
		return nil
	}
	var bad []string
	for _, dir := range all {
		if why := rpathProblem(dir); why != "" {
			bad = append(bad, fmt.Sprintf("%q, %s", dir, why))
		}
	}
	list := strings.Join(all, ":")
	if len(bad) > 0 {
		return fail("rpath", list, "folders of the system, or $ORIGIN", "libraries are looked for in "+strings.Join(bad, "; in "))
	}
	return pass("rpath", list, "", "libraries are looked for in "+strings.Join(all, ", ")+" first")
}

// rpathProblem says what is wrong with one folder, nothing when it is fit. $ORIGIN is the folder of the file itself.
func rpathProblem(dir string) string {
	head, _, _ := strings.Cut(dir, "/")
	switch {
	case dir == "":
		return "which is the working directory"
	case head == "$ORIGIN" || head == "${ORIGIN}":
		return ""
	case !path.IsAbs(dir):
		return "which is relative to the working directory"
	}
	clean := path.Clean(dir)
	for _, folder := range buildFolders {
		if clean == folder || strings.HasPrefix(clean, folder+"/") {
			return "which is a folder of the build or one that others may write to"
		}
	}
	return ""
}
