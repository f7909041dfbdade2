package plan_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/internal/golden"
	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/stretchr/testify/require"
)

// released is the plan of a release of pure Go programs, with the input it is made from.
func released(t *testing.T, text, target string, args map[string]string, vcs plan.VCS, mains ...string) (plan.Input, *plan.Plan, error) {
	t.Helper()
	facts := plan.BinaryFacts{Std: []string{"fmt"}}
	for _, m := range mains {
		facts.Mains = append(facts.Mains, plan.MainPackage{ImportPath: m})
	}
	in, err := plancase.Case{Spec: text, Facts: []plan.BinaryFacts{facts}, Target: target, Build: "linux/amd64", Kind: "release", Args: args, VCS: vcs}.Input()
	require.NoError(t, err)
	p, err := plan.New(in)
	return in, p, err
}

// TestReleaseNames: what an archive is called, by what the spec says and by default.
func TestReleaseNames(t *testing.T) {
	tagged := plan.VCS{Known: []plan.Variable{{Name: spec.VCSTag, Value: "v1.2.3"}}}
	for _, c := range []struct {
		spec, target string
		want, folder string
	}{
		{"", "linux/amd64", "app_linux_amd64.tar.gz", ""},
		{"", "linux/amd64/v3", "app_linux_amd64v3.tar.gz", ""},
		{"", "windows/arm64", "app_windows_arm64.zip", ""},
		{"args: {VERSION: 1.0}\nrelease: {wrap: on}", "darwin/arm64", "app_1.0_darwin_arm64.tar.gz", "app_1.0_darwin_arm64"},
		{"release: {format: zip, wrap: '${NAME}'}", "linux/amd64", "app_linux_amd64.zip", "app"},
		{"release: {format: {windows: tar.gz, linux: zip}}", "windows/amd64", "app_windows_amd64.tar.gz", ""},
		{"release: {format: {windows: tar.gz, linux: zip}}", "linux/amd64", "app_linux_amd64.zip", ""},
		{"args: {NAME: tools}", "linux/amd64", "tools_linux_amd64.tar.gz", ""},
		{"release: {name: 'x-${VCS_TAG}-${TARGETOS}'}", "linux/amd64", "x-v1.2.3-linux.tar.gz", ""},
	} {
		_, p, err := released(t, c.spec, c.target, nil, tagged, "x/app")
		require.NoError(t, err, c.spec)
		require.Equal(t, c.want, p.Release.Archive, c.spec)
		require.Equal(t, c.folder, p.Release.Folder, c.spec)
	}
}

// TestReleaseTimes: whoever says a time first is right, and without any it is one that never changes.
func TestReleaseTimes(t *testing.T) {
	epoch := map[string]string{"SOURCE_DATE_EPOCH": "1769860800"}
	commit := plan.VCS{Known: []plan.Variable{{Name: spec.VCSTime, Value: "2026-01-31T12:00:00Z"}}}
	for _, c := range []struct {
		args map[string]string
		vcs  plan.VCS
		want string
	}{{epoch, commit, "1769860800"}, {nil, commit, "2026-01-31T12:00:00Z"}, {nil, plan.VCS{}, plan.ReleaseTime}} {
		_, p, err := released(t, "", "linux/amd64", c.args, c.vcs, "x/app")
		require.NoError(t, err)
		require.Equal(t, c.want, p.Release.Time)
	}
}

func TestReleaseRefused(t *testing.T) {
	for _, c := range []struct {
		name, spec string
		args       map[string]string
		mains      []string
		want       string
	}{
		{"several binaries", "", nil, []string{"x/a", "x/b"},
			"crossgo.yaml: release.name: ${NAME} is the name of the one binary, and linux/amd64 has several: say release: {name: …} without it, or declare an argument of that name"},
		{"a tag with a slash", "args: {VERSION: api/v1}", nil, []string{"x/a"},
			`crossgo.yaml: release.name: ${NAME}_${VERSION}_${TARGETOS}_${TARGETARCH}${TARGETVARIANT} becomes "a_api/v1_linux_amd64", want a file name of letters, digits and . _ + - that begins with a letter, digit or _`},
		{"an empty folder", "args: {DIR: ''}\nrelease: {wrap: '${DIR}'}", nil, []string{"x/a"},
			`crossgo.yaml:2:17: release.wrap: ${DIR} becomes "", want a file name of letters, digits and . _ + - that begins with a letter, digit or _`},
		{"no tag", "release: {name: 'a-${VCS_TAG}'}", nil, []string{"x/a"},
			"crossgo.yaml:1:17: release: ${VCS_TAG} is not known: say it with --build-arg VCS_TAG=$(git tag --points-at HEAD)"},
		{"a time that is none", "", map[string]string{"SOURCE_DATE_EPOCH": "today"}, []string{"x/a"},
			`build arg SOURCE_DATE_EPOCH: found "today", want seconds since 1970, below 4294967296`},
		{"a time before all", "", map[string]string{"SOURCE_DATE_EPOCH": "-1"}, []string{"x/a"},
			`build arg SOURCE_DATE_EPOCH: found "-1", want seconds since 1970, below 4294967296`},
	} {
		_, _, err := released(t, c.spec, "linux/amd64", c.args, plan.VCS{}, c.mains...)
		require.EqualError(t, err, c.want, c.name)
	}
}

// TestPublish holds what is made of all platforms against a golden, and refuses files of one name.
func TestPublish(t *testing.T) {
	text := "args: {KEY: k}\nrelease: {signer: {prog: [tools/sign, '--key=${KEY}']}}"
	in, linux, err := released(t, text, "linux/amd64", nil, plan.VCS{}, "x/app")
	require.NoError(t, err)
	_, windows, err := released(t, text, "windows/amd64", nil, plan.VCS{}, "x/app")
	require.NoError(t, err)
	got, err := plan.Publish(in, []*plan.Plan{linux, windows})
	require.NoError(t, err)
	data, err := json.MarshalIndent(got, "", "  ")
	require.NoError(t, err)
	golden.Equal(t, filepath.Join("testdata", "publish.golden"), string(data)+"\n")

	in, linux, err = released(t, "release: {name: all}", "linux/amd64", nil, plan.VCS{}, "x/app")
	require.NoError(t, err)
	_, err = plan.Publish(in, []*plan.Plan{linux, linux})
	require.EqualError(t, err, "crossgo.yaml:1:17: release.name: the archives of linux/amd64 and linux/amd64 would both be named all.tar.gz: put ${TARGETOS}, ${TARGETARCH} and ${TARGETVARIANT} into the name")

	in, linux, err = released(t, "release: {checksums: lock.json}", "linux/amd64", nil, plan.VCS{}, "x/app")
	require.NoError(t, err)
	_, err = plan.Publish(in, []*plan.Plan{linux})
	require.EqualError(t, err, `crossgo.yaml:1:22: release.checksums: "lock.json" is the name of another file of the release`)
}

// TestLockIsOfAllPlatforms: each set once, sorted, whatever the order of platforms; and the Go that compiles.
func TestLockIsOfAllPlatforms(t *testing.T) {
	var locks []string
	for _, order := range [][]string{{"linux/arm64", "linux/amd64"}, {"linux/amd64", "linux/arm64"}} {
		var plans []*plan.Plan
		var in plan.Input
		for _, target := range order {
			c := plancase.All[6]
			c.Target, c.Kind = target, "release"
			var err error
			in, err = c.Input()
			require.NoError(t, err)
			p, err := plan.New(in)
			require.NoError(t, err)
			plans = append(plans, p)
		}
		lock := plancase.Lock(plans...)
		for i, p := range plans {
			require.NoError(t, p.Pin(lock))
			p.Archives = []plan.ReadArchive{{Suite: "trixie-security", Without: [][]string{{"armel"}, {"armel", "s390x"}}[i]}, {Suite: "trixie", Date: "2026-11-21T09:31:05Z"}}
		}
		got, err := plan.Publish(in, plans)
		require.NoError(t, err)
		require.Equal(t, []plan.ReadArchive{{Suite: "trixie", Date: "2026-11-21T09:31:05Z"}, {Suite: "trixie-security", Without: []string{"armel", "s390x"}}}, got.Gather.Lock.Archives)
		require.Equal(t, plan.LockedGo{Version: "1.26.8", Build: "linux/amd64"}, got.Gather.Lock.Go)
		require.Len(t, got.Gather.Lock.Sets, 3)
		require.NotEmpty(t, got.Gather.Lock.Sets[0].Packages)
		data, err := got.Gather.Lock.JSON()
		require.NoError(t, err)
		locks = append(locks, string(data))
	}
	require.Equal(t, locks[0], locks[1])
}

// TestLibraries: what others link with is compiled as position independent programs are, each by a go command of its own.
func TestLibraries(t *testing.T) {
	own := plancase.All[9].Facts // C of its own
	in, err := plancase.Case{Spec: "binaries: [{main: ., name: sum, buildmode: c-archive}, {main: ., name: tool, link: pie}]",
		Facts: []plan.BinaryFacts{own[0], own[0]}, Target: "linux/amd64", Build: "linux/amd64"}.Input()
	require.NoError(t, err)
	p, err := plan.New(in)
	require.NoError(t, err)
	require.Len(t, p.Units, 2)
	require.Equal(t, p.Units[1].Deps, p.Units[0].Deps, "one layer for both")
	require.Equal(t, []string{"ar"}, p.Units[0].C.Linkers)
	require.Equal(t, "libsum.a", p.Units[0].Outputs[0].Name)
	require.Equal(t, "sum.h", p.Units[0].Outputs[0].Header)
	require.Equal(t, "c-archive", p.Units[0].Outputs[0].Want.BuildMode)
	require.Equal(t, "tool", p.Units[1].Outputs[0].Name)
	require.Empty(t, p.Units[1].Outputs[0].Header)
}

func TestLibrariesRefused(t *testing.T) {
	own := plancase.All[9].Facts[0]
	other := own
	other.Mains = []plan.MainPackage{{ImportPath: "x/other"}}
	pure := plancase.All[0].Facts[0]
	for _, c := range []struct {
		spec, target string
		facts        []plan.BinaryFacts
		want         string
	}{
		{"binaries: [{main: ., buildmode: c-shared}]", "linux/amd64", []plan.BinaryFacts{pure},
			`crossgo.yaml:1:33: buildmode: found c-shared, but no package imports "C": a library exports what is marked with //export in a package main with import "C"`},
		{"binaries: [{main: ., buildmode: c-shared}]", "windows/amd64", []plan.BinaryFacts{own},
			"crossgo.yaml:1:12: example.com/app needs cgo, and there is no C toolchain for windows/amd64: cgo is for linux only, set cgo: off where the code can do without"},
		{"binaries: [{main: ., buildmode: c-archive}]\nimage: {}", "linux/amd64", []plan.BinaryFacts{own},
			"crossgo.yaml:1:19: image: libapp.a is a library, and images hold programs: ask for --target bin or release, or name the program, as in --target NAME/image"},
		{"binaries: [{main: ., name: x, buildmode: c-archive}, {main: ./o, name: x, buildmode: c-shared}]", "linux/amd64", []plan.BinaryFacts{own, other},
			`crossgo.yaml:1:61: the headers of example.com/app and x/other would both be written as "x.h": give one of them a name`},
	} {
		in, err := plancase.Case{Spec: c.spec, Facts: c.facts, Target: c.target, Build: "linux/amd64"}.Input()
		require.NoError(t, err)
		_, err = plan.New(in)
		require.EqualError(t, err, c.want)
	}
}

// TestPlacesOfTheRelease: references of jobs become lines.
func TestPlacesOfTheRelease(t *testing.T) {
	file, err := spec.Parse("crossgo.yaml", []byte("release:\n  files:\n    - a\n    - {from: b}\n  signer: cosign\n"))
	require.NoError(t, err)
	require.Equal(t, "crossgo.yaml:4:14: x, crossgo.yaml:5:11: y, crossgo.yaml:2:3: z",
		plan.Places(file, "@{release.files[1]}: x, @{release.signer}: y, @{release.files[7]}: z"))
}
