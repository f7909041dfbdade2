package test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// noDebian is a mirror that has nothing of Debian.
func noDebian(t *testing.T) *env.Mirror {
	t.Helper()
	return world.Misbehave(t, env.Fault{Path: "^/debian", Kind: env.NotFound})
}

// writeGo makes dir a module with one program for each name, and a spec.
func writeGo(t *testing.T, spec string, programs map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"go.mod": "module example.com/app\n\ngo 1.26\n", "crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\n" + spec}
	for name, text := range programs {
		files["cmd/"+name+"/main.go"] = text
	}
	write(t, dir, files)
	return dir
}

const quietProgram = "package main\n\nfunc main() { println(\"started\") }\n"

// TestImageIsCheckedAsAWhole: what an image starts, as whom and where, has to be there, whatever it stands on.
func TestImageIsCheckedAsAWhole(t *testing.T) {
	t.Parallel()
	const head = "binaries: [{main: ./cmd/api, cgo: off}, {main: ./cmd/worker, cgo: off}]\nimage:\n"
	const refused = "crossgo.yaml:4:"
	host := "linux/" + runtime.GOARCH
	programs := map[string]string{"api": quietProgram, "worker": quietProgram}
	base, mirror := writeBase(t, "checked"), noDebian(t)
	for name, c := range map[string]struct {
		image  string
		target string
		want   string // empty: the image leaves
	}{
		"another folder":       {image: "  entrypoint: [/usr/local/bin/api]\n", want: refused + "16: image.entrypoint for " + host + ": fits-entrypoint: starts /usr/local/bin/api, which the image does not have: the programs of this build are at the top of the image: /api, /worker"},
		"on scratch":           {image: "  entrypoint: [/bin/sh, -c, api]\n  base: scratch\n", want: refused + "16: image.entrypoint for " + host + ": fits-entrypoint: starts /bin/sh, which the image does not have"},
		"on a base":            {image: "  entrypoint: [/opt/api]\n  base: " + base + "\n", want: refused + "16: image.entrypoint for " + host + ": fits-entrypoint: starts /opt/api, which the image does not have"},
		"not in PATH":          {image: "  entrypoint: [apii]\n", want: refused + "16: image.entrypoint for " + host + ": fits-entrypoint: starts apii, which is in no directory of PATH"},
		"words in one":         {image: "  entrypoint: [\"/api --port 80\"]\n", want: ": no shell splits the words: write [/api, …], each argument by itself"},
		"an unknown user":      {image: "  user: app\n  entrypoint: [/api]\n", want: refused + "9: image.user for " + host + ": fits-modes: the image has no user app in /etc/passwd"},
		"an unknown group":     {image: "  user: nonroot:app\n  entrypoint: [/api]\n", want: refused + "9: image.user for " + host + ": fits-modes: the image has no group app in /etc/group"},
		"a user on a base":     {image: "  user: app\n  base: " + base + "\n  entrypoint: [/api]\n", want: refused + "9: image.user for " + host + ": fits-modes: the image has no user app in /etc/passwd"},
		"a user on scratch":    {image: "  user: nonroot\n  base: scratch\n  entrypoint: [/api]\n", want: refused + "9: image.user for " + host + ": fits-modes: the image has no user nonroot"},
		"a number too large":   {image: "  user: 4294967296\n  entrypoint: [/api]\n", want: refused + "9: image.user for " + host + ": fits-modes: the user 4294967296 is above 2147483647, the last number"},
		"a file to work in":    {image: "  workdir: /etc/passwd\n  entrypoint: [/api]\n", want: refused + "12: image.workdir for " + host + ": fits-entrypoint: the working directory /etc/passwd is no directory"},
		"a folder of another":  {image: "  workdir: /root\n  entrypoint: [/api]\n", want: refused + "12: image.workdir for " + host + ": fits-modes: user 65532:65532 may not enter /root (mode 0700, owner 0:0), which is the working directory"},
		"no entrypoint":        {image: "  user: nonroot\n", want: refused + "3: image: entrypoint: the image holds 2 binaries, say which one it runs: /api, /worker"},
		"all as it should be":  {image: "  entrypoint: [/api]\n  user: nonroot:nonroot\n  workdir: /data/here\n"},
		"numbers nobody knows": {image: "  entrypoint: [worker, now]\n  user: \"1000:1000\"\n  workdir: /home\n"},
		"one of two":           {image: "  entrypoint: [/api, --listen]\n  cmd: [\":80\"]\n", target: "worker/image"},
		"one of two elsewhere": {image: "  entrypoint: [/bin/worker]\n", target: "worker/image", want: "starts /bin/worker, which the image does not have: the programs of this build are at the top of the image: /worker"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "image.tar")
			target := c.target
			if target == "" {
				target = "image"
			}
			r := buildOn(t, world.Daemon, mirror, writeGo(t, head+c.image, programs), "--target="+target, "--platform="+host, "-o", "type=oci,dest="+out)
			if c.want != "" {
				require.NotZero(t, r.Code)
				require.Contains(t, r.Output(), c.want)
				return
			}
			r.OK(t)
			world.Crossgo(t, "", nil, "verify", out).OK(t)
		})
	}
}

// writeBase pushes a small base image and gives the name that specs have for it.
func writeBase(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"Dockerfile": "FROM scratch\nCOPY passwd group /etc/\n", "passwd": "root:x:0:0:::\n", "group": "root:x:0:\n"})
	world.BuildxOn(t, world.Daemon, dir, "build", "-o", "type=image,push=true,name="+world.Registry.Ref("test/"+name+":1"), ".").OK(t)
	return "docker.io/test/" + name + ":1"
}

// TestImageOfOneOfSeveralStartsThatOne: the entrypoint of the spec is another program's, and its arguments are too.
func TestImageOfOneOfSeveralStartsThatOne(t *testing.T) {
	t.Parallel()
	name := world.Registry.Ref("test/one-of-two:1")
	dir := writeGo(t, "binaries: [{main: ./cmd/api, cgo: off}, {main: ./cmd/worker, cgo: off}]\nimage: {entrypoint: [/api, --listen], cmd: [\":80\"]}\n",
		map[string]string{"api": quietProgram, "worker": quietProgram})
	for target, want := range map[string][]string{"worker/image": {"/worker"}, "api/image": {"/api", "--listen"}} {
		build(t, dir, "--target="+target, "--platform=linux/"+runtime.GOARCH, "-o", "type=image,push=true,name="+name).OK(t)
		config, err := world.Registry.Images(t, "test/one-of-two:1")["linux/"+runtime.GOARCH].ConfigFile()
		require.NoError(t, err)
		require.Equal(t, want, config.Config.Entrypoint)
		require.Equal(t, len(want) > 1, len(config.Config.Cmd) > 0)
	}
}

// TestProgramsOfTwoSuitesInOneImage: both start, although they were linked with C libraries of different age.
func TestProgramsOfTwoSuitesInOneImage(t *testing.T) {
	t.Parallel()
	program := func(name, c string) string {
		return "package main\n\n/*\n#include <pthread.h>\n#include <stdio.h>\n#include <math.h>\nstatic void *run(void *p) { return p; }\nstatic double answer(double x) { pthread_t t; pthread_create(&t, 0, run, 0); pthread_join(t, 0); return " + c + "; }\n#cgo LDFLAGS: -lpthread -lm\n*/\nimport \"C\"\n\nfunc main() { println(\"" + name + ":\", int(C.answer(2))) }\n"
	}
	root := t.TempDir()
	for i, order := range []string{
		"{main: ./cmd/older, libc: 'glibc>=2.31'}, {main: ./cmd/newer, libc: glibc}",
		"{main: ./cmd/newer, libc: glibc}, {main: ./cmd/older, libc: 'glibc>=2.31'}",
	} {
		dir := writeGo(t, "binaries: ["+order+"]\nimage: {entrypoint: [/newer]}\n", map[string]string{"older": program("older", "sqrt(x)"), "newer": program("newer", "pow(x, 3)")})
		out := filepath.Join(root, strconv.Itoa(i))
		build(t, dir, "--platform=linux/"+runtime.GOARCH, "-o", out).OK(t)
		for name, want := range map[string]string{"older": "older: 1", "newer": "newer: 8"} {
			require.NoError(t, os.Chmod(out, 0o755))
			said := env.Run(t, env.Cmd{Root: out, Dir: "/", User: 65532, Args: []string{"/" + name}}).OK(t).Stderr
			requireLines(t, said, want)
		}
	}
}
