package test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// syntax is the first line of every spec here; the keys under test begin on line 2.
const syntax = "# syntax=ghcr.io/crossgo/crossgo:1\n"

// badInputs are inputs that cannot be built. What each message has to hold: where, what was found, what is allowed.
var badInputs = []struct {
	name  string
	from  string            // example that is spoilt; "hello" when empty
	spec  string            // after the syntax line; empty: the example's own
	files map[string]string // other files to replace; an empty text removes one
	args  []string          // of buildx
	says  []string
}{
	{name: "unknown key", spec: "binarys:\n  - main: .\n", says: []string{"crossgo.yaml:2:1", "binarys", "binaries"}},
	{name: "unknown key inside", spec: "binaries:\n  - main: .\n    libs: musl\n", says: []string{"crossgo.yaml:4:5", "libs", "libc"}},
	{name: "wrong type", spec: "binaries:\n  - main: .\n    tags: {a: b}\n", says: []string{"crossgo.yaml:4:11", "tags"}},
	{name: "not YAML", spec: "binaries: [\n", says: []string{"crossgo.yaml:"}},
	{name: "empty list", spec: "binaries: []\n", says: []string{"crossgo.yaml:2:11", "binaries"}},
	{name: "main package missing", spec: "binaries:\n  - main: ./cmd/nothere\n", says: []string{"crossgo.yaml:3:11", "cmd/nothere"}},
	{name: "not a main package", spec: "binaries:\n  - main: ./lib\n", files: map[string]string{"lib/lib.go": "package lib\n"},
		says: []string{"crossgo.yaml:3:11", "lib", "package main"}},
	{name: "no go.mod", files: map[string]string{"go.mod": ""}, says: []string{"go.mod"}},
	{name: "Go version that is not there", spec: "binaries:\n  - main: .\n", files: map[string]string{"go.mod": "module example.com/hello\n\ngo 1.99.9\n"},
		says: []string{"go.mod", "1.99.9"}},
	{name: "platform unknown", spec: "platforms: [linux/amd46]\nbinaries:\n  - main: .\n", says: []string{"crossgo.yaml:2:13", "linux/amd46", "amd64"}},
	{name: "platform asked for unknown", args: []string{"--platform=plan9/amd64"}, says: []string{"plan9", "linux"}},
	{name: "static with a floor", spec: "binaries:\n  - main: .\n    cgo: on\n    libc: glibc>=2.31\n    link: static\n",
		says: []string{"crossgo.yaml:5:11", "static", "link: dynamic"}},
	{name: "libc without cgo", spec: "binaries:\n  - main: .\n    cgo: off\n    libc: glibc\n    link: dynamic\n", says: []string{"crossgo.yaml:6:11", "dynamic", "cgo"}},
	{name: "cgo needed but off", from: "cxx", spec: "binaries:\n  - main: .\n    cgo: off\n", args: []string{"--platform=linux/arm64"},
		says: []string{"crossgo.yaml:4:10", "off", "cgo"}},
	{name: "unknown package", from: "syslib", spec: "binaries:\n  - main: .\n    cgo: on\n    packages: [zlib1g-dve]\n", args: []string{"--platform=linux/arm64"},
		says: []string{"crossgo.yaml:5:16", "zlib1g-dve", "zlib1g-dev"}},
	{name: "package without the architecture", from: "syslib", spec: "binaries:\n  - main: .\n    cgo: on\n    packages: [libipmctl-dev]\n", args: []string{"--platform=linux/arm64"},
		says: []string{"crossgo.yaml:5:16", "libipmctl-dev", "arm64"}},
	{name: "compile error", files: map[string]string{"main.go": "package main\n\nfunc main() { undefinedThing() }\n"}, spec: "binaries:\n  - main: .\n",
		says: []string{"main.go:3:15: undefined: undefinedThing", "crossgo.yaml:3:11: compile hello for linux/"}},
	{name: "compile error in one of several", files: map[string]string{"cmd/fine/main.go": "package main\n\nfunc main() {}\n", "cmd/bad/main.go": "package main\n\nfunc main() { undefinedThing() }\n"},
		spec: "binaries:\n  - main: ./cmd/fine\n  - main: ./cmd/bad\n    name: worse\n",
		says: []string{"cmd/bad/main.go:3:15: undefined: undefinedThing", "crossgo.yaml:4:11: compile worse for linux/"}},
	{name: "C compile error", from: "cxx", files: map[string]string{"words.cpp": "#include \"words.h\"\nint broken( {}\n"}, args: []string{"--platform=linux/arm64"},
		says: []string{"words.cpp:2:", "error:", "crossgo.yaml:5:11: compile cxx for linux/arm64 failed"}},
	{name: "C of a dependency that does not compile", from: "sqlite", spec: "binaries:\n  - main: .\n    cgo: on\n    tags: [libsqlite3]\n", args: []string{"--platform=linux/arm64"},
		says: []string{"crossgo.yaml:3:11: compile dependencies with C code for linux/arm64 failed:\n# github.com/mattn/go-sqlite3\n", "github.com/mattn/go-sqlite3@v",
			"fatal error: 'sqlite3.h' file not found", "hint: no header sqlite3.h in the sysroot: name the Debian -dev package that has it under packages:"}},
	{name: "vendored dependency that does not compile", files: map[string]string{
		"go.mod": "module example.com/hello\n\ngo 1.26.8\n\nrequire example.test/legacy v1.0.0\n", "main.go": "package main\n\nimport \"example.test/legacy\"\n\nfunc main() { legacy.Run() }\n",
		"vendor/modules.txt":                   "# example.test/legacy v1.0.0\n## explicit; go 1.26\nexample.test/legacy\n",
		"vendor/example.test/legacy/legacy.go": "package legacy\n\n// static int run(void) { return helper(); }\nimport \"C\"\n\nfunc Run() { C.run() }\n"},
		spec: "binaries:\n  - main: .\n", args: []string{"--platform=linux/arm64"},
		says: []string{"crossgo.yaml:3:11: compile dependencies for linux/arm64 failed:\n", "example.test/legacy/legacy.go:3", "call to undeclared function 'helper'", "hint: this is an error since clang 16"}},
	{name: "go.sum without a line", from: "sqlite", files: map[string]string{"go.sum": "# \n"}, says: []string{"go.sum:1: wrong number of fields"}},
	{name: "no go.sum", from: "sqlite", files: map[string]string{"go.sum": ""},
		says: []string{"go.mod:5: go.sum has no line for github.com/mattn/go-sqlite3 v1.14.", "run go mod tidy and commit go.mod and go.sum"}},
	{name: "vendor of another version", files: map[string]string{
		"go.mod": "module example.com/hello\n\ngo 1.26.8\n\nrequire example.test/greet v1.1.0\n", "main.go": "package main\n\nimport _ \"example.test/greet\"\n\nfunc main() {}\n",
		"vendor/modules.txt": "# example.test/greet v1.0.0\n## explicit; go 1.26\nexample.test/greet\n", "vendor/example.test/greet/greet.go": "package greet\n"},
		args: []string{"--platform=linux/amd64,linux/arm64,windows/amd64"},
		says: []string{"ERROR: failed to build: failed to solve: go.mod:5: example.test/greet: go.mod requires v1.1.0, and vendor/modules.txt has v1.0.0: run go mod vendor and commit vendor/\n"}},
	{name: "replaced by what is outside of the context", files: map[string]string{
		"go.mod": "module example.com/hello\n\ngo 1.26.8\n\nrequire example.test/greet v1.1.0\n\nreplace example.test/greet => ../greet\n", "main.go": "package main\n\nimport _ \"example.test/greet\"\n\nfunc main() {}\n"},
		says: []string{"go.mod:7: replace example.test/greet => ../greet is outside of the build context"}},
	{name: "files left out by .dockerignore", spec: "binaries:\n  - main: .\n", files: map[string]string{
		"page/page.go": "package page\n\nimport \"embed\"\n\n//go:embed templates/*.tmpl\nvar Files embed.FS\n", "page/templates/hello.tmpl": "hello", "main.go": "package main\n\nimport _ \"example.com/hello/page\"\n\nfunc main() {}\n",
		"go.mod": "module example.com/hello\n\ngo 1.26.8\n", ".dockerignore": "# only Go\n**\n!**/*.go\n!go.mod\n"},
		says: []string{"page/page.go:5:12: pattern templates/*.tmpl: no matching files found", ".dockerignore:2: ** leaves out page/templates/hello.tmpl: add a line !page/templates/*.tmpl"}},
	{name: "package for other platforms", spec: "binaries:\n  - main: .\n", files: map[string]string{"main.go": "package main\n\nimport _ \"example.com/hello/lib\"\n\nfunc main() {}\n",
		"go.mod": "module example.com/hello\n\ngo 1.26.8\n", "lib/lib_linux.go": "package lib\n"}, args: []string{"--platform=linux/amd64,windows/amd64"},
		says: []string{"main.go:3: for windows/amd64: build constraints exclude all Go files of lib: it has lib_linux.go (linux)"}},
	{name: "variable that -X cannot set", spec: "binaries:\n  - main: .\n    ldflags: [-s, '-X main.verison=1']\n", says: []string{"crossgo.yaml:4:19: ldflags: found -X main.verison, but the package has no such variable", `did you mean "version"?`}},
	{name: "package that -X cannot reach", spec: "binaries:\n  - main: .\n    ldflags: [-s, '-X example.com/helo.version=1']\n", says: []string{"crossgo.yaml:4:19: ldflags: found -X example.com/helo.version, but no package of the build has that path"}},
	{name: "flag that go does not let through", from: "cxx", files: map[string]string{"main.go": "package main\n\n// #cgo LDFLAGS: -Wl,--whole-archive\nimport \"C\"\n\nfunc main() {}\n"}, args: []string{"--platform=linux/arm64"},
		says: []string{"invalid flag in #cgo LDFLAGS: -Wl,--whole-archive", "hint: the go command does not let the flag -Wl,--whole-archive through", "hint: the flag is in main.go:3"}},
	{name: "code that is to be generated", files: map[string]string{"main.go": "package main\n\nimport \"example.com/hello/gen\"\n\nfunc main() { println(gen.Invoice) }\n", "gen/gen.go": "package gen\n\n//go:generate protoc invoice.proto\n",
		"go.mod": "module example.com/hello\n\ngo 1.26.8\n"}, spec: "binaries:\n  - main: .\n",
		says: []string{"main.go:5:27: undefined: gen.Invoice", "hint: gen/gen.go:3 says //go:generate protoc invoice.proto"}},
	{name: "keys of other tools", spec: "builds: []\nbinaries:\n  - main: .\n    cflags: -O2\nimage:\n  expose: [80]\n", says: []string{
		"crossgo.yaml:2:1: builds: unknown key", "say binaries: [", "crossgo.yaml:5:5: binaries[0].cflags: unknown key", "write #cgo CFLAGS", "crossgo.yaml:7:3: image.expose: unknown key", `contexts = { bin = "target:bin" }`}},
	{name: "Debian mirror unreachable", from: "syslib", args: []string{"--platform=linux/arm64", "--build-arg=DEBIAN_MIRROR=http://127.0.0.1:1/debian"},
		says: []string{"the Debian mirror cannot be read", "127.0.0.1:1"}},
	{name: "variant of amd64", spec: "platforms: [linux/amd64/v9]\nbinaries:\n  - main: .\n", says: []string{"crossgo.yaml:2:13", "linux/amd64/v9", "v1, v2, v3, v4"}},
	{name: "variant of arm", spec: "platforms: [linux/arm/v9]\nbinaries:\n  - main: .\n", says: []string{"crossgo.yaml:2:13", "linux/arm/v9", "v5, v6, v7"}},
}

func TestBadInputs(t *testing.T) {
	t.Parallel()
	for _, c := range badInputs {
		t.Run(c.name, func(t *testing.T) {
			from := c.from
			if from == "" {
				from = "hello"
			}
			dir, out := example(t, from), filepath.Join(t.TempDir(), "out")
			if c.spec != "" {
				write(t, dir, map[string]string{"crossgo.yaml": syntax + c.spec})
			}
			write(t, dir, c.files)
			r := build(t, dir, append([]string{"--target=bin", "-o", out}, c.args...)...)
			requireRefused(t, r, out, c.says...)
		})
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	dir, out := example(t, "hello"), filepath.Join(t.TempDir(), "out")
	write(t, dir, map[string]string{"crossgo.yaml": syntax + "binarys: 1\nplatforms: [linux/amd46]\nbinaries:\n  - main: .\n    link: statik\n"})
	requireRefused(t, build(t, dir, "-o", out), out, "crossgo.yaml:2:1", "crossgo.yaml:3:13", "crossgo.yaml:6:11", "statik")
}

// noise are words of a program that broke, not of one that refuses.
var noise = []string{"panic", "goroutine ", "exit code: 2", "exit code 2", "runtime error", "crossgo has a bug"}

// requireRefused checks that a build failed with a message for people and left nothing behind.
func requireRefused(t testing.TB, r env.Result, out string, says ...string) {
	t.Helper()
	require.NotZero(t, r.Code, r.Output())
	for _, s := range says {
		require.Contains(t, r.Output(), s)
	}
	for _, n := range noise {
		require.NotContains(t, r.Output(), n)
	}
	require.Empty(t, files(t, out))
}

// badMirrors are mirrors that misbehave, by the example that is built from them. BuildKit keeps by digest what it fetched,
// but what fails is not kept: cases may share a daemon as long as none before another fetches what that one lacks.
var badMirrors = []struct {
	name   string
	from   string
	faults []env.Fault
	says   []string
}{
	{"unreachable", "syslib", []env.Fault{{Path: "", Kind: env.Refused}}, []string{"refused"}},
	{"signed by a stranger", "syslib", []env.Fault{{Path: "InRelease$", Kind: env.WrongSignature}}, []string{"InRelease", "sign"}},
	{"signed text changed", "syslib", []env.Fault{{Path: "InRelease$", Kind: env.WrongBytes}}, []string{"InRelease", "sign"}},
	{"no signed index", "syslib", []env.Fault{{Path: "InRelease$", Kind: env.NotFound}}, []string{"InRelease: 404, there is no such file"}},
	{"empty signed index", "syslib", []env.Fault{{Path: "InRelease$", Kind: env.EmptyBody}}, []string{"InRelease: the server sent an empty file"}},
	{"page for the signed index", "syslib", []env.Fault{{Path: "InRelease$", Kind: env.HTMLPage}}, []string{`InRelease: the server sent a web page ("Welcome") in place of the file`}},
	{"expired", "syslib", []env.Fault{{Path: "InRelease$", Kind: env.ExpiredIndex}}, []string{"InRelease: this signed index, of 20", "was valid until", "DEBIAN_CHECK_VALID_UNTIL=no"}},
	{"index changed", "syslib", []env.Fault{{Path: "^/debian/.*/binary-arm64/", Kind: env.WrongBytes}}, []string{"/binary-arm64/Packages", "the mirror is out of step: the InRelease of trixie of 20", "found digest"}},
	{"out of step", "syslib", []env.Fault{{Path: "^/debian/.*/binary-arm64/by-hash/", Kind: env.NotFound}, {Path: "^/debian/.*/binary-arm64/Packages", Kind: env.WrongBytes}},
		[]string{"/binary-arm64/Packages", "the mirror is out of step: the InRelease of trixie of 20", "404, there is no such file", "another index lies there"}},
	{"index is a page", "syslib", []env.Fault{{Path: "^/debian/.*/binary-arm64/", Kind: env.HTMLPage}}, []string{"/binary-arm64/", `the server sent a web page ("Welcome")`}},
	{"package changed", "syslib", []env.Fault{{Path: "/libc6-dev_", Kind: env.WrongBytes}}, []string{"libc6-dev", "the file was changed or damaged: found digest"}},
	{"package missing", "syslib", []env.Fault{{Path: "/libc6-dev_", Kind: env.NotFound}}, []string{"libc6-dev", "404, the package file has left the mirror's pool", "(InRelease of trixie of 20"}},
	{"package empty", "syslib", []env.Fault{{Path: "/libc6-dev_", Kind: env.EmptyBody}}, []string{"libc6-dev", "the server sent an empty file"}},
	{"package is a page", "syslib", []env.Fault{{Path: "/libc6-dev_", Kind: env.HTMLPage}}, []string{"libc6-dev", `the server sent a web page ("Welcome")`}},
	{"broken server", "syslib", []env.Fault{{Path: "/libc6-dev_", Kind: env.ServerError}}, []string{"libc6-dev", "the server answered 500"}},
	{"package cut off", "syslib", []env.Fault{{Path: "/libc6-dev_", Kind: env.Truncated}}, []string{"libc6-dev", "unexpected EOF"}},
	{"Go changed", "hello", []env.Fault{{Path: `toolchain.*\.zip$`, Kind: env.WrongBytes}}, []string{"golang.org/toolchain", "1.26.8"}},
	{"Go missing", "hello", []env.Fault{{Path: `toolchain.*\.zip$`, Kind: env.NotFound}}, []string{"1.26.8", "404"}},
	{"no checksum database", "hello", []env.Fault{{Path: "/sumdb/", Kind: env.ServerError}}, []string{"1.26.8"}},
	{"module changed", "sqlite", []env.Fault{{Path: `go-sqlite3.*\.zip$`, Kind: env.WrongBytes}}, []string{"go-sqlite3"}},
	{"module missing", "sqlite", []env.Fault{{Path: `go-sqlite3.*\.zip$`, Kind: env.NotFound}}, []string{"go-sqlite3", "404"}},
}

func TestBadMirrors(t *testing.T) {
	t.Parallel()
	daemons := map[string]*env.Daemon{}
	for _, c := range badMirrors {
		if daemons[c.from] == nil {
			daemons[c.from] = world.NewDaemon(t, env.DaemonOptions{})
		}
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			r := buildOn(t, daemons[c.from], world.Misbehave(t, c.faults...), example(t, c.from),
				"--target=bin", "--platform=linux/arm64", "-o", out)
			requireRefused(t, r, out, c.says...)
		})
	}
}

func TestLyingChecksumDatabaseStopsTheBuild(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	r := buildOn(t, world.NewDaemon(t, env.DaemonOptions{}), world.LyingSums(t), example(t, "hello"), "--target=bin", "--platform=linux/arm64", "-o", out)
	requireRefused(t, r, out, "golang.org/toolchain", "1.26.8", "h1:"+strings.Repeat("A", 43)+"=")
}

func TestStallingMirrorCanBeInterrupted(t *testing.T) {
	t.Parallel()
	m := world.Misbehave(t, env.Fault{Path: `toolchain.*\.zip$`, Kind: env.Stall})
	d := world.NewDaemon(t, env.DaemonOptions{})
	dir, out := example(t, "hello"), filepath.Join(t.TempDir(), "out")
	world.FrontendImage(t)
	args := append([]string{"timeout", "--signal=INT", "30", "docker", "buildx", "build", "--progress=plain", "-f", "crossgo.yaml"}, m.BuildArgs()...)
	began := time.Now()
	r := env.Run(t, env.Cmd{Dir: dir, Env: d.DockerEnv(), Args: append(args, "--target=bin", "-o", out, ".")})
	require.Less(t, time.Since(began), 90*time.Second)
	requireRefused(t, r, out, "fetch and check the Go toolchain")
}
