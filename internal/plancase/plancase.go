// Package plancase has the cases that the tests of plan and llb share: a spec, what inspect would find in the code, and a
// lock, as small as they can be.
package plancase

import (
	"fmt"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// Case is one input of plan.New under a name that goldens carry.
type Case struct {
	Name     string
	Spec     string
	Facts    []plan.BinaryFacts
	Target   string
	Build    string
	Kind     string // build target; empty: the spec's default
	Args     map[string]string
	Vendor   bool
	VCS      plan.VCS
	Runs     []string      // platforms that the builder runs
	Settings plan.Settings // what is fetched from where
}

var (
	pure = plan.BinaryFacts{
		Mains:    []plan.MainPackage{{ImportPath: "example.com/app/cmd/hello", Module: "example.com/app"}},
		CGOUsers: []string{}, Foreign: []string{"github.com/google/uuid"}, Std: []string{"fmt", "net", "os"},
	}
	client = plan.BinaryFacts{
		Mains: []plan.MainPackage{{ImportPath: "example.com/app"}}, CGOUsers: []string{}, Foreign: []string{}, Std: []string{"crypto/x509", "fmt", "time"},
	}
	sqlite = plan.BinaryFacts{
		Mains: []plan.MainPackage{{ImportPath: "example.com/app"}}, CGO: true, CGOUsers: []string{"github.com/mattn/go-sqlite3"}, CGONeeds: []string{"github.com/mattn/go-sqlite3"},
		Heavy: []plan.HeavyModule{{Path: "github.com/mattn/go-sqlite3", Version: "v1.14.52", GoVersion: "1.21",
			Dir: "github.com/mattn/go-sqlite3@v1.14.52", Packages: []string{"github.com/mattn/go-sqlite3"}}},
		Foreign: []string{"github.com/google/uuid", "github.com/mattn/go-sqlite3"}, Std: []string{"database/sql", "fmt", "runtime/cgo"}, Pure: plan.PurePackages{Heavy: []string{"database/sql"}, Foreign: []string{"database/sql"}, All: []string{"database/sql", "fmt"}},
	}
	several = plan.BinaryFacts{
		Mains:   []plan.MainPackage{{ImportPath: "example.com/app/cmd/hello"}, {ImportPath: "example.com/app/cmd/server/v2"}},
		Foreign: []string{"github.com/google/uuid"}, Std: []string{"fmt", "net"},
	}
	ownC = plan.BinaryFacts{
		Mains: []plan.MainPackage{{ImportPath: "example.com/app", CXX: true}}, CGO: true, CXX: true, OwnC: true, CGOUsers: []string{"example.com/app"}, CGONeeds: []string{"example.com/app"},
		Foreign: []string{}, Std: []string{"fmt", "runtime/cgo"}, Pure: plan.PurePackages{All: []string{"fmt"}},
	}
	profiled = plan.BinaryFacts{
		Mains: []plan.MainPackage{{ImportPath: "example.com/app", PGO: "default.pgo"}}, CGO: true, CGOUsers: sqlite.CGOUsers, CGONeeds: sqlite.CGONeeds, Heavy: sqlite.Heavy,
		Foreign: sqlite.Foreign, Std: sqlite.Std, Pure: sqlite.Pure,
	}
)

// All are the cases, in a fixed order.
var All = []Case{
	{Name: "pure", Spec: "# syntax=x\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "pure-on-arm64", Spec: "# syntax=x\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/amd64/v3", Build: "linux/arm64"},
	{Name: "pure-windows", Spec: "# syntax=x\n", Facts: []plan.BinaryFacts{pure}, Target: "windows/amd64", Build: "linux/amd64"},
	{Name: "pure-vendor", Spec: "# syntax=x\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/arm/v6", Build: "linux/amd64", Vendor: true},
	{Name: "pure-image", Spec: "# syntax=x\nimage: {env: {A: b}, labels: {l: v}}\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/amd64", Build: "linux/amd64"},
	{Name: "scratch-image", Spec: "# syntax=x\nimage: {base: scratch, entrypoint: [/hello, serve], env: {TMPDIR: /data, OTHER: x}}\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/amd64", Build: "linux/amd64"},
	{Name: "musl-static", Spec: "# syntax=x\nbinaries: [{main: ., tags: [sqlite_fts5], ldflags: ['-X main.version=${V}']}]\nargs: {V: 'a b'}\n",
		Facts: []plan.BinaryFacts{sqlite}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "musl-static-on-arm64", Spec: "# syntax=x\nbinaries: [{main: .}]\n", Facts: []plan.BinaryFacts{sqlite}, Target: "linux/arm64", Build: "linux/arm64"},
	{Name: "glibc-floor", Spec: "# syntax=x\nbinaries: [{main: ., libc: 'glibc>=2.31', packages: [zlib1g-dev]}]\n",
		Facts: []plan.BinaryFacts{sqlite}, Target: "linux/arm/v7", Build: "linux/amd64"},
	{Name: "glibc-image", Spec: "# syntax=x\nbinaries: [{main: ., libc: glibc}]\nimage: {}\n", Facts: []plan.BinaryFacts{ownC}, Target: "linux/amd64", Build: "linux/amd64"},
	{Name: "musl-cxx-arm", Spec: "# syntax=x\nbinaries: [{main: ., libc: musl}]\n", Facts: []plan.BinaryFacts{ownC}, Target: "linux/arm/v7", Build: "linux/amd64"},
	{Name: "glibc-cxx-arm", Spec: "# syntax=x\nbinaries: [{main: ., libc: glibc}]\n", Facts: []plan.BinaryFacts{ownC}, Target: "linux/arm/v7", Build: "linux/arm64"},
	{Name: "static-pie", Spec: "# syntax=x\nbinaries: [{main: ., link: static-pie}]\n", Facts: []plan.BinaryFacts{sqlite}, Target: "linux/amd64", Build: "linux/amd64"},
	{Name: "profile", Spec: "# syntax=x\nbinaries: [{main: ., libc: musl}]\n", Facts: []plan.BinaryFacts{profiled}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "cache-layers", Spec: "# syntax=x\nbinaries: [{main: ., libc: musl}]\ncache: layers\n", Facts: []plan.BinaryFacts{sqlite}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "cache-mounts", Spec: "# syntax=x\nbinaries: [{main: ., libc: musl}]\ncache: mounts\n", Facts: []plan.BinaryFacts{ownC}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "cache-prog", Spec: "# syntax=x\nargs: {URL: 'http://c'}\ncache: {prog: [tools/prog, '--url=${URL}']}\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "pie-of-a-module-below", Spec: "# syntax=x\nmodule: services/app\nbinaries: [{main: ., name: server, libc: glibc, link: pie, ldflags: ['-X main.version=${V}']}]\nargs: {V: dev}\n",
		Facts: []plan.BinaryFacts{ownC}, Target: "linux/arm64", Build: "linux/amd64", Args: map[string]string{"V": "1.2"}},
	{Name: "base-image", Spec: "# syntax=x\nbinaries: [{main: ., libc: glibc}]\nimage: {base: 'debian:13-slim'}\n", Facts: []plan.BinaryFacts{ownC}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "narrowed-windows", Spec: "# syntax=x\nbinaries: [{main: ./cmd/hello, name: server}, {main: ., name: other}]\n",
		Facts: []plan.BinaryFacts{pure, pure}, Target: "windows/amd64", Build: "linux/amd64", Kind: "server/bin"},
	{Name: "two-units", Spec: "# syntax=x\nbinaries: [{main: ./cmd/hello, cgo: 'off'}, {main: ., libc: glibc, link: static}]\n",
		Facts: []plan.BinaryFacts{pure, sqlite}, Target: "linux/amd64", Build: "linux/amd64", Kind: "report"},
	{Name: "several-mains", Spec: "# syntax=x\nbinaries: [{main: ./cmd/..., ldflags: ['-s']}, {main: ./tool, name: helper}]\n",
		Facts: []plan.BinaryFacts{several, {Mains: []plan.MainPackage{{ImportPath: "example.com/app/tool"}}}}, Target: "windows/amd64", Build: "linux/amd64"},
	{Name: "run", Spec: "# syntax=x\nverify: {run: {args: [--version], expect: 'hello ${V}', max-memory: 32MiB}}\nargs: {V: '1'}\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/arm64", Build: "linux/amd64",
		Runs: []string{"linux/amd64", "linux/arm64"}},
	{Name: "run-image", Spec: "# syntax=x\nbinaries: [{main: ./cmd/hello, cgo: 'off', verify: {run: {expect: {exit: 2}}}}, {main: ., libc: glibc}]\nimage: {entrypoint: [/hello], env: {A: b}}\n",
		Facts: []plan.BinaryFacts{pure, sqlite}, Target: "linux/amd64", Build: "linux/amd64", Runs: []string{"linux/amd64"}},
	{Name: "again", Spec: "# syntax=x\nbinaries: [{main: ., verify: {reproducible: true}}]\n", Facts: []plan.BinaryFacts{sqlite}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "test", Spec: "# syntax=x\ntest: {flags: [-short], timeout: 5m, env: {A: b}}\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/amd64", Build: "linux/amd64", Kind: "test", Runs: []string{"linux/amd64"}},
	{Name: "test-race", Spec: "# syntax=x\nbinaries: [{main: ., libc: musl, tags: [x]}]\ntest: {race: true, packages: ./a}\n", Facts: []plan.BinaryFacts{sqlite}, Target: "linux/amd64", Build: "linux/amd64",
		Kind: "test-results", Runs: []string{"linux/amd64"}},
	{Name: "test-nowhere", Spec: "# syntax=x\nbinaries: [{main: ., libc: musl}]\ntest: {race: true}\n", Facts: []plan.BinaryFacts{sqlite}, Target: "linux/arm64", Build: "linux/amd64", Kind: "test", Runs: []string{"linux/amd64"}},
	{Name: "test-prog", Spec: "# syntax=x\ncache: {prog: [tools/cache]}\ntest: {}\n", Facts: []plan.BinaryFacts{sqlite}, Target: "linux/amd64", Build: "linux/amd64", Kind: "test", Runs: []string{"linux/amd64"}},
	{Name: "test-mounts", Spec: "# syntax=x\ncache: mounts\n", Facts: []plan.BinaryFacts{ownC}, Target: "linux/arm64", Build: "linux/amd64", Kind: "test", Runs: []string{"linux/amd64", "linux/arm64"}},
	{Name: "exceptions", Spec: "# syntax=x\nbinaries: [{main: ./cmd/hello, verify: {allow: [needs-roots, exec-stack]}}, {main: ., libc: glibc, verify: {allow: [exec-stack]}}]\n", Facts: []plan.BinaryFacts{pure, sqlite},
		Target: "linux/amd64", Build: "linux/amd64", Kind: "report",
		Settings: plan.Settings{Proxy: plan.Proxy{GOSUMDB: "off", GOPRIVATE: "*.corp.example"}, SecurityMirror: plan.SecurityOff}},
	{Name: "run-nowhere", Spec: "# syntax=x\nverify: {run: {}}\n", Facts: []plan.BinaryFacts{pure}, Target: "windows/amd64", Build: "linux/amd64", Runs: []string{"linux/amd64"}},
	{Name: "client-image", Spec: "# syntax=x\nbinaries: [{main: ./a, name: a}, {main: ./b, name: b, libc: glibc}]\nimage: {entrypoint: /a, env: {TZ: Europe/Berlin}}\n",
		Facts: []plan.BinaryFacts{client, ownC}, Target: "linux/arm64", Build: "linux/amd64"},
	{Name: "two-suites-image", Spec: "# syntax=x\nbinaries: [{main: ./a, name: a, libc: 'glibc>=2.31'}, {main: ./b, name: b, libc: glibc}]\nimage: {entrypoint: /a, workdir: /data}\n",
		Facts: []plan.BinaryFacts{ownC, ownC}, Target: "linux/amd64", Build: "linux/amd64"},
	{Name: "certificates-image", Spec: "# syntax=x\nvcs: on\nimage: {base: 'debian:13-slim', certificates: [ca/company.pem, 'more/*.crt']}\n",
		Facts: []plan.BinaryFacts{pure}, Target: "linux/amd64", Build: "linux/amd64", VCS: known()},
	{Name: "release", Spec: "# syntax=x\nargs: {VERSION: dev}\nrelease: {files: [LICENSE, {from: 'docs/*.md', to: doc/}], wrap: on, signer: minisign}\n",
		Facts: []plan.BinaryFacts{pure}, Target: "linux/arm/v7", Build: "linux/amd64", Kind: "release", Args: map[string]string{"VERSION": "1.2"}},
	{Name: "release-windows", Spec: "# syntax=x\nbinaries: [{main: ./cmd/...}]\nrelease: {name: 'tools-${VCS_TAG}-${TARGETOS}'}\n",
		Facts: []plan.BinaryFacts{several}, Target: "windows/amd64", Build: "linux/amd64", Kind: "release", VCS: known()},
	{Name: "libraries", Spec: "# syntax=x\nbinaries: [{main: ., name: sum, buildmode: c-shared, libc: 'glibc>=2.31'}, {main: ., name: sum, buildmode: c-archive}]\nrelease:\n",
		Facts: []plan.BinaryFacts{ownC, ownC}, Target: "linux/arm64", Build: "linux/amd64", Kind: "release"},
	{Name: "stamped", Spec: "# syntax=x\nvcs: on\nbinaries: [{main: ., ldflags: ['-X main.v=${VCS_TAG}']}]\n", Facts: []plan.BinaryFacts{pure}, Target: "linux/arm64", Build: "linux/amd64", VCS: known()},
}

// known is what a client says of a repository.
func known() plan.VCS {
	return plan.VCS{
		Known: []plan.Variable{{Name: spec.VCSRevision, Value: "0123456789abcdef0123456789abcdef01234567"}, {Name: spec.VCSTime, Value: "2026-01-31T12:00:00Z"},
			{Name: spec.VCSModified, Value: "false"}, {Name: spec.VCSTag, Value: "v1.2.3"}},
		Tags: []string{"v1.2.3"}, History: &plan.History{Tags: []string{"v1.2.2", "v1.2.3"}},
	}
}

// Input is the case as plan.New wants it.
func (c Case) Input() (plan.Input, error) {
	file, err := spec.Parse("crossgo.yaml", []byte(c.Spec))
	if err != nil {
		return plan.Input{}, err
	}
	target, err := spec.ParsePlatform(c.Target)
	if err != nil {
		return plan.Input{}, err
	}
	build, err := spec.ParsePlatform(c.Build)
	if err != nil {
		return plan.Input{}, err
	}
	var runs []spec.Platform
	for _, name := range c.Runs {
		p, err := spec.ParsePlatform(name)
		if err != nil {
			return plan.Input{}, err
		}
		runs = append(runs, p)
	}
	selection, err := plan.ParseTarget(file, c.Kind)
	return plan.Input{
		File: file, Facts: plan.TargetFacts{Platform: c.Target, Binaries: c.Facts},
		Go: plan.Go{Version: "1.26.8", Where: "go.mod:3", Build: c.Build}, Target: target, Build: build,
		Args: c.Args, Settings: c.Settings, Dir: ".", Vendor: c.Vendor, Select: selection, VCS: c.VCS, Runs: runs,
	}, err
}

// Lock pins every package of every set at a made-up version.
func Lock(plans ...*plan.Plan) *sysroot.Lock {
	lock := new(sysroot.Lock)
	for _, s := range plan.RequestsBySuite(plans) {
		for _, r := range s.Requests {
			lock.Sets = append(lock.Sets, Pinned(s.Suite, r))
		}
	}
	return lock
}

// Pinned is a request's set at the made-up version.
func Pinned(suite string, r sysroot.Request) sysroot.Set {
	set := sysroot.Set{Name: r.Name, Kind: r.Kind, Arch: r.Arch, Suite: suite}
	for _, name := range append(r.Packages, r.Extra...) {
		set.Packages = append(set.Packages, sysroot.Package{
			Name: name, Version: "1", Architecture: r.Arch, Archive: "main",
			Filename: fmt.Sprintf("pool/%s_1_%s.deb", name, r.Arch), SHA256: fmt.Sprintf("%064x", len(name)),
		})
	}
	for _, name := range r.Sources {
		set.Packages = append(set.Packages, sysroot.Package{
			Name: name, Version: "1", Architecture: sysroot.SourceArch, Archive: "main",
			Filename: fmt.Sprintf("pool/%s_1.orig.tar.xz", name), SHA256: fmt.Sprintf("%064x", len(name)),
		})
	}
	return set
}
