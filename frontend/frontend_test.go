package frontend

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/containerd/platforms"
	"github.com/crossgo/crossgo/internal/archivekey"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/grpcerrors"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"
)

const release = `Origin: Debian
Suite: stable
Codename: trixie
Date: Sat, 12 Sep 2026 07:55:41 UTC
Acquire-By-Hash: yes
Architectures: all amd64 arm64
Components: main
SHA256:
 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 11 main/binary-amd64/Packages.xz
 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb 11 main/binary-arm64/Packages.xz
 cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc 11 main/source/Sources.xz
`

// platformsOf are the platforms that a result has outputs for.
func platformsOf(t *testing.T, res *gwclient.Result) []string {
	t.Helper()
	var list exptypes.Platforms
	require.NoError(t, json.Unmarshal(res.Metadata[exptypes.ExporterPlatformsKey], &list))
	var ids []string
	for _, p := range list.Platforms {
		ids = append(ids, p.ID)
	}
	return ids
}

func TestPureProgramAsksForNoC(t *testing.T) {
	f := newFake("", "platform", "linux/arm64,windows/amd64")
	res := f.ok(t)
	require.Equal(t, []string{"linux/arm64", "windows/amd64"}, slices.Sorted(maps.Keys(res.Refs)))
	require.Equal(t, []string{"linux/arm64", "windows/amd64"}, platformsOf(t, res))
	require.True(t, f.askedFor("[linux/arm64] verify app"))
	require.True(t, f.askedFor("[windows/amd64] verify app.exe"))
	require.False(t, f.askedFor("debian"))
	require.False(t, f.askedFor("clang"))
}

// TestReportOverAllPlatforms: one folder, with a report over all platforms at its top. With one platform there is nothing to gather.
func TestReportOverAllPlatforms(t *testing.T) {
	f := newFake("", "platform", "linux/arm64,windows/amd64", "target", "report")
	res := f.ok(t)
	require.Empty(t, res.Refs)
	require.NotNil(t, res.Ref)
	require.Empty(t, res.Metadata[exptypes.ExporterPlatformsKey])
	for _, step := range []string{"[linux/arm64] report", "[windows/amd64] report", "[report] over all platforms"} {
		require.True(t, f.askedFor(step), step)
	}
	one := newFake("", "platform", "linux/arm64", "target", "report")
	one.ok(t)
	require.False(t, one.askedFor("[report] over all platforms"))
}

// cgoFake is a program with C, and an archive with two keys of which one is known.
func cgoFake(t *testing.T, options ...string) (f *fake, known, stranger Option) {
	t.Helper()
	f = newFake("binaries: [{main: ., libc: musl}]\n", append(options, "platform", "linux/arm64")...)
	f.facts = func(job plan.InspectJob) plan.Facts { return factsFor(job, cgoFacts) }
	own := archivekey.New(t, 0)
	f.signed = archivekey.Sign(t, release, own)
	ring := func(armored []byte) Option {
		k, err := sysroot.Keyring{}.Add(armored)
		require.NoError(t, err)
		return WithKeys(k)
	}
	return f, ring(archivekey.Armored(t, own)), ring(archivekey.Armored(t, archivekey.New(t, 0)))
}

func TestProgramWithCPinsPackages(t *testing.T) {
	f, known, _ := cgoFake(t, "build-arg:DEBIAN_SECURITY_MIRROR", "off")
	f.ok(t, known)
	for _, step := range []string{"signed index of trixie", "package index amd64 of trixie", "choose packages", "unpack clang and lld",
		"[linux/arm64] unpack the musl sysroot", "[linux/arm64] compile app", "[linux/arm64] verify app"} {
		require.True(t, f.askedFor(step), step)
	}
	require.False(t, f.askedFor("trixie-security"))
	require.Equal(t, []string{"DEBIAN_SECURITY_MIRROR is off: C packages come without Debian's security updates"}, f.warnings)
}

// TestSecurityUpdatesAreRead: unless they are turned off, both archives are asked, each for its own suite.
func TestSecurityUpdatesAreRead(t *testing.T) {
	f, known, _ := cgoFake(t)
	_, err := f.build(t, known) // the fake has the same text for both
	require.ErrorContains(t, err, `http://mirror/debian-security/dists/trixie-security/InRelease: InRelease is of suite "trixie", want "trixie-security"`)
	require.True(t, f.askedFor("signed index of trixie-security"))
}

func TestStrangersSignatureIsRefused(t *testing.T) {
	f, _, stranger := cgoFake(t)
	_, err := f.build(t, stranger)
	require.ErrorContains(t, err, "http://mirror/debian")
	require.ErrorContains(t, err, "InRelease")
	require.ErrorContains(t, err, "sign")
	require.False(t, f.askedFor("choose packages"))
}

func TestPlatforms(t *testing.T) {
	for name, c := range map[string]struct {
		spec, asked, worker string
		want                []string
		fails               string
	}{
		"asked for":         {"platforms: [linux/386]\n", "linux/arm/v6", "", []string{"linux/arm/v6"}, ""},
		"of the spec":       {"platforms: [linux/386, linux/s390x]\n", "", "", []string{"linux/386", "linux/s390x"}, ""},
		"the builder's":     {"", "", "linux/arm64", []string{"linux/arm64"}, ""},
		"unknown":           {"", "plan9/amd64", "", nil, "--platform: "},
		"builder we cannot": {"", "linux/amd64", "linux/riscv64", nil, "riscv64"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(c.spec)
			f.worker = c.worker
			if c.asked != "" {
				f.options["platform"] = c.asked
			}
			res, err := f.build(t)
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				require.False(t, f.askedFor("compile"))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, platformsOf(t, res))
		})
	}
}

// TestProblemsCarryTheirLines: clients print the lines of the spec that an error has ranges for.
func TestProblemsCarryTheirLines(t *testing.T) {
	_, err := newFake("binarys: 1\nplatforms: [linux/amd46]\n").build(t)
	require.ErrorContains(t, err, "crossgo.yaml:2:1")
	require.ErrorContains(t, err, "crossgo.yaml:3:13")
	var lines []int32
	for _, s := range errdefs.Sources(grpcerrors.FromGRPC(grpcerrors.ToGRPC(t.Context(), err))) {
		lines = append(lines, s.Ranges[0].Start.Line)
	}
	require.Equal(t, []int32{2, 3}, lines)
}

func TestModuleFiles(t *testing.T) {
	work := &fstest.MapFile{Data: []byte("go 1.26.8\n\nuse ./app\n")}
	mod := &fstest.MapFile{Data: []byte("module example.com/app\n\ngo 1.25.0\n")} // the newest patch that the fake proxy lists
	for name, c := range map[string]struct {
		files fstest.MapFS
		asked []string // what is among the steps
		not   []string // what is not
		fails string
	}{
		"go.mod alone":   {fstest.MapFS{"app/go.mod": mod}, []string{"[go 1.25.0]", "go mod download"}, nil, ""},
		"go.work above":  {fstest.MapFS{"app/go.mod": mod, "go.work": work}, []string{"[go 1.26.8]"}, []string{"[go 1.25.0]"}, ""},
		"replaced above": {fstest.MapFS{"app/go.mod": {Data: []byte("module x\n\nrequire e.com/lib v1.0.0\n\nreplace e.com/lib => ../../lib\n")}}, nil, []string{"fetch and check"}, "app/go.mod:5: replace e.com/lib => ../../lib is outside of the build context"},
		"vendored":       {fstest.MapFS{"app/go.mod": mod, "app/vendor/modules.txt": {}}, []string{"[go 1.25.0]"}, []string{"go mod download"}, ""},
		"neither":        {fstest.MapFS{}, nil, []string{"fetch and check"}, "app/go.mod: not found in the build context"},
		"go.mod garbled": {fstest.MapFS{"app/go.mod": {Data: []byte("modul x\n")}}, nil, []string{"fetch and check"}, "app/go.mod:1"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake("module: app\n", "platform", "linux/amd64")
			delete(f.files, "go.mod")
			maps.Copy(f.files, c.files)
			_, err := f.build(t)
			if c.fails == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.fails)
			}
			for _, name := range c.asked {
				require.True(t, f.askedFor(name), name)
			}
			for _, name := range c.not {
				require.False(t, f.askedFor(name), name)
			}
		})
	}
}

func TestImageConfig(t *testing.T) {
	f, known, _ := cgoFake(t, "build-arg:DEBIAN_SECURITY_MIRROR", "off", "target", "image")
	f.files["crossgo.yaml"].Data = []byte("# syntax=x\nimage: {env: {A: b}, user: '7:8'}\n")
	var img ocispecs.Image
	require.NoError(t, json.Unmarshal(f.ok(t, known).Metadata[exptypes.ExporterImageConfigKey], &img))
	require.Equal(t, "linux/arm64", platforms.Format(platforms.Normalize(img.Platform)))
	require.Equal(t, []string{"/app"}, img.Config.Entrypoint)
	require.Equal(t, "7:8", img.Config.User)
	require.Contains(t, img.Config.Env, "A=b")
}

func TestUnusedBuildArgIsWarnedOf(t *testing.T) {
	f := newFake("args: {VERSION: dev}\n", "platform", "linux/amd64", "build-arg:VERSION", "1", "build-arg:VERSON", "2")
	f.ok(t)
	require.Equal(t, []string{"build arg VERSON is not declared under args: and changes nothing"}, f.warnings)
}

// failed is the error of a step that ended badly, as BuildKit gives it.
func failed(where string) func(*pb.Op, []byte) error {
	return failedBy(where, errors.New("process did not complete successfully: exit code: 1"))
}

// failedBy is failed for a reason.
func failedBy(where string, why error) func(*pb.Op, []byte) error {
	return failedIn("compile", where, why)
}

func failedIn(step, where string, why error) func(*pb.Op, []byte) error {
	return func(op *pb.Op, _ []byte) error {
		return &errdefs.SolveError{Err: why, Solve: &errdefs.Solve{
			Op: op, MountIDs: make([]string, len(op.GetExec().Mounts)), Description: map[string]string{gollb.DescStep: step, gollb.DescWhere: where, gollb.DescWhat: "app for linux/amd64"},
		}}
	}
}

// TestFailedStepSpeaksForItself: what a step of ours left is the error, with the places of the spec in it.
func TestFailedStepSpeaksForItself(t *testing.T) {
	const spec = "binaries:\n  - main: .\n"
	for text, want := range map[string]string{
		"@{binaries[0].main[0]}: main.go:3: undefined: x": "crossgo.yaml:3:11: main.go:3: undefined: x",
		"": "crossgo.yaml:3:11: compile of app for linux/amd64 failed, the reason stands above",
	} {
		f := newFake(spec, "platform", "linux/amd64")
		f.problem = text
		f.fails = map[string]func(*pb.Op, []byte) error{"[linux/amd64] compile app": failed("@{binaries[0].main[0]}")}
		_, err := f.build(t)
		require.EqualError(t, err, want)
		require.Equal(t, int32(3), errdefs.Sources(err)[0].Ranges[0].Start.Line)
	}
}

// TestFailedDependencySpeaksForItself: its step runs the go command alone, which is started once more for its words.
func TestFailedDependencySpeaksForItself(t *testing.T) {
	f, known, _ := cgoFake(t, "build-arg:DEBIAN_SECURITY_MIRROR", "off")
	f.says = "# example.test/z\n../modules/example.test/z@v1.0.0/z.go:4:11: fatal error: 'zlib.h' file not found\n"
	f.fails = map[string]func(*pb.Op, []byte) error{"[linux/arm64] compile the standard library": failedIn("dependencies", "@{binaries[0].main[0]}", errors.New("exit code: 1"))}
	_, err := f.build(t, known)
	require.EqualError(t, err, "crossgo.yaml:2:19: compile app for linux/amd64 failed:\n# example.test/z\nexample.test/z@v1.0.0/z.go:4:11: fatal error: 'zlib.h' file not found\n"+
		"hint: no header zlib.h in the sysroot: name the Debian -dev package that has it under packages:")
}

// TestProblemsNameTheirPlatforms: those of some platforms only, and what is missing for want of files that are for others.
func TestProblemsNameTheirPlatforms(t *testing.T) {
	f := newFake("binaries: [{main: .}]\n", "platform", "linux/amd64,windows/amd64,darwin/arm64")
	f.facts = func(job plan.InspectJob) plan.Facts {
		facts := factsFor(job, plan.BinaryFacts{Problems: []plan.Problem{{Where: "z.go:3:8", Text: "everywhere"}}})
		facts.Targets[1].Binaries[0].Problems = append([]plan.Problem{{Where: "a.go:10", Text: "later"}, {Where: "a.go:9", Text: "build constraints exclude all Go files of lib"}}, facts.Targets[1].Binaries[0].Problems...)
		facts.Targets[2].Binaries[0].Problems = []plan.Problem{{Where: "z.go:3:8", Text: "everywhere"}, {Where: "a.go:9", Text: "build constraints exclude all Go files of lib"}}
		return facts
	}
	_, err := f.build(t)
	require.EqualError(t, err, "a.go:9: for windows/amd64, darwin/arm64: build constraints exclude all Go files of lib\na.go:10: for windows/amd64: later\nz.go:3:8: everywhere")
}

// TestIgnoredFilesAreNamed: with the line of the .dockerignore that leaves them out.
func TestIgnoredFilesAreNamed(t *testing.T) {
	const missing = "pattern templates/*.tmpl: no matching files found: the build context has no file that it names"
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"by .dockerignore": {fstest.MapFS{".dockerignore": {Data: []byte("# Go alone\n**\n!**/*.go\n")}, "page/templates/hello.tmpl": {}},
			"\nhint: .dockerignore:2: ** leaves out page/templates/hello.tmpl: add a line !page/templates/*.tmpl"},
		"by the spec's own": {fstest.MapFS{"crossgo.yaml.dockerignore": {Data: []byte("page/templates\n")}, ".dockerignore": {Data: []byte("x\n")}, "page/templates/hello.tmpl": {}},
			"\nhint: crossgo.yaml.dockerignore:1: page/templates leaves out page/templates/hello.tmpl: add a line !page/templates/*.tmpl"},
		"by none":          {fstest.MapFS{".dockerignore": {Data: []byte("x\n")}, "page/templates/hello.tmpl": {}}, ""},
		"not there":        {fstest.MapFS{".dockerignore": {Data: []byte("**\n!**/*.go\n")}}, ""},
		"no .dockerignore": {fstest.MapFS{"page/templates/hello.tmpl": {}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake("binaries: [{main: .}]\n", "platform", "linux/amd64,linux/arm64")
			maps.Copy(f.files, c.files)
			f.facts = func(job plan.InspectJob) plan.Facts {
				return factsFor(job, plan.BinaryFacts{Problems: []plan.Problem{{Where: "page/page.go:10:12", Text: missing}}})
			}
			_, err := f.build(t)
			require.EqualError(t, err, "page/page.go:10:12: "+missing+c.want)
		})
	}
}

// TestFailedFetchNamesItsAddress: BuildKit's own error has digests alone.
func TestFailedFetchNamesItsAddress(t *testing.T) {
	f, known, _ := cgoFake(t, "build-arg:DEBIAN_SECURITY_MIRROR", "off")
	f.fails = map[string]func(*pb.Op, []byte) error{"[debian] package index arm64 of trixie": func(_ *pb.Op, raw []byte) error {
		return errdefs.WrapVertex(errors.New("digest mismatch sha256:1: sha256:2"), digest.FromBytes(raw))
	}}
	_, err := f.build(t, known)
	require.ErrorContains(t, err, "http://mirror/debian/dists/trixie/main/binary-arm64/by-hash/SHA256/bbbb")
	require.ErrorContains(t, err, "found digest sha256:1, want sha256:2")
}

func TestAPanicIsNoStackTrace(t *testing.T) {
	f := newFake("", "platform", "linux/amd64")
	f.facts = func(plan.InspectJob) plan.Facts { return plan.Facts{} } // as many targets as asked for, or a bug
	_, err := f.build(t)
	require.ErrorContains(t, err, "crossgo has a bug: ")
	require.NotContains(t, err.Error(), "goroutine")
}

func TestOwnBinaryMustBeKnown(t *testing.T) {
	f := newFake("")
	delete(f.options, keySelf)
	_, err := f.build(t)
	require.EqualError(t, err, errNoSelf.Error())
	_, err = newFake("", keySelf, "/usr/bin/crossgo").build(t)
	require.ErrorContains(t, err, `found "/usr/bin/crossgo", want local:NAME`)
}

// TestRunsWhereTheBuilderCan: an output is started when the builder lists its platform, else the report says why not.
func TestRunsWhereTheBuilderCan(t *testing.T) {
	f := newFake("verify: {run: {args: [-v]}}\n", "platform", "linux/amd64,linux/arm64")
	f.ok(t)
	require.True(t, f.askedFor("[linux/amd64] run app"))
	require.False(t, f.askedFor("[linux/arm64] run app"))
	require.True(t, f.askedFor("[linux/arm64] verify app"))
}

// TestFailedRunSpeaksForItself: its words stand beside the user's root.
func TestFailedRunSpeaksForItself(t *testing.T) {
	f := newFake("verify: {run: {}}\n", "platform", "linux/amd64")
	f.problem = "@{binaries[0].main[0]}: verify app for linux/amd64: run: exit code 1, want 0"
	f.fails = map[string]func(*pb.Op, []byte) error{"[linux/amd64] run app": failed("@{binaries[0].main[0]}")}
	_, err := f.build(t)
	require.EqualError(t, err, "crossgo.yaml: verify app for linux/amd64: run: exit code 1, want 0")
}

// TestTestPlatforms: tests are for the builder's platform and what the spec adds, whatever the outputs are for.
func TestTestPlatforms(t *testing.T) {
	for name, c := range map[string]struct {
		options []string
		want    []string
	}{
		"of the spec": {[]string{"target", "test"}, []string{"linux/amd64", "linux/arm64"}},
		"asked for":   {[]string{"target", "test-results", "platform", "linux/386"}, []string{"linux/386"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake("platforms: [windows/amd64]\ntest: {platforms: [linux/arm64]}\n", c.options...)
			require.Equal(t, c.want, platformsOf(t, f.ok(t)))
			for _, p := range c.want {
				require.True(t, f.askedFor("["+p+"] go vet, and compile the tests"))
				require.True(t, f.askedFor("["+p+"] run the tests"))
			}
			require.False(t, f.askedFor("verify"))
		})
	}
}

// TestChecksThatAreOff: the user is warned, whoever switched them off.
func TestChecksThatAreOff(t *testing.T) {
	f := newFake("binaries: [{main: .}]\n", "platform", "linux/amd64", "build-arg:GOSUMDB", "off", "build-arg:GOPRIVATE", "*.example.com")
	f.ok(t)
	require.Equal(t, []string{"GOSUMDB is off: modules and Go itself are not compared with the checksum database"}, f.warnings)
}

// TestCacheMountsHaveTheirNamespace: BUILDKIT_CACHE_MOUNT_NS tells the folders of one user of a builder from those of others.
func TestCacheMountsHaveTheirNamespace(t *testing.T) {
	for namespace, want := range map[string]string{"": "crossgo/", "team-a": "team-a/crossgo/"} {
		options := []string{"platform", "linux/amd64"}
		if namespace != "" {
			options = append(options, "build-arg:BUILDKIT_CACHE_MOUNT_NS", namespace)
		}
		f := newFake("binaries: [{main: .}]\n", options...)
		f.ok(t)
		require.ElementsMatch(t, []string{want + "objects", want + "downloads", want + "go-releases"}, f.mounts)
		require.Empty(t, f.warnings, "it is an argument that is used")
	}
}

// TestFailedTestsAreAtTheirBlock: the error has the place of test: in the spec.
func TestFailedTestsAreAtTheirBlock(t *testing.T) {
	f := newFake("test: {flags: [-short]}\n", "target", "test")
	f.problem = "@{test}: test: 1 failed on linux/amd64: example.com/app.TestX"
	f.fails = map[string]func(*pb.Op, []byte) error{"[linux/amd64] run the tests": failed("@{test}")}
	_, err := f.build(t)
	require.EqualError(t, err, "crossgo.yaml:2:7: test: 1 failed on linux/amd64: example.com/app.TestX")
}

// TestWarningsOfVerifyReachTheUser: each once, with its platforms and the line of the spec that it is about.
func TestWarningsOfVerifyReachTheUser(t *testing.T) {
	f := newFake("binaries:\n  - main: .\n    cgo: off\nimage:\n  base: scratch\n", "platform", "linux/amd64,linux/arm64")
	f.found = []plan.Warning{
		{Where: plan.ImagePlace, File: "app", Check: "needs-roots", Text: "no certificates"},
		{Where: "@{binaries[0].main[0]}", File: "app", Check: "exec-stack", Text: "executable"},
	}
	f.ok(t)
	require.Equal(t, []string{
		"6:9: app for linux/amd64, linux/arm64: needs-roots: no certificates",
		"3:11: app for linux/amd64, linux/arm64: exec-stack: executable",
	}, f.warnings)
}

// TestWarningsOfAnImageThatTheSpecDoesNotName have no line.
func TestWarningsOfAnImageThatTheSpecDoesNotName(t *testing.T) {
	f := newFake("binaries:\n  - main: .\n    cgo: off\n", "target", "image")
	f.found = []plan.Warning{{Where: plan.ImagePlace, File: "app", Check: "needs-tmp", Text: "no /tmp"}}
	f.ok(t)
	require.Equal(t, []string{"app for linux/amd64: needs-tmp: no /tmp"}, f.warnings)
}
