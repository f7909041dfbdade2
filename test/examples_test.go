package test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// cgoPlatforms are those that every cgo example is built for and run on.
var cgoPlatforms = []string{"linux/amd64", "linux/arm64", "linux/arm/v7"}

// purePlatforms are those of the pure Go example.
var purePlatforms = []string{
	"linux/amd64", "linux/amd64/v3", "linux/arm64", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/386",
	"linux/ppc64le", "linux/s390x", "linux/riscv64", "linux/loong64", "linux/mips64le",
	"darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64", "freebsd/amd64", "wasip1/wasm",
}

// suffixes are those of executables where there is one, by operating system.
var suffixes = map[string]string{"windows": ".exe", "wasip1": ".wasm"}

// binary is a program's file name for a platform.
func binary(name, platform string) string {
	goos, _, _ := strings.Cut(platform, "/")
	return name + suffixes[goos]
}

func TestHelloOnEveryPlatform(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	var run, looked []string
	for _, platform := range purePlatforms {
		if env.Executable(platform) {
			run = append(run, platform)
		} else {
			looked = append(looked, platform)
		}
	}
	build(t, example(t, "hello"), "--target=bin", "--platform="+strings.Join(run, ","), "-o", out).OK(t)
	build(t, shortHello(t), "--target=bin", "--platform="+strings.Join(looked, ","), "-o", out).OK(t)
	for _, platform := range purePlatforms {
		t.Run(folder(platform), func(t *testing.T) {
			file := filepath.Join(out, folder(platform), binary("hello", platform))
			require.FileExists(t, file)
			verified(t, platform, file)
			if !env.Executable(platform) {
				return // its form was checked; there is nothing here to run it with
			}
			said := env.Execute(t, env.Program{Platform: platform, File: file}).OK(t).Stdout
			requireLines(t, said, "hello: ok", "hello from "+platform, "version: dev", "tz: 2026-01-02T04:04:05+01:00")
		})
	}
}

// verified asks the command for people to check a file.
func verified(t testing.TB, platform, file string, args ...string) {
	t.Helper()
	world.Crossgo(t, "", nil, append(append([]string{"verify", "--platform", platform}, args...), file)...).OK(t)
}

// cgoExamples are the programs with C code and what they print everywhere.
var cgoExamples = []struct {
	name string
	spec string // keys of the binary, apart from main, cgo, libc and link
	says []string
}{
	{"sqlite", "    tags: [sqlite_fts5]\n", []string{"sqlite: ok", "sum: 42", "search: two birds", "net: ok"}},
	{"cxx", "", []string{"cxx: ok", "words: be=2 not=1 or=1 to=2", "divide: 42", "divide: caught division of 1 by zero", "unwound: 10"}},
	{"syslib", "    packages: [zlib1g-dev]\n", []string{"syslib: ok", "crc32: 935f656e", "round trip: 70 bytes, smaller in between: true", "seek: 1000"}},
}

// linkings are the 2 × 2 of C libraries and ways to link.
var linkings = []struct{ libc, link string }{{"musl", "static"}, {"musl", "dynamic"}, {"glibc", "static"}, {"glibc", "dynamic"}}

func TestCgoExamples(t *testing.T) {
	t.Parallel()
	for _, e := range cgoExamples {
		for _, l := range linkings {
			t.Run(e.name+"/"+l.libc+"-"+l.link, func(t *testing.T) {
				dir := example(t, e.name)
				write(t, dir, map[string]string{"crossgo.yaml": fmt.Sprintf(
					"# syntax=ghcr.io/crossgo/crossgo:1\ngo: \"1.26.8\"\nbinaries:\n  - main: .\n    cgo: on\n    libc: %s\n    link: %s\n%simage: {}\n",
					l.libc, l.link, e.spec)})
				runImages(t, dir, e.name, l.libc, l.link, e.says)
			})
		}
	}
}

// runImages builds the image as a folder for each platform and runs its program with the image's own loader and libraries.
func runImages(t *testing.T, dir, name, libc, link string, says []string) {
	t.Helper()
	out := t.TempDir()
	build(t, dir, "--target=image", "--platform="+strings.Join(cgoPlatforms, ","), "-o", out).OK(t)
	for _, platform := range cgoPlatforms {
		root := filepath.Join(out, folder(platform))
		file := filepath.Join(root, name)
		verified(t, platform, file, "--libc", libc, "--"+link)
		p := env.Program{Platform: platform, File: file}
		if link == "dynamic" {
			p.Root = root
		}
		requireLines(t, env.Execute(t, p).OK(t).Stdout, says...)
	}
}

func TestManyBuildsEveryMainOfTheWorkspace(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	build(t, example(t, "many"), "--target=bin", "--platform="+strings.Join(cgoPlatforms, ","), "-o", out).OK(t)
	for _, platform := range cgoPlatforms {
		for _, name := range []string{"alpha", "beta", "gamma", "delta"} {
			said := env.Execute(t, env.Program{Platform: platform, File: filepath.Join(out, folder(platform), name)}).OK(t).Stdout
			requireLines(t, said, "many: ok "+name)
		}
	}
}

func TestOnlyTheSyntaxLineBuildsEveryMain(t *testing.T) {
	t.Parallel()
	dir := example(t, "many")
	write(t, dir, map[string]string{"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\n"})
	out := t.TempDir()
	build(t, dir, "--platform=linux/amd64", "-o", out).OK(t)
	got := files(t, out)
	for _, name := range []string{"alpha", "beta", "gamma", "delta"} {
		require.Contains(t, got, name)
	}
}

func TestGlibcFloorIsKeptOrTheBuildFails(t *testing.T) {
	t.Parallel()
	const spec = "# syntax=ghcr.io/crossgo/crossgo:1\ngo: \"1.26.8\"\nbinaries:\n  - main: .\n    cgo: on\n    libc: glibc>=%s\n    link: dynamic\n"
	dir, out := example(t, "syslib"), t.TempDir()
	write(t, dir, map[string]string{"crossgo.yaml": fmt.Sprintf(spec+"    packages: [zlib1g-dev]\n", "2.31")})
	build(t, dir, "--platform=linux/amd64", "-o", out).OK(t)
	verified(t, "linux/amd64", filepath.Join(out, "syslib"), "--libc", "glibc", "--glibc-floor", "2.31", "--dynamic")

	// secure_getenv came with glibc 2.17 (its manual page)
	write(t, dir, map[string]string{"crossgo.yaml": fmt.Sprintf(spec, "2.12"), "main.go": `package main

/*
#define _GNU_SOURCE
#include <stdlib.h>
*/
import "C"

func main() { println(C.secure_getenv(C.CString("HOME")) != nil) }
`})
	refused := filepath.Join(t.TempDir(), "out")
	requireRefused(t, build(t, dir, "--platform=linux/amd64", "-o", refused), refused, "crossgo.yaml:4:11", "glibc-floor", "secure_getenv", "2.17", "2.12")
}

// TestStaticGlibcWithTheNetwork: with glibc, a static program takes the C out of net by tags, which nothing compiled before
// may have gone by.
func TestStaticGlibcWithTheNetwork(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":       "module example.com/get\n\ngo 1.26\n",
		"crossgo.yaml": syntax + "go: \"1.26.8\"\nbinaries:\n  - main: .\n    libc: glibc\n    link: static\n",
		"main.go": `package main

// static int answer(void) { return 42; }
import "C"
import "net/http"

func main() { println(http.StatusText(200), int(C.answer())) }
`,
	})
	build(t, dir, "--platform=linux/amd64", "-o", out).OK(t)
	said := env.Execute(t, env.Program{Platform: "linux/amd64", File: filepath.Join(out, "get")}).OK(t).Stderr
	requireLines(t, said, "OK 42")
}

// TestPositionIndependent: both kinds, from one spec, run.
func TestPositionIndependent(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	writeSmall(t, dir, syntax+"go: \"1.26.8\"\nbinaries:\n  - {main: ., name: shared, libc: glibc, link: pie}\n  - {main: ., name: alone, link: static-pie}\nimage: {entrypoint: /shared}\n")
	build(t, dir, "--target=image", "--platform=linux/arm64", "-o", out).OK(t)
	for name, link := range map[string]string{"shared": "--dynamic", "alone": "--static"} {
		file := filepath.Join(out, name)
		verified(t, "linux/arm64", file, link)
		said := env.Execute(t, env.Program{Platform: "linux/arm64", File: file, Root: out}).OK(t).Stderr
		requireLines(t, said, "small: 42")
	}
}
