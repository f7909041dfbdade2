package verify

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
)

// object is one loaded file: the program or a library.
type object struct {
	path  string // in the tree
	asked string // the path that it was opened by, perhaps through links; empty for a program that is not in the tree yet
	bin   *binary
	by    *object // who needed it first; nil for the program
}

// searcher finds libraries as one libc's loader does. The environment (LD_LIBRARY_PATH) is taken to be empty.
type searcher struct {
	tree   tree
	libc   string   // musl or glibc
	system []string // directories after those of the files themselves
}

// muslOwn are the library names that musl's loader takes for itself, whatever follows the dot (ldso/dynlink.c: reserved).
var muslOwn = []string{"libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."}

// newSearcher reads the configuration of the loader at asked, whose real path is real.
func newSearcher(t tree, asked, real string) (*searcher, error) {
	s := &searcher{tree: t, libc: glibc}
	var err error
	if libcOfLoader(asked) == musl {
		s.libc = musl
		s.system, err = muslDirs(t, asked)
		return s, err
	}
	if s.system, err = confDirs(t); err != nil {
		return nil, err
	}
	s.system = append(s.system, glibcDirs(t, real)...)
	return s, nil
}

// muslDirs is the content of /etc/ld-musl-ARCH.path (lines or colons), or musl's default.
func muslDirs(t tree, loader string) ([]string, error) {
	arch := strings.TrimSuffix(strings.TrimPrefix(path.Base(loader), "ld-musl-"), ".so.1")
	text, err := t.text("/etc/ld-musl-" + arch + ".path")
	if err != nil {
		return nil, err
	}
	if dirs := strings.FieldsFunc(text, func(c rune) bool { return c == ':' || c == '\n' }); len(dirs) > 0 {
		return dirs, nil
	}
	return []string{"/lib", "/usr/local/lib", "/usr/lib"}, nil
}

// glibcDirs are the directories compiled into a glibc: Debian's has its multiarch ones, which show in the loader's real
// path, or in the loader itself where that was copied to the path that programs ask for; others have lib64 on 64-bit systems.
func glibcDirs(t tree, loader string) []string {
	triple := path.Base(path.Dir(loader))
	if !strings.Contains(triple, "-linux-gnu") {
		triple = multiarch(t, loader)
	}
	if triple != "" {
		return []string{"/lib/" + triple, "/usr/lib/" + triple, "/lib", "/usr/lib"}
	}
	return []string{"/lib64", "/usr/lib64", "/lib", "/usr/lib"}
}

// systemDir is one of the directories in a loader of Debian's glibc (system_dirs of elf/dl-load.c).
var systemDir = regexp.MustCompile(`\x00/usr/lib/([a-z0-9_]+-linux-gnu[a-z0-9]*)/\x00`)

// maxLoader bounds how much of a loader is read; glibc's have less than 300 kB.
const maxLoader = 4 << 20

// multiarch is the triple in a loader's directories; empty when there is none.
func multiarch(t tree, loader string) string {
	f, _, _, err := t.open(loader)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLoader))
	m := systemDir.FindSubmatch(data)
	if err != nil || m == nil {
		return ""
	}
	return string(m[1])
}

// confDirs are the directories of /etc/ld.so.conf. They count only when ldconfig was run, since the loader itself reads
// nothing but its /etc/ld.so.cache.
func confDirs(t tree) ([]string, error) {
	if !t.exists("/etc/ld.so.cache") {
		return nil, nil
	}
	return readConf(t, "/etc/ld.so.conf", 0)
}

// maxIncludes is how deep ld.so.conf may include.
const maxIncludes = 8

func readConf(t tree, name string, depth int) ([]string, error) {
	if depth > maxIncludes {
		return nil, fmt.Errorf("%s: included more than %d deep", name, maxIncludes)
	}
	text, err := t.text(name)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t\r\n:,", c) })
		if len(words) == 0 || words[0] == "hwcap" {
			continue
		}
		if words[0] != "include" {
			dirs = append(dirs, words...)
			continue
		}
		for _, pattern := range words[1:] {
			if !path.IsAbs(pattern) {
				pattern = path.Join(path.Dir(name), pattern)
			}
			for _, file := range t.glob(pattern) {
				more, err := readConf(t, file, depth+1)
				if err != nil {
					return nil, err
				}
				dirs = append(dirs, more...)
			}
		}
	}
	return dirs, nil
}

// dirs are the directories searched for what o needs, in order.
func (s *searcher) dirs(o *object) []string {
	var dirs []string
	own := o.bin.elf.dynamic
	for p := o; p != nil; p = p.by {
		d := p.bin.elf.dynamic
		switch {
		case s.libc == musl && len(d.runpath) > 0: // musl treats both alike and asks every ancestor
			dirs = append(dirs, expand(d.runpath, p)...)
		case s.libc == musl, len(own.runpath) == 0 && len(d.runpath) == 0:
			dirs = append(dirs, expand(d.rpath, p)...)
		}
	}
	if s.libc == glibc {
		dirs = append(dirs, expand(own.runpath, o)...)
	}
	return append(dirs, s.system...)
}

// expand puts the object's directory in place of $ORIGIN and drops what depends on the working directory or the processor.
func expand(dirs []string, o *object) []string {
	var out []string
	for _, dir := range dirs {
		dir = strings.ReplaceAll(dir, "${ORIGIN}", "$ORIGIN")
		dir = strings.ReplaceAll(dir, "$ORIGIN", path.Dir(o.path))
		if path.IsAbs(dir) && !strings.Contains(dir, "$") {
			out = append(out, dir)
		}
	}
	return out
}

// find looks for a library that o needs. A file for another machine is passed over, as glibc does, and told in why.
func (s *searcher) find(o *object, name string) (found *object, why string) {
	candidates := []string{name}
	why = "which the image does not have"
	if !strings.Contains(name, "/") {
		dirs := s.dirs(o)
		candidates = candidates[:0]
		for _, dir := range dirs {
			candidates = append(candidates, path.Join(dir, name))
		}
		why += " in " + strings.Join(dirs, ", ")
	}
	for _, candidate := range candidates {
		lib, bad := s.load(candidate, o)
		if lib != nil {
			return lib, ""
		}
		if bad != "" {
			why = bad
		}
	}
	return nil, why
}

// load parses the file at a path of the tree; bad is empty when there is nothing at all.
func (s *searcher) load(name string, by *object) (lib *object, bad string) {
	f, real, info, err := s.tree.open(name)
	if err != nil {
		return nil, ""
	}
	defer f.Close()
	bin, err := parse(f, info.Size())
	if err != nil {
		return nil, fmt.Sprintf("but the image's %s is %s", name, err)
	}
	if mine := by.bin; bin.format != formatELF || bin.machine != mine.machine || bin.bits != mine.bits || bin.order != mine.order {
		return nil, fmt.Sprintf("but the image's %s is %s, want %s", name, bin.kindOfMachine(), mine.kindOfMachine())
	}
	return &object{path: real, asked: name, bin: bin, by: by}, ""
}

func (b *binary) kindOfMachine() string {
	return fmt.Sprintf("%s %d-bit %s %s", b.format, b.bits, b.order, b.machine)
}
