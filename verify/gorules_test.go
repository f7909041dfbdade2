package verify

import (
	"bytes"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// linuxBuild is a build of tiny for linux/amd64 with some flags.
func linuxBuild(name string, args ...string) goBuild {
	return goBuild{name: name, source: tiny, env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}, args: args}
}

// goRule is one rule on one real file: fails is what does not hold, at any level.
type goRule struct {
	file     string
	platform string
	want     Want
	check    string
	level    Level
	text     string
}

func TestGoRules(t *testing.T) {
	plainGo := linuxBuild("plain").path(t)
	trimmed := linuxBuild("trimmed", "-trimpath", "-tags=b,a").path(t)
	lined := linuxBuild("lined", "-trimpath")
	lined.source = "package main\n\n//line /home/someone/app/main.go:1\nfunc main() { println(1) }\n"
	replaced := linuxBuild("replaced", "-trimpath")
	replaced.source = "package main\n\nimport \"example.com/lib\"\n\nfunc main() { lib.Hello() }\n"
	replaced.texts = map[string]string{
		"go.mod":     "module example.com/tiny\n\ngo 1.26\n\nrequire example.com/lib v1.2.3\n\nreplace example.com/lib => ./lib\n",
		"lib/go.mod": "module example.com/lib\n", "lib/lib.go": "package lib\n\nfunc Hello() { println(1) }\n",
	}
	covered := linuxBuild("covered", "-cover").path(t)
	unoptimised := linuxBuild("unoptimised", "-gcflags=-N").path(t)
	windows := forPlatform("windows/amd64", "-trimpath").path(t)
	self := filepath.Join(workDir, "withmodule") // with modules that have checksums
	tool(t, ".", "go", "build", "-o", self, "./testdata/withmodule")
	here := strings.Join([]string{"linux", strings.TrimSpace(goEnv(t, "GOHOSTARCH"))}, "/")
	const amd64 = "linux/amd64"
	for _, c := range []goRule{
		{trimmed, amd64, Want{Tags: []string{"a", "b"}}, "tags", Pass, "is a,b"},
		{trimmed, amd64, Want{Tags: []string{}}, "tags", Fail, "is a,b, want none"},
		{trimmed, amd64, Want{Tags: []string{"a"}}, "tags", Fail, "want a"},
		{plainGo, amd64, Want{Tags: []string{}}, "tags", Pass, "is none"},
		{plainGo, amd64, Want{Tags: []string{"netgo"}}, "tags", Fail, "is none, want netgo"},

		{trimmed, amd64, Want{Trimpath: true}, "trimpath", Pass, "built with -trimpath"},
		{trimmed, amd64, Want{Trimpath: true}, "local-paths", Pass, "names no file of the machine"},
		{plainGo, amd64, Want{Trimpath: true}, "trimpath", Fail, "-trimpath is not in the build info"},
		{lined.path(t), amd64, Want{Trimpath: true}, "local-paths", Warn, "/home/someone/app/main.go"},
		{windows, "windows/amd64", Want{Trimpath: true}, "local-paths", Pass, "names no file of the machine"},

		{plainGo, amd64, Want{MainModule: "example.com/tiny"}, "main-module", Pass, "example.com/tiny"},
		{plainGo, amd64, Want{MainModule: "example.com/tiny@(devel)"}, "main-module", Pass, "(devel)"},
		{plainGo, amd64, Want{MainModule: "example.com/other"}, "main-module", Fail, "want example.com/other"},
		{plainGo, amd64, Want{MainModule: "example.com/tiny@v1.0.0"}, "main-module", Fail, "want example.com/tiny@v1.0.0"},

		{plainGo, amd64, Want{}, "buildmode", Pass, "is exe"},
		{plainGo, amd64, Want{BuildMode: "c-archive"}, "buildmode", Fail, "is exe, want c-archive"},

		{plainGo, amd64, Want{Settings: map[string]string{"-compiler": "gc", "-gcflags": ""}}, "settings", Pass, "-compiler, -gcflags"},
		{plainGo, amd64, Want{Settings: map[string]string{"GOEXPERIMENT": ""}}, "settings", Pass, "GOEXPERIMENT"},
		{plainGo, amd64, Want{Settings: map[string]string{"GOFIPS140": "v1.0.0"}}, "settings", Fail, "is not set, want v1.0.0"},
		{unoptimised, amd64, Want{Settings: map[string]string{"-gcflags": ""}}, "settings", Fail, "is -N, want not set"},

		{plainGo, amd64, Want{}, "instrumented", Pass, "without"},
		{covered, amd64, Want{}, "instrumented", Warn, "built with -cover"},

		{replaced.path(t), amd64, Want{}, "local-replace", Warn, "example.com/lib => ./lib"},
		{self, here, Want{}, "local-replace", Pass, "no module is replaced"},
		{self, here, Want{}, "modules", Pass, "modules with version and checksum: 1"},
	} {
		findings, err := File(c.file, c.filled(t))
		require.NoError(t, err)
		f := get(t, findings, c.check)
		require.Equal(t, c.level, f.Level, "%s: %v", c.file, f)
		require.Contains(t, f.Text, c.text)
	}
	raw := edit(t, replaced.path(t), "\t./lib\t(devel)\t", "\tx/lib\tv1.2.34\t")
	findings := readBytes(t, raw, amd64, Want{})
	require.Equal(t, Note, get(t, findings, "modules").Level)
	require.Contains(t, get(t, findings, "modules").Text, "no checksum is recorded, as of a vendor directory, for x/lib@v1.2.34")
	require.Equal(t, Pass, get(t, findings, "local-replace").Level)
	raw = edit(t, replaced.path(t), "\t./lib\t(devel)\t", "\tx/lib\tversion\t")
	odd := get(t, readBytes(t, raw, amd64, Want{}), "modules")
	require.Equal(t, Warn, odd.Level)
	require.Contains(t, odd.Text, `x/lib has the version "version"`)
	raw = bytes.ReplaceAll(readFile(t, self), []byte("\th1:"), []byte("\th9:"))
	odd = get(t, readBytes(t, raw, here, Want{}), "modules")
	require.Equal(t, Warn, odd.Level)
	require.Contains(t, odd.Text, `has the checksum "h9:`)
}

// TestModulesTwice: go itself never writes such a list.
func TestModulesTwice(t *testing.T) {
	sum := "h1:" + strings.Repeat("A", 43) + "="
	m := &debug.Module{Path: "example.com/a", Version: "v1.0.0", Sum: sum}
	f := checkModules(&subject{build: &buildFacts{info: &debug.BuildInfo{Deps: []*debug.Module{m, m}}}})[0]
	require.Equal(t, Fail, f.Level) // which the rule makes a warning
	require.Contains(t, f.Text, "example.com/a is there twice")
	f = checkModules(&subject{build: &buildFacts{info: &debug.BuildInfo{Deps: []*debug.Module{m}}}})[0]
	require.Equal(t, Pass, f.Level)
}

func (c goRule) filled(t *testing.T) Want {
	t.Helper()
	base, err := WantFor(c.platform)
	require.NoError(t, err)
	want := c.want
	want.GOOS, want.GOARCH, want.Variant = base.GOOS, base.GOARCH, base.Variant
	return want
}

// TestWithoutBuildInfo: of a program that is not Go's nothing of this is known, which is a failure only where a Go program was asked for.
func TestWithoutBuildInfo(t *testing.T) {
	want := Want{Tags: []string{"a"}, Trimpath: true, MainModule: "example.com/tiny", Settings: map[string]string{"-compiler": "gc"}}
	raw := plain.build()
	require.Empty(t, failures(readBytes(t, raw, "linux/amd64", want)))
	for _, id := range []string{"tags", "trimpath", "main-module", "settings"} {
		require.Equal(t, Note, get(t, readBytes(t, raw, "linux/amd64", want), id).Level, id)
	}
	want.RequireGo = true
	require.Equal(t, []string{"build-info", "main-module", "tags", "trimpath", "settings"}, failures(readBytes(t, raw, "linux/amd64", want)))
}

func TestIsLocal(t *testing.T) {
	for path, local := range map[string]bool{"./lib": true, "../lib": true, ".": true, "..": true, "/src/lib": true, `C:\src`: true, "C:/src": true, `\src`: true, `.\lib`: true,
		"example.com/lib": false, "x.y/z": false} {
		require.Equal(t, local, isLocal(path), path)
	}
}

// TestSourceFiles reads the table of functions of every format that has one whole.
func TestSourceFiles(t *testing.T) {
	for _, platform := range []string{"linux/amd64", "linux/s390x", "linux/386", "darwin/arm64", "windows/amd64"} {
		raw := readReal(t, platform)
		bin, err := parse(bytes.NewReader(raw), int64(len(raw)))
		require.NoError(t, err)
		names := string(sourceFiles(bytes.NewReader(raw), int64(len(raw)), bin))
		require.Contains(t, names, "/runtime/proc.go\x00", platform)
		require.Contains(t, names, "/main.go\x00", platform)
		for _, cut := range []int{0, 100, len(raw) / 2} {
			sourceFiles(bytes.NewReader(raw[:cut]), int64(cut), bin)
		}
	}
}
