package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crossgo/crossgo/test/env"
)

// rival is one way to build. Its name is a column of the results.
type rival struct {
	name  string
	build func(b *bench, p *place, q request) built
	kin   string // the rival whose daemon it shares; "": it has one of its own
	bare  bool   // builds without a daemon
}

// place is where a rival builds: a daemon and a context of its own. Of a bare go build the context lies below bench.root,
// and the cache is a directory as seen from there.
type place struct {
	daemon *env.Daemon
	dir    string
	cache  string
}

// request is what is asked for.
type request struct {
	platforms []string
	version   string   // "": dev
	output    string   // value of -o; "": a folder
	args      []string // more options of buildx
	pure      bool     // without cgo, every program below ./cmd
}

// built is what one build took.
type built struct {
	seconds  float64  // from the command's start to its end
	progress progress // nothing for a bare go build
	memory   int64    // the most that the frontend had, in bytes; 0 where it was not seen
}

var (
	// dockerfile is the hand-written file, read by the frontend that is part of BuildKit.
	dockerfile = rival{name: "Dockerfile", build: buildx("Dockerfile")}
	// withSyntax is the same with "# syntax=" at its head, as most have it, so that its frontend is an image too.
	withSyntax = rival{name: "# syntax=", build: buildx("syntax.Dockerfile"), kin: "Dockerfile"}
	// bare is go build in a directory with all that it needs, one platform after the other.
	bare = rival{name: "go build", build: bareBuild, bare: true}
	// crossgo is our frontend as an image, driven by docker buildx.
	crossgo = rival{name: "crossgo", build: buildx("crossgo.yaml")}
	// command is our own command, with the frontend in its process.
	command = rival{name: "crossgo build", build: crossgoBuild, kin: "crossgo"}
)

// columns are all rivals in the order of the tables.
var columns = []rival{dockerfile, withSyntax, bare, crossgo, command}

// rivalNames are the names of columns.
func rivalNames() []string {
	var names []string
	for _, r := range columns {
		names = append(names, r.name)
	}
	return names
}

// securityOff makes crossgo read what the Dockerfile reads, Debian's main archive; nor does every mirror carry the other one
// for the extra platform.
var securityOff = []string{"--build-arg=DEBIAN_SECURITY_MIRROR=off"}

// options are a request's as options of buildx and of crossgo build alike.
func (q request) options(b *bench, p *place) []string {
	output, version := q.output, q.version
	if output == "" {
		output = p.dir + ".out"
	}
	if version == "" {
		version = "dev"
	}
	args := []string{"--progress=rawjson", "--platform=" + strings.Join(q.platforms, ","), "-o", output}
	if !q.pure {
		args = append(args, "--build-arg=VERSION="+version)
	}
	return slices.Concat(args, b.env.Mirror.BuildArgs(), securityOff, q.args)
}

// buildx builds with docker buildx and a file of the context.
func buildx(file string) func(*bench, *place, request) built {
	return func(b *bench, p *place, q request) built {
		args := append([]string{"build", "-f", file}, q.options(b, p)...)
		watch := watchFrontend(p.daemon.Pid)
		began := time.Now()
		r := b.env.BuildxOn(b, p.daemon, p.dir, append(args, ".")...)
		took := time.Since(began).Seconds()
		return b.built(file, r, took, watch())
	}
}

// crossgoBuild builds with the command crossgo.
func crossgoBuild(b *bench, p *place, q request) built {
	args := append([]string{"build", "--builder", p.daemon.Addr()}, q.options(b, p)...)
	began := time.Now()
	r := b.env.Crossgo(b, p.dir, nil, append(args, ".")...)
	return b.built("crossgo-build", r, time.Since(began).Seconds(), 0)
}

// built reads a build's progress; one that failed ends the run.
func (b *bench) built(what string, r env.Result, seconds float64, memory int64) built {
	b.keepProgress(what, r.Stderr)
	if r.Code != 0 {
		b.check(fmt.Errorf("%s: exit code %d\n%s", what, r.Code, withoutProgress(r.Output())))
	}
	return built{seconds, parseProgress(r.Stderr), memory}
}

// triples are clang's names of what the bare go build is for.
var triples = map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu", "arm": "arm-linux-gnueabihf"}

// inRoot runs the script $1 with the directory $0 as the root. The mounts are seen by this command alone and gone with it.
const inRoot = `mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; exec chroot "$0" /bin/sh -ec "$1"`

// bareBuild runs go build for one platform after the other.
func bareBuild(b *bench, p *place, q request) built {
	began := time.Now()
	r := b.chroot(p, q.script())
	took := time.Since(began).Seconds()
	if r.Code != 0 {
		b.check(fmt.Errorf("go build: exit code %d\n%s", r.Code, r.Output()))
	}
	return built{seconds: took}
}

// script is what bareBuild runs, in the words of the Dockerfile.
func (q request) script() string {
	var s strings.Builder
	for _, platform := range q.platforms {
		goos, arch, _ := strings.Cut(platform, "/")
		arch, _, _ = strings.Cut(arch, "/")
		if q.pure {
			fmt.Fprintf(&s, "mkdir -p /out/%s; CGO_ENABLED=0 GOOS=%s GOARCH=%s go build -trimpath -buildvcs=false -o /out/%s/ ./cmd/...\n",
				platform, goos, arch, platform)
			continue
		}
		fmt.Fprintf(&s, "CC='clang --target=%s -fuse-ld=lld' CGO_ENABLED=1 GOOS=%s GOARCH=%s go build -trimpath -buildvcs=false "+
			"-tags sqlite_fts5 -ldflags '-X main.version=%s' -o /out/%s/sqlite .\n", triples[arch], goos, arch, q.version, platform)
	}
	return s.String()
}

// chroot runs a script in a place below bench.root.
func (b *bench) chroot(p *place, script string) env.Result {
	head := "cd " + strings.TrimPrefix(p.dir, b.root) + "\n"
	return env.Run(b, env.Cmd{Args: []string{"unshare", "--mount", "--propagation=private", "sh", "-ec", inRoot, b.root, head + script},
		Env: []string{"PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "GOPATH=/go", "GOCACHE=" + p.cache, "TMPDIR=/tmp",
			"GOPROXY=" + b.env.Mirror.GoProxy(), "GOSUMDB=" + b.env.Mirror.SumDB, "GOTOOLCHAIN=local", "GOFLAGS=", "GOARM=7",
			"CGO_CFLAGS=-O2 -g -Qunused-arguments"}})
}

// newPlace is an empty daemon, or an empty Go cache, and a context.
func (b *bench) newPlace(r rival, context string) *place {
	if !r.bare {
		return &place{daemon: b.env.NewDaemon(b, env.DaemonOptions{}), dir: context}
	}
	dir := must(os.MkdirTemp(filepath.Join(b.root, "src"), "m-"))
	b.check(os.CopyFS(filepath.Join(dir, "src"), os.DirFS(context)))
	return &place{dir: filepath.Join(dir, "src"), cache: strings.TrimPrefix(dir, b.root) + "/cache"}
}
