package sysroot

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// layout decides where a package's file goes in a root, or that it is left out. It works on clean slash paths without
// a leading slash.
type layout struct {
	kind Kind
	musl string // musl triple whose directories are flattened; KindMusl only
	gnu  string // GNU triple of the same architecture
}

// MergedDirs are the directories that a merged /usr has moved below usr; each root has them there, and links to them.
var MergedDirs = []string{"bin", "lib", "lib64", "sbin"}

// merged is the path after the /usr merge: older suites' packages still ship lib/…
func merged(name string) string {
	first, _, _ := strings.Cut(name, "/")
	if slices.Contains(MergedDirs, first) {
		return "usr/" + name
	}
	return name
}

// place gives a file's path in the root.
func (l layout) place(name string) (string, bool) {
	name = merged(name)
	if l.kind == KindMusl {
		name = l.flatten(name)
	}
	return name, l.keeps(name)
}

// flatten moves the directories of the musl triple to where clang looks in any sysroot. Debian puts musl beside glibc,
// usr/lib/aarch64-linux-musl; in a root of its own it belongs into usr/lib, as on every musl system.
func (l layout) flatten(name string) string {
	for _, dir := range []string{"usr/include", "usr/lib"} {
		if rest, ok := strings.CutPrefix(name, dir+"/"+l.musl); ok && (rest == "" || rest[0] == '/') {
			return dir + rest
		}
	}
	return name
}

// keptDirs are the directories of a root that something in a build reads; all else (documentation, manuals,
// translations, configuration, cron jobs…) is left out.
var keptDirs = map[Kind][]string{
	KindHost:  {"usr/bin", "usr/lib", "usr/lib64"},
	KindGlibc: {"usr/include", "usr/lib", "usr/lib64", "usr/share/pkgconfig"},
	KindMusl:  {"usr/include", "usr/lib", "usr/share/pkgconfig"},
}

// droppedDirs are parts of usr/lib that no compiler, linker or compiled program needs: character set converters of
// iconv, loader auditing, translations, interpreters' modules, debug files. The star stands for one path element.
var droppedDirs = []string{
	"usr/lib/*/gconv", "usr/lib/*/audit", "usr/lib/*/perl", "usr/lib/*/perl5", "usr/lib/*/girepository-1.0", "usr/lib/*/valgrind",
	"usr/lib/locale", "usr/lib/debug", "usr/lib/python3", "usr/lib/systemd", "usr/lib/tmpfiles.d", "usr/lib/sysusers.d", "usr/lib/valgrind",
}

func (l layout) keeps(name string) bool {
	if !slices.ContainsFunc(keptDirs[l.kind], func(dir string) bool { return below(dir, name) }) {
		return false
	}
	if slices.ContainsFunc(droppedDirs, func(pattern string) bool { return belowPattern(pattern, name) }) {
		return false
	}
	return l.kind != KindMusl || l.keepsMusl(name)
}

// sharedObject is a shared library's name, with or without a version.
var sharedObject = regexp.MustCompile(`\.so(\.[0-9][^/]*)?$`)

// keepsMusl leaves Debian's shared objects out, since they need glibc: libgcc_s.so with its linker script and those of
// the user's packages. Static archives, headers and .pc files serve as they are. musl's own libc.so and its loader stay.
func (l layout) keepsMusl(name string) bool {
	if !sharedObject.MatchString(name) || below("usr/include", name) {
		return true
	}
	dir, base := path.Split(name)
	return dir == "usr/lib/" && (base == "libc.so" || strings.HasPrefix(base, "ld-musl-"))
}

// below reports whether name is dir or lies in it.
func below(dir, name string) bool {
	rest, ok := strings.CutPrefix(name, dir)
	return ok && (rest == "" || rest[0] == '/')
}

func belowPattern(pattern, name string) bool {
	depth := strings.Count(pattern, "/") + 1
	parts := strings.SplitN(name, "/", depth+1)
	if len(parts) < depth {
		return false
	}
	ok, _ := path.Match(pattern, strings.Join(parts[:depth], "/"))
	return ok
}

// link gives the target of a symbolic link in its new place: always relative, so that it holds wherever the root is
// mounted, and adapted to what moved. keep is false when the link has become one to itself. ok is false when the link
// leads out of the root.
func (l layout) link(name, target string) (rel string, keep, ok bool) {
	abs := target
	if !path.IsAbs(target) {
		abs = path.Dir(name) + "/" + target
		if climbs(abs) {
			return "", false, false
		}
	}
	old := strings.TrimPrefix(path.Clean("/"+abs), "/")
	to := merged(old)
	from := merged(name)
	if l.kind == KindMusl {
		to, from = l.flatten(to), l.flatten(from)
	}
	return relative(path.Dir(from), to), to != from, true
}

// climbs reports whether a relative path has at some point more ".." than directories before it.
func climbs(p string) bool {
	depth := 0
	for _, part := range strings.Split(p, "/") {
		switch part {
		case "", ".":
		case "..":
			depth--
		default:
			depth++
		}
		if depth < 0 {
			return true
		}
	}
	return false
}

// relative is the path from directory dir to to; both are clean and relative to the root.
func relative(dir, to string) string {
	var a, b []string
	if dir != "." {
		a = strings.Split(dir, "/")
	}
	b = strings.Split(to, "/")
	for len(a) > 0 && len(b) > 1 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	return strings.Repeat("../", len(a)) + strings.Join(b, "/")
}
