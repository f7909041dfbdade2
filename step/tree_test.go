package step

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

const (
	gomod     = "module example.com/m\n\ngo 1.24\n"
	needGreet = gomod + "\nrequire example.test/greet v1.1.0\n"
	useGreet  = "package main\n\nimport _ \"example.test/greet\"\n\nfunc main() {}\n"
	useLib    = "package main\n\nimport _ \"example.com/m/lib\"\n\nfunc main() {}\n"
	plainMain = "package main\n\nfunc main() {}\n"
	embeds    = "package main\n\nimport \"embed\"\n\n//go:embed %\nvar f embed.FS\n\nfunc main() {}\n"
)

func embedding(pattern string) string { return strings.Replace(embeds, "%", pattern, 1) }

// goTexts are what the go command refuses, each by a module that is so, with what crossgo says: the texts are those of the go
// command that runs the tests.
var goTexts = []struct {
	name  string
	files map[string]string
	sums  string // what is done to go.sum, which go mod tidy wrote: the expression is taken out of it, or $ for all of it
	want  string
}{
	{name: "no go.sum", files: map[string]string{"go.mod": needGreet, "main.go": useGreet},
		want: "go.mod:5: go.sum has no line for example.test/greet v1.1.0, which package example.test/greet is in: run go mod tidy and commit go.mod and go.sum"},
	{name: "no line in go.sum", files: map[string]string{"go.mod": needGreet, "main.go": useGreet}, sums: `(?m)^example.test/greet v1.1.0 .*\n`,
		want: "go.mod:5: go.sum has no line for example.test/greet v1.1.0, which package example.test/greet is in: run go mod tidy and commit go.mod and go.sum"},
	{name: "not required", files: map[string]string{"go.mod": gomod, "main.go": useGreet},
		want: "main.go:3:8: no module of go.mod has package example.test/greet: run go get example.test/greet and commit go.mod and go.sum"},
	{name: "another name for itself", files: map[string]string{"go.mod": "module github.com/me/app\n\ngo 1.24\n", "main.go": "package main\n\nimport _ \"github.com/me/apps/lib\"\n\nfunc main() {}\n"},
		want: "main.go:3:8: no module of go.mod has package github.com/me/apps/lib: run go get github.com/me/apps/lib and commit go.mod and go.sum (the module's own path is github.com/me/app)"},
	{name: "vendor of another version", files: map[string]string{"go.mod": needGreet, "main.go": useGreet,
		"vendor/modules.txt": "# example.test/greet v1.0.0\n## explicit; go 1.24\nexample.test/greet\n", "vendor/example.test/greet/greet.go": "package greet\n"},
		want: "go.mod:5: example.test/greet: go.mod requires v1.1.0, and vendor/modules.txt has v1.0.0: run go mod vendor and commit vendor/"},
	{name: "vendor lacks a module", files: map[string]string{"go.mod": needGreet, "main.go": useGreet, "vendor/modules.txt": ""},
		want: "go.mod:5: example.test/greet: go.mod requires v1.1.0, and vendor/modules.txt does not have it: run go mod vendor and commit vendor/"},
	{name: "vendor without modules.txt", files: map[string]string{"go.mod": needGreet, "main.go": useGreet, "vendor/example.test/greet/greet.go": "package greet\n"},
		want: "go.mod:5: example.test/greet: go.mod requires v1.1.0, and vendor/modules.txt does not have it: run go mod vendor and commit vendor/"},
	{name: "vendor of what is not required", files: map[string]string{"go.mod": gomod, "main.go": plainMain,
		"vendor/modules.txt": "# example.test/greet v1.0.0\n## explicit; go 1.24\nexample.test/greet\n", "vendor/example.test/greet/greet.go": "package greet\n"},
		want: "vendor/modules.txt:1: example.test/greet: vendor/modules.txt has v1.0.0, and go.mod does not require it: run go mod vendor and commit vendor/"},
	{name: "vendor before a replace", files: map[string]string{"go.mod": needGreet + "\nreplace example.test/greet => ./g\n", "g/go.mod": "module example.test/greet\n", "g/g.go": "package greet\n", "main.go": useGreet,
		"vendor/modules.txt": "# example.test/greet v1.1.0\n## explicit; go 1.24\nexample.test/greet\n", "vendor/example.test/greet/greet.go": "package greet\n"},
		want: "go.mod:5: example.test/greet is replaced in go.mod, but not marked as replaced in vendor/modules.txt: run go mod vendor and commit vendor/"},
	{name: "vendor lacks a package", files: map[string]string{"go.mod": needGreet, "main.go": useGreet, "vendor/modules.txt": "# example.test/greet v1.1.0\n## explicit; go 1.24\n"},
		want: "main.go:3:8: package example.test/greet is not in vendor/: run go mod vendor and commit vendor/"},
	{name: "newer go line", files: map[string]string{"go.mod": "module example.com/m\n\ngo 1.99\n", "main.go": plainMain},
		want: "go.mod:3: go.mod requires Go 1.99, and Go VERSION builds: raise go: in the spec, or leave the key out"},
	{name: "imports that differ in case", files: map[string]string{"go.mod": gomod, "main.go": "package main\n\nimport (\n\t_ \"example.com/m/lib\"\n\t_ \"example.com/m/Lib\"\n)\n\nfunc main() {}\n", "lib/a.go": "package lib\n", "Lib/a.go": "package lib\n"},
		want: "main.go:4:2: two imports differ in nothing but case: example.com/m/lib and example.com/m/Lib: write one path everywhere, as the module's go.mod has it"},
	{name: "files that differ in case", files: map[string]string{"go.mod": gomod, "main.go": plainMain, "Main.go": "package main\n"},
		want: "@{binaries[0].main[0]}: main: example.com/m: two files differ in nothing but case: Main.go and main.go: rename one, since some file systems cannot hold both"},
	{name: "ambiguous import", files: map[string]string{"go.mod": gomod + "\nrequire (\n\texample.test/amb v1.0.0\n\texample.test/amb/sub v1.0.0\n)\n", "main.go": strings.Replace(useGreet, "greet", "amb/sub", 1)}, sums: "+",
		want: "main.go:3:8: package example.test/amb/sub is in several modules, example.test/amb v1.0.0 and example.test/amb/sub v1.0.0: take one out of go.mod, or raise the one that had it first to a version without it, and run go mod tidy and commit go.mod and go.sum"},
	{name: "import cycle", files: map[string]string{"go.mod": gomod, "main.go": useLib, "lib/a.go": "package lib\n\nimport _ \"example.com/m/b\"\n", "b/b.go": "package b\n\nimport _ \"example.com/m/lib\"\n"},
		want: "b/b.go:3: import cycle not allowed: example.com/m imports example.com/m/lib imports example.com/m/b imports example.com/m/lib"},
	{name: "internal package", files: map[string]string{"go.mod": gomod, "main.go": strings.Replace(useLib, "lib", "a/internal/x", 1), "a/internal/x/x.go": "package x\n"},
		want: "main.go:3:8: use of internal package example.com/m/a/internal/x not allowed: only the code around its folder internal/ may import it"},
	{name: "not in the standard library", files: map[string]string{"go.mod": gomod, "main.go": strings.Replace(useLib, "example.com/m", "m", 1)},
		want: "main.go:3:8: package m/lib is not in the standard library, and a path whose first part has no dot names nothing else: the module's own packages begin with example.com/m"},
	{name: "own package that is not there", files: map[string]string{"go.mod": gomod, "main.go": useLib},
		want: "main.go:3:8: package example.com/m/lib: the build context has no Go files in lib: they are missing, are generated by a command that has to run before (go generate), or a .dockerignore leaves them out"},
	{name: "imported program", files: map[string]string{"go.mod": gomod, "main.go": useLib, "lib/a.go": plainMain},
		want: "main.go:3:8: import \"example.com/m/lib\" is a program, not an importable package: move what is shared out of package main"},
	{name: "malformed go.mod", files: map[string]string{"go.mod": gomod + "\nrequires example.test/greet v1.0.0\nrequire example.test/greet\n", "main.go": plainMain},
		want: "go.mod:5: unknown directive: requires\ngo.mod:6: usage: require module/path v1.2.3"},
	{name: "merge conflict in go.mod", files: map[string]string{"go.mod": gomod + "\n<<<<<<< HEAD\nrequire example.test/greet v1.0.0\n=======\n", "main.go": plainMain},
		want: "go.mod:5: unknown directive: <<<<<<<: a merge left its conflict in the file\ngo.mod:7: unknown directive: =======: a merge left its conflict in the file"},
	{name: "branch in go.mod", files: map[string]string{"go.mod": gomod + "\nrequire example.test/greet main\n", "main.go": plainMain},
		want: "go.mod:5: a version that is no version, such as a branch: run go mod tidy, which writes what it stands for"},
	{name: "version without its path", files: map[string]string{"go.mod": gomod + "\nrequire example.test/greet/v2 v1.0.0\n", "main.go": plainMain},
		want: `go.mod:5: require example.test/greet/v2: version "v1.0.0" invalid: should be v2, not v1`},
	{name: "malformed go.sum", files: map[string]string{"go.mod": needGreet, "go.sum": "example.test/greet v1.1.0\n", "main.go": useGreet},
		want: "go.sum:1: wrong number of fields 2: delete the line, run go mod tidy and commit go.mod and go.sum"},
	{name: "malformed go.work", files: map[string]string{"go.work": "go 1.24\n\nusing ./x\n", "go.mod": gomod, "main.go": plainMain}, want: "go.work:3: unknown directive: using"},
	{name: "go.work uses what is not there", files: map[string]string{"go.work": "go 1.24\n\nuse (\n\t.\n\t./lib\n)\n", "go.mod": gomod, "main.go": plainMain},
		want: "go.work:5: go.work uses lib, and the build context has no lib/go.mod: the folder is missing, outside of the context, or left out by a .dockerignore"},
	{name: "go.work without the module", files: map[string]string{"go.work": "go 1.24\n\nuse ./lib\n", "lib/go.mod": "module example.com/lib\n", "go.mod": gomod, "main.go": plainMain},
		want: "go.work: go.work does not use the module of the spec: run go work use in its folder and commit go.work, or leave go.work out by a .dockerignore"},
	{name: "go.work of an older Go", files: map[string]string{"go.work": "go 1.22\n\nuse .\n", "go.mod": gomod, "main.go": plainMain},
		want: "go.work:1: go.work says go 1.22, and its module . requires go 1.24: run go work use and commit go.work"},
	{name: "replaced by what is not there", files: map[string]string{"go.mod": needGreet + "\nreplace example.test/greet => ./greet\n", "main.go": useGreet},
		want: "go.mod:7: example.test/greet is replaced by ./greet, and the build context has no such module: the folder is missing, or a .dockerignore leaves it out"},
	{name: "no files for the platform", files: map[string]string{"go.mod": gomod, "main.go": useLib, "lib/lib_windows.go": "package lib\n", "lib/lib_darwin_arm64.go": "package lib\n", "lib/x.go": "//go:build foo && !bar\n\npackage lib\n"},
		want: "main.go:3: build constraints exclude all Go files of lib: it has lib_darwin_arm64.go (darwin && arm64), lib_windows.go (windows), x.go (foo && !bar)"},
	{name: "no program for the platform", files: map[string]string{"go.mod": gomod, "main_windows.go": plainMain},
		want: "@{binaries[0].main[0]}: main: example.com/m: build constraints exclude all Go files of .: it has main_windows.go (windows)"},
	{name: "nothing to embed", files: map[string]string{"go.mod": gomod, "main.go": embedding("templates/*.tmpl")},
		want: "main.go:5:12: pattern templates/*.tmpl: no matching files found: the build context has no file that it names. It is missing, is made by another build that has to run before, or a .dockerignore leaves it out"},
	{name: "link to embed", files: map[string]string{"go.mod": gomod, "main.go": embedding("LICENSE"), "legal/L": "x", "LICENSE": "->legal/L"},
		want: "main.go:5:12: pattern LICENSE: cannot embed irregular file LICENSE: it is a symbolic link or another special file, and go:embed takes none: put the file itself there"},
	{name: "empty folder to embed", files: map[string]string{"go.mod": gomod, "main.go": embedding("dist"), "dist/.keep": ""},
		want: "main.go:5:12: pattern dist: the folder dist has no file that can be embedded: go:embed leaves out names that begin with . or _ (all:dist takes them), and a .dockerignore may leave out others"},
	{name: "file of another module to embed", files: map[string]string{"go.mod": gomod, "main.go": embedding("ui/index.html"), "ui/go.mod": "module x\n", "ui/index.html": ""},
		want: "main.go:5:12: pattern ui/index.html: ui/index.html is in another module, since a folder above it has a go.mod: embed it in a package of that module"},
	{name: "C without cgo", files: map[string]string{"go.mod": gomod, "main.go": "package main\n\nimport \"C\"\n\nimport _ \"example.com/m/lib\"\n\nfunc main() {}\n", "lib/a.c": "int x;\n", "lib/a.go": "package lib\n"},
		want: `main.go:5: C files in a package without cgo: a.c: a Go file of the package has to import "C", and its build constraints have to hold`},
	{name: "two packages", files: map[string]string{"go.mod": gomod, "main.go": plainMain, "b.go": "package other\n"},
		want: "b.go: found package other in b.go and package main in main.go: a folder holds one package: move one of them, or give it a build constraint"},
	{name: "misspelt cgo line", files: map[string]string{"go.mod": gomod, "main.go": "package main\n\n// #cgo LDFLAG: -lx\nimport \"C\"\n\nfunc main() {}\n"},
		want: "main.go:3: invalid #cgo verb: #cgo LDFLAG: -lx"},
	{name: "syntax error", files: map[string]string{"go.mod": gomod, "main.go": "package main\n\nimport \"fmt\n\nfunc main() {}\n"}, want: "main.go:3:8: string literal not terminated"},
}

// TestGoTexts runs the go command on modules that it refuses.
func TestGoTexts(t *testing.T) {
	withRealGo(t)
	proxy := proxyFolder(t)
	version := strings.TrimPrefix(goVersionOf(t), "go")
	for _, c := range goTexts {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := module(t, c.files)
			env := offline(t, "GOOS=linux", "GOARCH=amd64", "GOFLAGS=-modcacherw")
			if c.sums != "" {
				withSums(t, dir, append(env, "GOPROXY=file://"+proxy), c.sums)
			}
			b := plan.InspectBinary{Patterns: []string{"."}, Where: []string{"@{binaries[0].main[0]}"}, CGO: "auto"}
			facts, err := inspectBinary(t.Context(), treeAt(dir), "linux/amd64", env, b)
			got := facts.Problems
			if err != nil {
				got = []plan.Problem{{Text: err.Error()}}
			}
			var text []string
			for _, p := range got {
				text = append(text, p.String())
			}
			require.Equal(t, strings.ReplaceAll(c.want, "VERSION", version), strings.Join(text, "\n"))
			require.NotContains(t, strings.Join(text, "\n"), dir)
			require.NotContains(t, strings.Join(text, "\n"), "-mod=")
		})
	}
}

func goVersionOf(t *testing.T) string {
	t.Helper()
	out, err := goCommand{dir: t.TempDir(), env: offline(t), args: []string{"env", "GOVERSION"}}.output(t.Context())
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// withSums writes go.sum, and then takes out of it what the expression matches; "+" takes nothing out.
func withSums(t *testing.T, dir string, env []string, out string) {
	t.Helper()
	args := []string{"mod", "tidy"}
	if out == "+" {
		args = []string{"mod", "download", "all"} // the module cannot be tidied
	}
	require.NoError(t, goCommand{dir: dir, env: env, args: args, out: os.Stderr, quiet: true}.run(t.Context()))
	file := filepath.Join(dir, "go.sum")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	if out != "+" {
		require.NoError(t, os.WriteFile(file, regexp.MustCompile(out).ReplaceAll(text, nil), 0o644))
	}
}

// downloadTexts are what go mod download refuses.
var downloadTexts = []struct {
	name  string
	files map[string]string
	want  []string
}{
	{"module of a newer Go", map[string]string{"go.mod": gomod + "\nrequire example.test/newgo v1.0.0\n"},
		[]string{"go.mod:5: example.test/newgo v1.0.0 requires Go 1.99, and Go VERSION builds: raise the go line of go.mod, or go: in the spec, or take an older version of the module"}},
	{"module of another name", map[string]string{"go.mod": gomod + "\nrequire example.test/fork v1.0.0\n"},
		[]string{"go.mod:5: example.test/fork v1.0.0 calls itself example.test/original: require it as example.test/original, or for a fork say replace example.test/original => example.test/fork v1.0.0"}},
	{"version that is not there", map[string]string{"go.mod": needGreet[:len(needGreet)-7] + "v1.9.0\n"}, []string{"go.mod:5: example.test/greet@v1.9.0: reading ", "no such file"}},
	{"another sum of go.mod", map[string]string{"go.mod": needGreet, "go.sum": "example.test/greet v1.1.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"},
		[]string{"go.sum:1: SECURITY ERROR: example.test/greet@v1.1.0/go.mod: the module proxy sent h1:", ", go.sum says h1:AAAAAAAA"}},
	{"another sum", map[string]string{"go.mod": needGreet, "go.sum": "example.test/greet v1.1.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"},
		[]string{"go.sum:1: SECURITY ERROR: example.test/greet@v1.1.0: the module proxy sent h1:", ", go.sum says h1:AAAAAAAA"}},
	{"excluded", map[string]string{"go.mod": needGreet + "\nexclude example.test/greet v1.1.0\n"}, []string{"go.mod:5: example.test/greet v1.1.0 is required and excluded: run go mod tidy"}},
	{"replaced by what is not there", map[string]string{"go.mod": needGreet + "\nreplace example.test/greet => ./greet\n"},
		[]string{"go.mod:7: example.test/greet is replaced by ./greet, and the build context has no such module"}},
}

// TestDownloadTexts runs go mod download on modules that cannot be had.
func TestDownloadTexts(t *testing.T) {
	withRealGo(t)
	proxy := proxyFolder(t)
	version := strings.TrimPrefix(goVersionOf(t), "go")
	for _, c := range downloadTexts {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := module(t, c.files)
			out, err := goCommand{dir: dir, env: offline(t, "GOFLAGS=-modcacherw", "GOPROXY=file://"+proxy), args: []string{"mod", "download", "-json"}, quiet: true}.output(t.Context())
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, notDownloaded(treeAt(dir), out, err), strings.ReplaceAll(want, "VERSION", version))
			}
		})
	}
}

// TestReadOnlySums: the go command says of a go.sum without a line that it could not write the file.
func TestReadOnlySums(t *testing.T) {
	dir := module(t, map[string]string{"go.mod": needGreet + "\nrequire (\n\texample.test/other v1.0.0 // indirect\n\texample.test/fork v1.0.0\n)\n\nreplace example.test/fork => ./fork\n", "go.sum": "example.test/other v1.0.0/go.mod h1:x=\n"})
	failed := &goError{args: []string{"mod"}, text: "go: updating go.sum: open /src/go.sum: read-only file system"}
	require.EqualError(t, notDownloaded(treeAt(dir), nil, failed), "go.mod:5: go.sum has no line for example.test/greet v1.1.0: run go mod tidy and commit go.mod and go.sum")
	require.EqualError(t, notDownloaded(treeAt(module(t, map[string]string{"go.mod": gomod})), nil, failed), "go.sum: go.sum lacks lines that the build needs: run go mod tidy and commit go.mod and go.sum")
}

// proxyFolder is a module proxy as a folder (go.dev/ref/mod#goproxy-protocol).
func proxyFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, files := range map[string]map[string]string{
		"example.test/greet@v1.0.0": {"greet.go": "package greet\n"}, "example.test/greet@v1.1.0": {"greet.go": "package greet\n"},
		"example.test/newgo@v1.0.0": {"go.mod": "module example.test/newgo\n\ngo 1.99\n", "x.go": "package newgo\n"},
		"example.test/fork@v1.0.0":  {"go.mod": "module example.test/original\n\ngo 1.24\n", "x.go": "package original\n"},
		"example.test/amb@v1.0.0":   {"a.go": "package amb\n", "sub/sub.go": "package sub\n"}, "example.test/amb/sub@v1.0.0": {"sub.go": "package sub\n"},
	} {
		writeModule(t, dir, name, files)
	}
	return dir
}

func writeModule(t *testing.T, proxy, name string, files map[string]string) {
	t.Helper()
	mod, version, _ := strings.Cut(name, "@")
	if files["go.mod"] == "" {
		files["go.mod"] = "module " + mod + "\n\ngo 1.24\n"
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for file, text := range files {
		out, err := w.Create(name + "/" + file)
		require.NoError(t, err)
		_, err = out.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	dir := filepath.Join(proxy, mod, "@v")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for ending, text := range map[string]string{".mod": files["go.mod"], ".info": `{"Version":"` + version + `"}`, ".zip": buf.String()} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, version+ending), []byte(text), 0o644))
	}
}
