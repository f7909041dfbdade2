package plan_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/internal/golden"
	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/verify"
	"github.com/stretchr/testify/require"
)

// TestPlans holds every decision for each case against a golden, and makes each plan twice: the same input gives the same
// bytes.
func TestPlans(t *testing.T) {
	for _, c := range plancase.All {
		t.Run(c.Name, func(t *testing.T) {
			golden.Equal(t, filepath.Join("testdata", c.Name+".json"), planText(t, c))
			require.Equal(t, planText(t, c), planText(t, c))
		})
	}
}

func planText(t *testing.T, c plancase.Case) string {
	in, err := c.Input()
	require.NoError(t, err)
	p, err := plan.New(in)
	require.NoError(t, err)
	data, err := json.MarshalIndent(p, "", "  ")
	require.NoError(t, err)
	return string(data) + "\n"
}

// TestRefused shows each decision that cannot be made, with the words the user gets.
func TestRefused(t *testing.T) {
	sqlite := plancase.All[6].Facts
	pure := plancase.All[0].Facts
	owned := []plan.BinaryFacts{{Mains: []plan.MainPackage{{ImportPath: "example.com/app"}}, Own: []string{"example.com/app", "example.com/app/meta", "example.com/app/version"}, Std: []string{"fmt"}}}
	loading := []plan.BinaryFacts{{Mains: []plan.MainPackage{{ImportPath: "example.com/app", Loads: "github.com/x/dl (dl.go:3)"}}, Own: []string{"example.com/app"}}}
	twoMains := []plan.BinaryFacts{{Mains: []plan.MainPackage{{ImportPath: "x/a/app"}, {ImportPath: "x/b/app"}}}}
	for _, c := range []struct {
		name, spec, target, kind string
		facts                    []plan.BinaryFacts
		want                     string
	}{
		{"cgo needed but off", "binaries: [{main: ., cgo: 'off'}]", "linux/amd64", "", sqlite,
			`crossgo.yaml:1:27: cgo: found off, but github.com/mattn/go-sqlite3 needs cgo: set it to auto or on`},
		{"cgo for windows", "binaries: [{main: .}]", "windows/amd64", "", sqlite,
			`crossgo.yaml:1:12: github.com/mattn/go-sqlite3 needs cgo, and there is no C toolchain for windows/amd64: cgo is for linux only, set cgo: off where the code can do without`},
		{"dynamic without cgo", "binaries: [{main: ., link: dynamic}]", "linux/amd64", "", pure,
			`crossgo.yaml:1:28: link: found dynamic, but without cgo there is no C library to link: allowed are static and pie, or set cgo: on`},
		{"static-pie without cgo", "binaries: [{main: ., link: static-pie}]", "linux/amd64", "", pure,
			`crossgo.yaml:1:28: link: found static-pie, but without cgo there is no C library to link: allowed are static and pie, or set cgo: on`},
		{"pie without cgo on arm", "binaries: [{main: ., link: pie}]", "linux/arm/v7", "", pure,
			`crossgo.yaml:1:28: link: found pie, but without cgo Go makes such files for [amd64 arm64 loong64 ppc64le] only, not for linux/arm/v7: set cgo: on or link: static`},
		{"static-pie with armhf's glibc", "binaries: [{main: ., libc: glibc, link: static-pie}]", "linux/arm/v7", "", sqlite,
			`crossgo.yaml:1:41: link: found static-pie, but Debian's glibc for linux/arm/v7 cannot be linked so: use libc: musl or link: static`},
		{"no sysroot", "binaries: [{main: .}]", "linux/loong64", "", sqlite,
			`crossgo.yaml:1:12: cgo for linux/loong64: there is no C sysroot for linux/loong64, only for: linux/amd64, linux/arm64, linux/arm/v7, linux/arm/v5, linux/arm/v6, linux/386, linux/ppc64le, linux/s390x, linux/riscv64`},
		{"two of one name", "binaries: [{main: ./...}]", "linux/amd64", "", twoMains,
			`crossgo.yaml:1:19: x/a/app and x/b/app would both be written as "app": give one of them a name`},
		{"image of two without entrypoint", "image: {}", "linux/amd64", "", []plan.BinaryFacts{{Mains: []plan.MainPackage{{ImportPath: "x/a"}, {ImportPath: "x/b"}}}},
			`crossgo.yaml:1:8: image: entrypoint: the image holds 2 binaries, say which one it runs: /a, /b; or ask for an image of one of them, as in --target a/image`},
		{"image for darwin", "image: {}", "darwin/arm64", "", pure,
			`crossgo.yaml:1:8: image: images are made for linux, not for darwin/arm64: ask for --target bin there`},
		{"unknown binary in the target", "", "linux/amd64", "server/bin", pure,
			`target server/bin: crossgo.yaml builds no binary "server", it builds hello`},
		{"variable of a package that is not there", "binaries: [{main: ., ldflags: [-s, '-X example.com/app/verson.V=1 -X example.com/app/internal/meta.V=1', '-X=example.com/app.v=1', -X, main.v=1]}]", "linux/amd64", "", owned,
			`crossgo.yaml:1:36: ldflags: found -X example.com/app/verson.V, but no package of the build has that path, and the linker passes over it in silence (did you mean "example.com/app/version"?)` + "\n" +
				`crossgo.yaml:1:36: ldflags: found -X example.com/app/internal/meta.V, but no package of the build has that path, and the linker passes over it in silence (did you mean "example.com/app/meta"?)` + "\n" +
				`crossgo.yaml:1:106: ldflags: found -X example.com/app.v, but the linker calls that package main: write -X main.NAME`},
		{"libraries alone", "binaries: [{main: ./...}]", "linux/amd64", "", []plan.BinaryFacts{{}},
			`crossgo.yaml:1:19: main: ./... matches no main package of the module, and a library is nothing to build for linux/amd64: --target test tests it`},
		{"static program that loads libraries", "binaries: [{main: ., link: static}]", "linux/amd64", "", loading,
			`crossgo.yaml:1:28: link: found static, but github.com/x/dl (dl.go:3) loads shared libraries without cgo, which only a program with a loader can: say link: dynamic`},
		{"image without a loader", "image: {}", "linux/amd64", "", loading,
			`crossgo.yaml:1:8: image: app is made without cgo and starts by the loader /lib64/ld-linux-x86-64.so.2, which an image without a base does not have: name a base that has it, as in base: debian:12-slim, or say cgo: on or link: static`},
		{"problems of the code", "", "linux/amd64", "", []plan.BinaryFacts{{Problems: []plan.Problem{{Where: "main.go:2:8", Text: "no such module"}, {Text: "and more"}}}},
			"main.go:2:8: no such module\nand more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := plancase.Case{Spec: c.spec, Facts: c.facts, Target: c.target, Build: "linux/amd64", Kind: c.kind}.Input()
			require.NoError(t, err)
			_, err = plan.New(in)
			require.EqualError(t, err, c.want)
		})
	}
}

// TestAllowedChecks: what is no check, or none that may fail, is said at its place.
func TestAllowedChecks(t *testing.T) {
	c := plancase.Case{Spec: "verify: {allow: [loader, machine]}\nbinaries: [{main: .}, {main: ./b, verify: {allow: [nonsense]}}]",
		Facts: []plan.BinaryFacts{plancase.All[0].Facts[0], {Mains: []plan.MainPackage{{ImportPath: "x/b"}}}}, Target: "linux/amd64", Build: "linux/amd64"}
	in, err := c.Input()
	require.NoError(t, err)
	_, err = plan.New(in)
	require.ErrorContains(t, err, "crossgo.yaml:1:26: verify.allow: found \"machine\", which cannot be allowed to fail: ")
	require.ErrorContains(t, err, "\ncrossgo.yaml:2:52: verify.allow: found \"nonsense\", which is no check; allowed are loader, ")

	c.Spec = "verify: {allow: [loader]}\nbinaries: [{main: .}, {main: ./b, verify: {allow: [cpu]}}]"
	in, err = c.Input()
	require.NoError(t, err)
	p, err := plan.New(in)
	require.NoError(t, err)
	require.Equal(t, []string{"loader"}, p.Units[0].Outputs[0].Want.Allow)
	require.Equal(t, []string{"cpu"}, p.Units[0].Outputs[1].Want.Allow)
}

func TestParseTarget(t *testing.T) {
	file := &spec.File{}
	_, err := plan.ParseTarget(file, "nonsense")
	require.EqualError(t, err, `target "nonsense" is unknown, known are bin, image, report, release, test and test-results, each also as NAME/KIND for one binary`)
	s, err := plan.ParseTarget(file, "server/image")
	require.NoError(t, err)
	require.Equal(t, plan.Select{Kind: plan.KindImage, Binary: "server"}, s)
	s, err = plan.ParseTarget(&spec.File{Image: &spec.Image{}}, "")
	require.NoError(t, err)
	require.Equal(t, plan.KindImage, s.Kind)
}

// TestChooseGo is the order in which the Go version is looked for.
func TestChooseGo(t *testing.T) {
	amd64 := spec.Platform{OS: "linux", Arch: "amd64"}
	for _, c := range []struct {
		name, spec, mod, work string
		want                  plan.Go
		err                   string
	}{
		{name: "go line", mod: "module x\n\ngo 1.25.3\n", want: plan.Go{Version: "1.25.3", Where: "go.mod:3", Least: "1.25.3"}},
		{name: "release candidate", mod: "module x\n\ngo 1.27rc1\n", want: plan.Go{Version: "1.27rc1", Where: "go.mod:3", Least: "1.27rc1"}},
		{name: "language version", mod: "module x\n\ngo 1.25\n", want: plan.Go{Version: "1.25", Where: "go.mod:3", Least: "1.25"}},
		{name: "toolchain line", mod: "module x\n\ngo 1.25\ntoolchain go1.26.1\n", want: plan.Go{Version: "1.26.1", Where: "go.mod:4"}},
		{name: "toolchain default", mod: "module x\n\ngo 1.25.1\ntoolchain default\n", want: plan.Go{Version: "1.25.1", Where: "go.mod:3", Least: "1.25.1"}},
		{name: "toolchain line that is behind", mod: "module x\n\ngo 1.25.3\ntoolchain go1.25.1\n", want: plan.Go{Version: "1.25.3", Where: "go.mod:3", Least: "1.25.3"}},
		{name: "workspace", mod: "module x\n\ngo 1.25\n", work: "go 1.26.2\nuse .\n", want: plan.Go{Version: "1.26.2", Where: "go.work:1", Least: "1.26.2"}},
		{name: "toolchain line of a workspace", mod: "module x\n\ngo 1.25\ntoolchain go1.27.1\n", work: "go 1.26.2\ntoolchain go1.26.3\nuse .\n", want: plan.Go{Version: "1.26.3", Where: "go.work:2"}},
		{name: "spec with a patch", spec: "go: '1.26.3'\n", mod: "module x\n\ngo 1.25\ntoolchain go1.27.1\n", want: plan.Go{Version: "1.26.3", Where: "crossgo.yaml:1:5"}},
		{name: "spec with a release candidate", spec: "go: 1.27rc1\n", mod: "module x\n\ngo 1.25\n", want: plan.Go{Version: "1.27rc1", Where: "crossgo.yaml:1:5"}},
		{name: "spec", spec: "go: '1.26'\n", mod: "module x\n\ngo 1.25\n", want: plan.Go{Version: "1.26", Where: "crossgo.yaml:1:5", Least: "1.26"}},
		{name: "spec names the minor that go.mod patches", spec: "go: '1.26'\n", mod: "module x\n\ngo 1.26.3\n", want: plan.Go{Version: "1.26.3", Where: "crossgo.yaml:1:5", Least: "1.26.3"}},
		{name: "before 1.21", mod: "module x\n\ngo 1.17\n", want: plan.Go{Version: "1.21", Where: "go.mod:3", Least: "1.21"}},
		{name: "no go line", mod: "module x\n", want: plan.Go{Version: "1.21", Where: "go.mod", Least: "1.21"}},
		{name: "spec too old", spec: "go: '1.21'\n", mod: "module x\n\ngo 1.26\n", err: "crossgo.yaml:1:5: go: found 1.21, but go.mod:3 asks for at least 1.26"},
		{name: "broken go.mod", mod: "modul x\n", err: "go.mod:1: unknown directive: modul"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, err := spec.Parse("crossgo.yaml", []byte(c.spec))
			require.NoError(t, err)
			mods := plan.Mods{GoMod: []byte(c.mod), GoModName: "go.mod", GoWorkName: "go.work"}
			if c.work != "" {
				mods.GoWork = []byte(c.work)
			}
			got, err := plan.ChooseGo(file, mods, amd64)
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			c.want.Build = "linux/amd64"
			require.Equal(t, c.want, got)
		})
	}
	_, err := plan.ChooseGo(&spec.File{}, plan.Mods{}, spec.Platform{OS: "linux", Arch: "riscv64"})
	require.EqualError(t, err, "this builder runs on linux/riscv64: crossgo compiles on linux/amd64 and linux/arm64")
}

func TestSettings(t *testing.T) {
	base := plan.Settings{DebianMirror: plan.DebianMirror, SecurityMirror: plan.SecurityMirror}
	s, err := base.With(map[string]string{"GOPROXY": "https://p", "DEBIAN_MIRROR": "http://m/debian/"})
	require.NoError(t, err)
	require.Equal(t, "https://p", s.Proxy.GOPROXY)
	require.Equal(t, "http://m/debian", s.DebianMirror)
	require.Equal(t, "http://m/debian-security", s.SecurityMirror)
	_, err = base.With(map[string]string{"DEBIAN_MIRROR": "nowhere"})
	require.EqualError(t, err, `build arg DEBIAN_MIRROR: found "nowhere", want an address that begins with http:// or https://, or several with commas between them`)
	s, err = base.With(map[string]string{"DEBIAN_SECURITY_MIRROR": "off"})
	require.NoError(t, err)
	archives, err := s.Archives("trixie")
	require.NoError(t, err)
	require.Equal(t, []plan.Archive{{ID: "main", Suite: "trixie"}}, archives)
	archives, err = base.Archives("trixie")
	require.NoError(t, err)
	require.Equal(t, []plan.Archive{{ID: "main", Suite: "trixie"}, {ID: "security", Suite: "trixie-security", Optional: true}}, archives)
	file, err := spec.Parse("crossgo.yaml", []byte("args: {V: x}\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"W"}, plan.Unused(file, map[string]string{"V": "1", "W": "2", "GOPROXY": "3", "BUILDKIT_X": "4"}))
}

// TestTargetEnv knows every platform that a spec can name.
func TestTargetEnv(t *testing.T) {
	for _, p := range spec.Platforms() {
		for _, v := range append([]string{p.Variant}, spec.Variants(p.Arch)...) {
			normal, err := spec.ParsePlatform(spec.Platform{OS: p.OS, Arch: p.Arch, Variant: v}.String())
			require.NoError(t, err)
			_, err = plan.TargetEnv(normal)
			require.NoError(t, err, normal)
		}
	}
	_, err := plan.TargetEnv(spec.Platform{OS: "linux", Arch: "sparc"})
	require.ErrorContains(t, err, `architecture "sparc" is unknown`)
	_, err = plan.TargetEnv(spec.Platform{OS: "linux", Arch: "amd64", Variant: "v9"})
	require.EqualError(t, err, `platform linux/amd64/v9: variant "v9" of amd64 is unknown, known are v2, v3, v4`)
}

// TestEveryPlatformCanBeVerified: else a build would compile everything before the gate says that it cannot judge it.
func TestEveryPlatformCanBeVerified(t *testing.T) {
	for _, p := range spec.Platforms() {
		_, err := verify.WantFor(p.String())
		require.NoError(t, err)
	}
}
