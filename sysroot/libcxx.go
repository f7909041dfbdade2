package sysroot

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// LLVM's C++ runtime for musl: libc++, libc++abi and libunwind, compiled from the sources that emscripten carries. They
// go into one archive, so that one -lc++ brings the unwinder too, before libgcc_eh.
const (
	libcxxArchive = "usr/lib/libc++.a"
	libcxxHeaders = "usr/include/c++/v1"
)

// libcxxNames are archives that a program may ask for by name: the parts' own, and GNU's, which stands in many #cgo lines.
var libcxxNames = []string{"libc++abi.a", "libunwind.a", "libstdc++.a"}

// libcxxMember matches the needed part of the source archive; what follows the match's first group stands in the same
// place below the directory the compiler runs in.
var libcxxMember = regexp.MustCompile(`^[^/]+/system/lib/((?:libcxx|libcxxabi|libunwind)/(?:src|include)/.+)$`)

// library is one part of the C++ runtime. Flags are those of LLVM's own build that concern a static library on Linux.
type library struct {
	dir   string         // of its sources
	skip  *regexp.Regexp // sources below dir for other systems, or of features that are left out
	flags []string
	cxx   []string            // flags of C++ sources
	c     []string            // flags of C and assembler sources
	one   map[string][]string // flags of one source by name

	headers []string // what most of its C++ sources include: read once for all of them, into a precompiled header
	alone   []string // C++ sources without it: they define macros before they include
}

var libcxxLibraries = []library{
	{
		dir:   "libcxx/src",
		skip:  regexp.MustCompile(`^(support|pstl|experimental)/|^tz(db_list)?\.cpp$`),
		flags: []string{"-D_LIBCPP_BUILDING_LIBRARY", "-DLIBCXX_BUILDING_LIBCXXABI", "-D_LIBCPP_REMOVE_TRANSITIVE_INCLUDES"},
		cxx:   []string{"-std=c++23", "-fvisibility-inlines-hidden"},
		headers: []string{
			"algorithm", "chrono", "filesystem", "fstream", "functional", "future", "iostream", "locale", "map", "memory", "mutex",
			"random", "regex", "sstream", "string", "system_error", "thread", "vector",
		},
		alone: []string{"condition_variable_destructor.cpp", "error_category.cpp", "iostream.cpp", "memory.cpp", "mutex_destructor.cpp"},
	}, {
		dir:   "libcxxabi/src",
		skip:  regexp.MustCompile(`emscripten|_js_utils|noexception|^stdlib_new_delete`), // operator new is in libc++
		flags: []string{"-D_LIBCPP_BUILDING_LIBRARY", "-D_LIBCXXABI_BUILDING_LIBRARY"},
		cxx:   []string{"-std=c++23"},
		// Leaves out what emscripten added at its end, which is defined elsewhere too.
		one: map[string][]string{"private_typeinfo.cpp": {"-D__WASM_EXCEPTIONS__"}},
	}, {
		dir:   "libunwind/src",
		skip:  regexp.MustCompile(`AIX|seh|sjlj|wasm`),
		flags: []string{"-DNDEBUG", "-D_LIBUNWIND_IS_NATIVE_ONLY", "-funwind-tables", "-Ilibunwind/include"},
		cxx:   []string{"-std=c++17", "-fno-exceptions", "-fno-rtti"},
		c:     []string{"-std=c99", "-fexceptions"},
	},
}

// libcxxFlags are the flags of all parts. Each function gets a section, so that --gc-sections can drop it.
var libcxxFlags = []string{"-O2", "-g0", "-fPIC", "-ffunction-sections", "-fdata-sections", "-w",
	"-nostdinc++", "-Ilibcxx/src", "-Ilibcxx/include", "-Ilibcxxabi/include"}

// addLibcxx compiles the C++ runtime out of emscripten's source archive and adds it and its headers to the sysroot.
func addLibcxx(t *tree, c compiler, archive string) error {
	dir, err := os.MkdirTemp("", "libcxx-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	files, err := extractLibcxx(archive, dir)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(archive), err)
	}
	for _, l := range libcxxLibraries {
		if err := c.precompile(dir, l); err != nil {
			return err
		}
	}
	objects, err := c.compile(dir, libcxxUnits(files))
	if err != nil {
		return err
	}
	if err := t.writeString(libcxxArchive, string(appendArchive(nil, objects)), 0o644); err != nil {
		return err
	}
	for _, name := range libcxxNames {
		if err := t.writeString("usr/lib/"+name, "INPUT("+path.Base(libcxxArchive)+")\n", 0o644); err != nil {
			return err
		}
	}
	return addLibcxxHeaders(t, dir, files)
}

// extractLibcxx writes the needed files below dir and returns their names, sorted.
func extractLibcxx(archive, dir string) ([]string, error) {
	f, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := Open(archive, bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var names []string
	err = eachMember(data, func(h *tar.Header, r io.Reader) error {
		m := libcxxMember.FindStringSubmatch(h.Name)
		if m == nil || h.Typeflag != tar.TypeReg {
			return nil
		}
		names = append(names, m[1])
		return writeSource(root, m[1], r)
	})
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("has no system/lib/libcxx: not the sources of a C++ library")
	}
	slices.Sort(names)
	return slices.Compact(names), configureLibcxx(root)
}

func writeSource(root *os.Root, name string, r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	return root.WriteFile(name, text, 0o644)
}

// configureLibcxx replaces emscripten's build configuration by the one for musl.
func configureLibcxx(root *os.Root) error {
	site, err := muslrt.ReadFile("muslrt/config_site.h")
	if err != nil {
		return err
	}
	return root.WriteFile("libcxx/include/__config_site", site, 0o644)
}

// libcxxUnits are the sources to compile.
func libcxxUnits(files []string) []unit {
	var units []unit
	for _, l := range libcxxLibraries {
		for _, file := range files {
			name, ok := strings.CutPrefix(file, l.dir+"/")
			ext := path.Ext(name)
			if !ok || l.skip.MatchString(name) || !slices.Contains([]string{".cpp", ".c", ".S"}, ext) {
				continue
			}
			language := l.c
			if ext == ".cpp" {
				language = l.cxxFlags(name)
			}
			units = append(units, unit{source: file, object: file + ".o", cxx: ext == ".cpp", flags: slices.Concat(libcxxFlags, l.flags, language, l.one[name])})
		}
	}
	return units
}

// cxxFlags are the flags of one C++ source.
func (l library) cxxFlags(name string) []string {
	if len(l.headers) == 0 || slices.Contains(l.alone, name) {
		return l.cxx
	}
	return append(slices.Clone(l.cxx), "-include-pch", l.precompiled())
}

func (l library) precompiled() string { return l.dir + "/headers.pch" }

// precompile makes the library's precompiled header, which more than halves the time that its sources take.
func (c compiler) precompile(dir string, l library) error {
	if len(l.headers) == 0 {
		return nil
	}
	var text strings.Builder
	for _, h := range l.headers {
		fmt.Fprintf(&text, "#include <%s>\n", h)
	}
	source := l.dir + "/headers.h"
	if err := os.WriteFile(filepath.Join(dir, source), []byte(text.String()), 0o644); err != nil {
		return err
	}
	flags := slices.Concat(libcxxFlags, l.flags, l.cxx, []string{"-x", "c++-header"})
	_, err := c.compileOne(dir, unit{source: source, object: l.precompiled(), cxx: true, flags: flags})
	return err
}

// addLibcxxHeaders adds what programs include. unwind.h is clang's own.
func addLibcxxHeaders(t *tree, dir string, files []string) error {
	for _, file := range files {
		name, ok := strings.CutPrefix(file, "libcxx/include/")
		if !ok {
			name, ok = strings.CutPrefix(file, "libcxxabi/include/")
		}
		if !ok || strings.HasSuffix(name, ".in") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return err
		}
		if err := t.writeString(libcxxHeaders+"/"+name, string(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
