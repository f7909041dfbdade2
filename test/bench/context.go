package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sqliteSpec is what the Dockerfile does, in crossgo's words.
const sqliteSpec = `# syntax=ghcr.io/crossgo/crossgo:1
go: "1.26.8"
args: {VERSION: dev}
binaries:
  - main: .
    cgo: on
    libc: glibc
    link: dynamic
    tags: [sqlite_fts5]
    ldflags: ["-X main.version=${VERSION}"]
`

// sqlite is a copy of the example with the files of all rivals.
func (b *bench) sqlite() string {
	dir := filepath.Join(b.tempDir("context-"), "sqlite")
	b.check(os.CopyFS(dir, os.DirFS(filepath.Join(b.env.Repo, "examples", "sqlite"))))
	text := string(must(os.ReadFile(filepath.Join(b.env.Repo, "test", "bench", "Dockerfile"))))
	for name, text := range map[string]string{
		"Dockerfile": text, "syntax.Dockerfile": "# syntax=docker/dockerfile:1\n" + text, "crossgo.yaml": sqliteSpec,
	} {
		b.check(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

// edit changes a context; n counts the case's repeats.
type edit func(b *bench, dir string, n int)

// nothing is the edit that is none.
func nothing(*bench, string, int) {}

// editLine changes the program by one line that was never there before.
func editLine(b *bench, dir string, _ int) {
	b.edits++
	b.check(appendTo(filepath.Join(dir, "main.go"), fmt.Sprintf("\nfunc init() { version += \"-%d\" }\n", b.edits)))
}

// stdPackages are packages of the standard library that the example does not need, one for each repeat.
var stdPackages = []string{"encoding/xml", "archive/zip", "text/template", "image/png", "encoding/csv", "net/mail", "go/parser"}

// editStd imports one more of them.
func editStd(b *bench, dir string, n int) {
	text := fmt.Sprintf("package main\n\nimport _ %q\n", stdPackages[n%len(stdPackages)])
	b.check(os.WriteFile(filepath.Join(dir, fmt.Sprintf("std%d.go", n)), []byte(text), 0o644))
}

// modules are small ones without C and without requirements, one for each repeat. Their hashes stand in crossgo's own
// go.sum.
var modules = []struct{ path, version string }{
	{"github.com/google/uuid", "v1.6.0"}, {"github.com/agext/levenshtein", "v1.2.3"}, {"github.com/pkg/errors", "v0.9.1"},
	{"github.com/moby/locker", "v1.0.1"},
}

// editModule requires and imports one more of them.
func editModule(b *bench, dir string, n int) {
	m := modules[n%len(modules)]
	sums := sumsOf(string(must(os.ReadFile(filepath.Join(b.env.Repo, "go.sum")))), m.path+" "+m.version)
	if strings.Count(sums, "\n") != 2 {
		b.check(fmt.Errorf("go.sum: found %q for %s %s, want two lines", sums, m.path, m.version))
	}
	b.check(appendTo(filepath.Join(dir, "go.mod"), fmt.Sprintf("\nrequire %s %s\n", m.path, m.version)))
	b.check(appendTo(filepath.Join(dir, "go.sum"), sums))
	text := fmt.Sprintf("package main\n\nimport _ %q\n", m.path)
	b.check(os.WriteFile(filepath.Join(dir, fmt.Sprintf("module%d.go", n)), []byte(text), 0o644))
}

// sumsOf are the lines of a go.sum for one version of a module: of its files, and of its go.mod.
func sumsOf(sum, module string) string {
	var lines strings.Builder
	for line := range strings.Lines(sum) {
		if strings.HasPrefix(line, module+" ") || strings.HasPrefix(line, module+"/go.mod ") {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if end := f.Close(); err == nil {
		err = end
	}
	return err
}

// program and library are the sources of the generated modules: every program needs the library and the same part of the
// standard library.
const (
	program = "package main\n\nimport (\n\t\"encoding/json\"\n\t\"os\"\n\n\t\"example.com/many/lib\"\n)\n\nfunc main() { _ = json.NewEncoder(os.Stdout).Encode(lib.Words(%d)) }\n"
	library = "package lib\n\nimport \"strings\"\n\n// Words are n.\nfunc Words(n int) []string { return strings.Fields(strings.Repeat(\"word \", n)) }\n"
	pureYML = "# syntax=ghcr.io/crossgo/crossgo:1\ngo: \"1.26.8\"\nbinaries: [{main: ./cmd/..., cgo: off}]\n"
)

// programs is a pure Go module with n main packages.
func (b *bench) programs(n int) string {
	dir := filepath.Join(b.tempDir("context-"), "many")
	files := map[string]string{"go.mod": "module example.com/many\n\ngo 1.26\n", "lib/lib.go": library, "crossgo.yaml": pureYML}
	for i := range n {
		files[fmt.Sprintf("cmd/p%03d/main.go", i)] = fmt.Sprintf(program, i)
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		b.check(os.MkdirAll(filepath.Dir(file), 0o755))
		b.check(os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}
