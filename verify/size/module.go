package size

import (
	"debug/buildinfo"
	"io"
	"strings"
)

// modules are those that a program says it was built from.
type modules struct {
	main  string
	paths map[string]bool
}

// readModules reads Go's build info. A file without has no modules; one in which it is damaged neither: verify says so.
func readModules(r io.ReaderAt) modules {
	info, err := buildinfo.Read(r)
	if err != nil || info.Main.Path == "" {
		return modules{}
	}
	m := modules{main: info.Main.Path, paths: map[string]bool{info.Main.Path: true}}
	for _, dep := range info.Deps {
		m.paths[dep.Path] = true
	}
	return m
}

// of is the module that a package is of: the longest path of one that the package's begins with.
func (m modules) of(path string) string {
	switch {
	case m.main == "" || strings.HasPrefix(path, "("):
		return ""
	case path == "main":
		return m.main
	}
	for p := path; p != ""; {
		if m.paths[p] {
			return p
		}
		p = p[:max(strings.LastIndexByte(p, '/'), 0)]
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		return "" // of a module that is not said
	}
	return Std
}
