package verify

import (
	"bytes"
	"io"
	"regexp"
)

// maxFileNames is how many bytes of names of source files are read.
const maxFileNames = 1 << 26

// sourceFiles gives the names of the source files in Go's table of functions, each with a NUL behind it; nil when there is no such
// table. WebAssembly modules leave out longer runs of zeros, so that the table's offsets lead nowhere.
func sourceFiles(r io.ReaderAt, size int64, bin *binary) []byte {
	table, ok := functionTable(r, size, bin)
	if !ok {
		return nil
	}
	part, ok := table.Files()
	if !ok || part.Size > maxFileNames {
		return nil
	}
	names := make([]byte, part.Size)
	if _, err := r.ReadAt(names, part.At); err != nil {
		return nil
	}
	return names
}

// absolutePath is the name of a file on some machine: from the root, or from a drive of Windows.
var absolutePath = regexp.MustCompile(`^(/|\\|[A-Za-z]:[\\/])`)

// checkTrimpath: with -trimpath files are named by their module, "example.com/app/main.go".
func checkTrimpath(s *subject) []Finding {
	const want = "-trimpath=true"
	switch {
	case !s.want.Trimpath:
		return nil
	case s.build == nil:
		return s.unknown("trimpath", want, "there is no Go build info")
	case s.build.settings["-trimpath"] != "true":
		return fail("trimpath", "not set", want, "-trimpath is not in the build info, want "+want)
	}
	return pass("trimpath", want, want, "was built with -trimpath")
}

// checkLocalPaths: an absolute name of a source file is one of a machine that wrote or built the program. With -trimpath only
// generated code has such names.
func checkLocalPaths(s *subject) []Finding {
	if !s.want.Trimpath || s.build == nil || s.bin.format == formatWasm {
		return nil
	}
	const want = "names without the folders of a machine"
	names := sourceFiles(s.file, s.size, s.bin)
	if names == nil {
		return note("local-paths", "unknown", want, "its table of functions cannot be read: whether it names files of the machine that built it cannot be known")
	}
	var local []string
	for name := range bytes.SplitSeq(names, []byte{0}) {
		if absolutePath.Match(name) {
			local = append(local, string(name))
		}
	}
	if len(local) > 0 {
		return fail("local-paths", shorten(sortedNames(local)), want, "names files of a machine that wrote or built it: "+shorten(sortedNames(local)))
	}
	return pass("local-paths", want, want, "names no file of the machine that built it")
}
