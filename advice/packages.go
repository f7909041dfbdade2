package advice

import (
	"cmp"
	"fmt"
	"go/build/constraint"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/plan"
)

// packages are the errors of single packages in go list, by their words.
var packages = []row{
	{text: regexp.MustCompile(`missing go\.sum entry for module providing package (\S+)`), all: unsummed},
	{text: regexp.MustCompile(`([^@\s]+)@(\S+): missing go\.sum entry for go\.mod file`), file: "go.mod $1 $2", say: "go.sum has no line for $1 $2: " + tidy},
	{text: regexp.MustCompile(`updates to go\.(mod|work) needed`), file: "go.$1", say: "go.$1 is not what the packages need: run go mod tidy (with a go.work: go work sync) and commit the module files"},
	{text: regexp.MustCompile(`(?:no required module provides package|cannot find module providing package) ([^\s;:]+)`), all: unprovided},
	{text: regexp.MustCompile(`package (\S+) is not in std`), all: notStandard},
	{text: regexp.MustCompile(`([^@\s]+)@\S+: replacement directory (\S+) does not exist`), all: replaced},
	{text: regexp.MustCompile(`(?s)ambiguous import: found package (\S+) in multiple modules:\s+(.*)`), all: ambiguous},
	{text: regexp.MustCompile(`case-insensitive import collision: "([^"]+)" and "([^"]+)"`),
		say: "two imports differ in nothing but case: $1 and $2: write one path everywhere, as the module's go.mod has it"},
	{text: regexp.MustCompile(`case-insensitive file name collision: "([^"]+)" and "([^"]+)"`),
		say: "two files differ in nothing but case: $1 and $2: rename one, since some file systems cannot hold both"},
	{text: regexp.MustCompile(`build constraints exclude all Go files in (\S+)`), all: excluded},
	{text: regexp.MustCompile(`pattern (\S+): no matching files found`),
		say: "pattern $1: no matching files found: the build context has no file that it names. It is missing, is made by another build that has to run before, or a .dockerignore leaves it out"},
	{text: regexp.MustCompile(`pattern (\S+): cannot embed irregular file (\S+)`),
		say: "pattern $1: cannot embed irregular file $2: it is a symbolic link or another special file, and go:embed takes none: put the file itself there"},
	{text: regexp.MustCompile(`pattern (\S+): cannot embed directory (\S+): contains no embeddable files`),
		say: "pattern $1: the folder $2 has no file that can be embedded: go:embed leaves out names that begin with . or _ (all:$2 takes them), and a .dockerignore may leave out others"},
	{text: regexp.MustCompile(`pattern (\S+): cannot embed file (\S+): in different module`),
		say: "pattern $1: $2 is in another module, since a folder above it has a go.mod: embed it in a package of that module"},
	{text: regexp.MustCompile(`C source files not allowed when not using cgo or SWIG: (.*)`),
		say: `C files in a package without cgo: $1: a Go file of the package has to import "C", and its build constraints have to hold`},
	{text: regexp.MustCompile(`found packages (\S+) \((\S+)\) and (\S+) \((\S+)\) in (\S+)`), all: twoPackages},
	{text: regexp.MustCompile(`current directory is contained in a module that is not one of the workspace modules listed in go\.work`), file: "go.work",
		say: "go.work does not use the module of the spec: run go work use in its folder and commit go.work, or leave go.work out by a .dockerignore"},
	{text: regexp.MustCompile(`main module \((\S+)\) does not contain package (\S+)`),
		say: "$2 is not in the module $1, since a folder above it has a go.mod of its own: name that folder with module: in the spec, or use a go.work"},
	{text: regexp.MustCompile(`use of internal package (\S+) not allowed`),
		say: "use of internal package $1 not allowed: only the code around its folder internal/ may import it"},
	{text: regexp.MustCompile(`import "(\S+)" is a program, not an importable package`),
		say: `import "$1" is a program, not an importable package: move what is shared out of package main`},
	{text: regexp.MustCompile(`^(\S+\.go): (invalid #cgo .*: (#cgo .*))$`), all: badCgoLine},
	{text: regexp.MustCompile(`^malformed import path "(\S+)"`), say: `malformed import path "$1"`},
}

// unsummed is a package whose module is required and not in go.sum.
func unsummed(t Tree, m []string) []plan.Problem {
	name, version, place := t.required(m[1])
	if name == "" {
		return []plan.Problem{{Text: fmt.Sprintf("go.sum has no line for the module of %s: %s", m[1], tidy)}}
	}
	return []plan.Problem{{Where: place, Text: fmt.Sprintf("go.sum has no line for %s %s, which package %s is in: %s", name, version, m[1], tidy)}}
}

// Unsummed are the requirements of go.mod for which go.sum has no line.
func (t Tree) Unsummed() []plan.Problem {
	file, data := t.find("go.mod")
	sums, _ := fs.ReadFile(t.FS, path.Join(path.Dir(file), "go.sum"))
	var list []plan.Problem
	for i, line := range strings.Split(string(data), "\n") {
		m := requirement.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || strings.Contains(line, "=>") || strings.Contains(string(data), m[1]+" =>") || strings.Contains(string(sums), m[1]+" "+m[2]+"/go.mod ") {
			continue
		}
		list = append(list, plan.Problem{Where: fmt.Sprintf("%s:%d", file, i+1), Text: fmt.Sprintf("go.sum has no line for %s %s: %s", m[1], m[2], tidy)})
	}
	return list
}

var requirement = regexp.MustCompile(`^(?:require\s+)?([^\s"(]+/[^\s"]+|[^\s"(]+\.[^\s"]+)\s+(v\d\S+)`)

// required is the module of go.mod that may have a package: the one with the longest path.
func (t Tree) required(pkg string) (name, version, place string) {
	file, data := t.find("go.mod")
	for i, line := range strings.Split(string(data), "\n") {
		m := requirement.FindStringSubmatch(strings.TrimSpace(line))
		if m != nil && (pkg == m[1] || strings.HasPrefix(pkg, m[1]+"/")) && len(m[1]) > len(name) {
			name, version, place = m[1], m[2], fmt.Sprintf("%s:%d", file, i+1)
		}
	}
	return name, version, place
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)`)

// module is the path of the module.
func (t Tree) module() string {
	_, data := t.find("go.mod")
	if m := moduleLine.FindSubmatch(data); m != nil {
		return string(m[1])
	}
	return ""
}

// unprovided is a package that no module has: of the module itself, or of one that go.mod does not name.
func unprovided(t Tree, m []string) []plan.Problem {
	pkg, own := m[1], t.module()
	if rest, ok := strings.CutPrefix(pkg+"/", own+"/"); ok && own != "" {
		dir := path.Join(t.Dir, rest)
		return []plan.Problem{{Text: fmt.Sprintf("package %s: the build context has no Go files in %s: they are missing, are generated by a command that has to run before (go generate), or a .dockerignore leaves them out", pkg, dir)}}
	}
	if strings.Contains(m[0], "cannot find module") {
		return []plan.Problem{{Text: fmt.Sprintf("package %s is not in vendor/: run go mod vendor and commit vendor/", pkg)}}
	}
	text := fmt.Sprintf("no module of go.mod has package %s: run go get %s and commit go.mod and go.sum", pkg, pkg)
	if sameHost(pkg, own) {
		text += fmt.Sprintf(" (the module's own path is %s)", own)
	}
	return []plan.Problem{{Text: text}}
}

// sameHost reports whether two paths have the first two elements in common: one may be the other, misspelt or renamed.
func sameHost(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	return len(x) > 2 && len(y) > 2 && x[0] == y[0] && x[1] == y[1]
}

func notStandard(t Tree, m []string) []plan.Problem {
	return []plan.Problem{{Text: fmt.Sprintf("package %s is not in the standard library, and a path whose first part has no dot names nothing else: the module's own packages begin with %s", m[1], t.module())}}
}

var inParentheses = regexp.MustCompile(` \([^)]*\)`)

func ambiguous(_ Tree, m []string) []plan.Problem {
	var modules []string
	for line := range strings.Lines(m[2]) {
		modules = append(modules, strings.TrimSpace(inParentheses.ReplaceAllString(line, "")))
	}
	return []plan.Problem{{Text: fmt.Sprintf("package %s is in several modules, %s: take one out of go.mod, or raise the one that had it first to a version without it, and %s", m[1], strings.Join(modules, " and "), tidy)}}
}

// twoPackages is a folder with files of two packages; the place is one of the files.
func twoPackages(t Tree, m []string) []plan.Problem {
	dir := strings.TrimPrefix(strings.TrimPrefix(m[5], t.Root), "/")
	return []plan.Problem{{Where: path.Join(dir, m[2]),
		Text: fmt.Sprintf("found package %s in %s and package %s in %s: a folder holds one package: move one of them, or give it a build constraint", m[1], m[2], m[3], m[4])}}
}

func badCgoLine(t Tree, m []string) []plan.Problem {
	return []plan.Problem{{Where: t.lineOf(m[1], m[3]), Text: m[2]}}
}

// lineOf is the first line of a file with a text in it: "a.go:3".
func (t Tree) lineOf(file, text string) string {
	data, _ := fs.ReadFile(t.FS, file)
	for i, line := range strings.Split(string(data), "\n") {
		if strings.Contains(line, text) {
			return fmt.Sprintf("%s:%d", file, i+1)
		}
	}
	return file
}

// excluded says for which platforms a package has files, where it has none for this one.
func excluded(t Tree, m []string) []plan.Problem {
	dir := strings.TrimPrefix(strings.TrimPrefix(m[1], t.Root), "/")
	text := fmt.Sprintf("build constraints exclude all Go files of %s", cmp.Or(dir, "."))
	if files := t.constraints(cmp.Or(dir, ".")); len(files) > 0 {
		text += ": it has " + strings.Join(files, ", ")
	}
	return []plan.Problem{{Text: text}}
}

// constraints are the Go files of a folder with what each is for.
func (t Tree) constraints(dir string) []string {
	tree := t.FS
	names, _ := fs.Glob(tree, path.Join(dir, "*.go"))
	if len(names) == 0 && t.Mods != nil {
		tree = t.Mods
		names, _ = fs.Glob(tree, path.Join(dir, "*.go"))
	}
	var list []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, _ := fs.ReadFile(tree, name)
		if what := constraintOf(path.Base(name), string(data)); what != "" {
			list = append(list, fmt.Sprintf("%s (%s)", path.Base(name), what))
		}
	}
	return list
}

// constraintOf is what a file's name and its //go:build line ask for.
func constraintOf(name, text string) string {
	var all []string
	parts := strings.Split(strings.TrimSuffix(name, ".go"), "_")
	for _, p := range parts[1:] {
		if slices.Contains(namedPlatforms, p) {
			all = append(all, p)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "package ") {
			break
		}
		if expr, err := constraint.Parse(strings.TrimSpace(line)); err == nil && constraint.IsGoBuild(strings.TrimSpace(line)) {
			all = append(all, expr.String())
		}
	}
	if len(all) == 0 && strings.Contains(text, "\nimport \"C\"") {
		all = append(all, "cgo")
	}
	return strings.Join(all, " && ")
}

// namedPlatforms are the words that a file's name may end with (internal/syslist of Go 1.26).
var namedPlatforms = strings.Fields(`aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows
386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm`)

// ByPlatform reports whether a text is about files that are for some platforms only.
func ByPlatform(text string) bool {
	return strings.Contains(text, "build constraints exclude all Go files")
}

var (
	missingEmbed   = regexp.MustCompile(`^([^\s:]+):\d+(?::\d+)?: (?:for [^:]+: )?pattern (?:all:)?(\S+): (?:no matching files|the folder)`)
	missingPackage = regexp.MustCompile(`: the build context has no Go files in (\S+):`)
)

// Missing is the pattern below the context of the files that a text says are not there; empty when it speaks of none.
func Missing(text string) string {
	if m := missingEmbed.FindStringSubmatch(text); m != nil {
		return path.Join(path.Dir(m[1]), m[2])
	}
	if m := missingPackage.FindStringSubmatch(text); m != nil {
		return path.Join(m[1], "*.go")
	}
	return ""
}
