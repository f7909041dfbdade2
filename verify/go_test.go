package verify

import (
	"bytes"
	stdbinary "encoding/binary"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// tiny is a program that imports nothing, so that only the runtime is compiled with it.
const tiny = "package main\n\nfunc main() { println(\"tiny\") }\n"

// tinyCgo calls into C.
const tinyCgo = "package main\n\n// static int three(void) { return 3; }\nimport \"C\"\n\nfunc main() { println(C.three()) }\n"

// workDir holds what the tests build once and share.
var workDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "verify-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	workDir = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// goBuild is one build of one program; builds with the same name are made once.
type goBuild struct {
	name, source string
	env, args    []string
	texts        map[string]string // more of the module, or other ones than the usual
	files        map[string]string // beside the source: by name, where they are
}

var (
	buildLock sync.Mutex
	built     = map[string]error{}
)

// path builds the program, unless another test did, and gives its path.
func (b goBuild) path(t *testing.T) string {
	t.Helper()
	buildLock.Lock()
	defer buildLock.Unlock()
	out := filepath.Join(workDir, b.name)
	if _, done := built[b.name]; !done {
		built[b.name] = b.run(out)
	}
	require.NoError(t, built[b.name])
	return out
}

func (b goBuild) run(out string) error {
	dir := out + ".src"
	files := map[string]string{"go.mod": "module example.com/tiny\n\ngo 1.26\n", "main.go": b.source}
	maps.Copy(files, b.texts)
	for name, text := range files {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	for name, from := range b.files {
		if err := os.Link(from, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, b.args...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOENV=off", "GOTOOLCHAIN=local")
	cmd.Env = append(cmd.Env, b.env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", b.name, err, text)
	}
	return nil
}

// forPlatform is the plain pure Go build of a platform.
func forPlatform(platform string, args ...string) goBuild {
	parts := strings.Split(platform, "/")
	env := []string{"CGO_ENABLED=0", "GOOS=" + parts[0], "GOARCH=" + parts[1]}
	if set, ok := variantSets[parts[1]]; ok {
		row, err := lookupVariant(parts[1], strings.Join(parts[2:], "/"))
		if err != nil {
			panic(err)
		}
		env = append(env, set.env+"="+row.value)
	}
	return goBuild{name: strings.ReplaceAll(platform+strings.Join(args, ""), "/", "-"), source: tiny, env: env, args: args}
}

// realPlatforms are built for real; they cover every format, both byte orders and classes, and two variants of one
// architecture twice.
var realPlatforms = []string{
	"linux/amd64", "linux/amd64/v3", "linux/386", "linux/arm/v7", "linux/arm/v5", "linux/arm64", "linux/s390x", "linux/riscv64",
	"freebsd/amd64", "android/arm64", "darwin/arm64", "windows/amd64", "wasip1/wasm",
}

// Each real binary is accepted for its own platform and refused for every other.
func TestOnlyTheDiagonal(t *testing.T) {
	for _, made := range realPlatforms {
		file := forPlatform(made).path(t)
		for _, asked := range realPlatforms {
			want, err := WantFor(asked)
			require.NoError(t, err)
			want.RequireGo, want.CGO, want.MainPath = true, "off", "example.com/tiny"
			findings, err := File(file, want)
			require.NoError(t, err)
			if made == asked {
				require.Empty(t, failures(findings), "%s: %v", made, findings)
			} else {
				require.NotEmpty(t, failures(findings), "%s passed as %s", made, asked)
			}
		}
	}
}

// edit replaces text of equal length in a copy of a real file.
func edit(t *testing.T, file, old, new string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Len(t, new, len(old))
	require.Contains(t, string(raw), old)
	return bytes.ReplaceAll(raw, []byte(old), []byte(new))
}

func TestVariants(t *testing.T) {
	for _, c := range []struct {
		made, old, new string // a real build and an edit of its build info
		asked          string
		fails          []string
		text           string
	}{
		{"linux/amd64", "", "", "linux/amd64/v1", nil, "built with GOAMD64=v1"},
		{"linux/amd64/v3", "", "", "linux/amd64", []string{"variant"}, "build info says GOAMD64=v3, want GOAMD64=v1 for linux/amd64"},
		{"linux/amd64", "", "", "linux/amd64/v3", []string{"variant"}, "want GOAMD64=v3"},
		{"linux/amd64", "GOAMD64=v1", "GOAMD64=v9", "linux/amd64", []string{"variant"}, "GOAMD64=v9, which is no value of GOAMD64"},
		{"linux/amd64", "GOAMD64=v1", "GOXMD64=v1", "linux/amd64", nil, "GOAMD64 is not in the build info"},
		{"linux/arm/v7", "", "", "linux/arm", nil, "GOARM=7"},
		{"linux/arm/v7", "", "", "linux/arm/v6", []string{"variant"}, "build info says GOARM=7, want GOARM=6"},
		{"linux/arm/v7", "GOARM=7", "GOARM=6", "linux/arm/v6", nil, "GOARM=6"},
		{"linux/arm/v7", "GOARM=7", "GOARM=8", "linux/arm/v7", []string{"variant"}, "no value of GOARM"},
		{"linux/arm64", "", "", "linux/arm64/v8", nil, "GOARM64=v8.0"},
		{"linux/arm64", "GOARM64=v8.0", "GOARM64=v8.1", "linux/arm64", []string{"variant"}, "GOARM64=v8.1"},
		{"linux/arm64", "GOARM64=v8.0", "GOARM64=v9.0", "linux/arm64/v9", nil, "GOARM64=v9.0"},
		{"linux/386", "", "", "linux/386/softfloat", []string{"variant"}, "GO386=sse2, want GO386=softfloat"},
		{"linux/riscv64", "GORISCV64=rva20u64", "GORISCV64=rva22u64", "linux/riscv64", []string{"variant"}, "rva22u64"},
	} {
		raw, err := os.ReadFile(forPlatform(c.made).path(t))
		require.NoError(t, err)
		if c.old != "" {
			raw = edit(t, forPlatform(c.made).path(t), c.old, c.new)
		}
		findings := readBytes(t, raw, c.asked, Want{})
		require.Equal(t, append([]string{}, c.fails...), failures(findings), "%+v: %v", c, findings)
		require.Contains(t, get(t, findings, "variant").Text, c.text)
	}
}

func TestFloatOptionOfGOARM(t *testing.T) {
	set := variantSets["arm"]
	for value, want := range map[string]string{"7,hardfloat": "7", "7,softfloat": "7,softfloat", "5,softfloat": "5", "5,hardfloat": "5,hardfloat", "6": "6"} {
		require.Equal(t, want, set.plain(value))
		require.True(t, set.valid.MatchString(value))
	}
	require.False(t, set.valid.MatchString("banana"))
}

func TestBuildInfo(t *testing.T) {
	file := forPlatform("linux/amd64").path(t)
	version := strings.TrimSpace(goEnv(t, "GOVERSION"))
	for _, c := range []struct {
		old, new string
		want     Want
		fails    []string
		check    string
		text     string
	}{
		{"", "", Want{GoVersion: version}, nil, "go-version", version},
		{"", "", Want{GoVersion: "go1.20"}, []string{"go-version"}, "go-version", "want go1.20"},
		{"", "", Want{MainPath: "example.com/tiny"}, nil, "main-path", "example.com/tiny"},
		{"", "", Want{MainPath: "example.com/other"}, []string{"main-path"}, "main-path", "want example.com/other"},
		{"", "", Want{CGO: "off"}, nil, "cgo", "cgo is off"},
		{"", "", Want{CGO: "on"}, []string{"cgo"}, "cgo", "CGO_ENABLED=0 in build info, want 1"},
		{"", "", Want{CGO: "maybe"}, []string{"cgo"}, "cgo", "want on or off"},
		{"CGO_ENABLED=0", "CGO_ENABLED=1", Want{CGO: "on"}, []string{"cgo"}, "cgo", "runtime/cgo is not linked"},
		{"CGO_ENABLED=0", "CGO_ENABLEX=0", Want{CGO: "on"}, nil, "cgo", "CGO_ENABLED is not in the build info"},
		{"GOARCH=amd64", "GOARCH=arm64", Want{}, []string{"goarch"}, "goarch", "GOARCH in build info is arm64, want amd64"},
		{"GOOS=linux", "GOOS=plan9", Want{}, []string{"os", "goos"}, "goos", "GOOS in build info is plan9, want linux"},
		{"GOOS=linux", "GOOX=linux", Want{RequireGo: true}, []string{"goos"}, "goos", "GOOS is not in the build info"},
	} {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		if c.old != "" {
			raw = edit(t, file, c.old, c.new)
		}
		findings := readBytes(t, raw, "linux/amd64", c.want)
		require.Equal(t, append([]string{}, c.fails...), failures(findings), "%+v: %v", c, findings)
		require.Contains(t, get(t, findings, c.check).Text, c.text)
	}
}

// TestCGOIsReadFromTheFunctionTable: a program that only carries the name of cgo's entry in its data, as one with another
// program embedded does, is linked without cgo.
func TestCGOIsReadFromTheFunctionTable(t *testing.T) {
	const carrier = "package main\n\nfunc main() { println(\"\\x00crosscall2\\x00\") }\n"
	for _, platform := range []string{"linux/amd64", "linux/s390x", "darwin/arm64"} {
		b := forPlatform(platform)
		b.name, b.source = "carrier-"+b.name, carrier
		raw, err := os.ReadFile(b.path(t))
		require.NoError(t, err)
		require.Contains(t, string(raw), "\x00crosscall2\x00")
		require.Empty(t, failures(readBytes(t, raw, platform, Want{CGO: "off"})), platform)
	}
}

// TestAFunctionTableBeyondTheFile: such a section is none, and is not read for ever.
func TestAFunctionTableBeyondTheFile(t *testing.T) {
	raw := readReal(t, "darwin/amd64") // not signed, as darwin/arm64 is
	at := bytes.Index(raw, []byte("__gopclntab"))
	require.Positive(t, at)
	for _, size := range []uint64{1 << 62, 1<<64 - 1, 0} {
		stdbinary.LittleEndian.PutUint64(raw[at+40:], size) // section_64 of mach-o/loader.h
		require.Empty(t, failures(readBytes(t, raw, "darwin/amd64", Want{CGO: "off"})), "%#x", size)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	require.NoError(t, err)
	return string(out)
}

// Without cgo Go's own linker makes position independent programs that are dynamic, or that crash.
func TestPureGoPIE(t *testing.T) {
	pie := forPlatform("linux/amd64", "-buildmode=pie").path(t)
	for link, fails := range map[string][]string{"pie": {}, "dynamic": {}, "static": {"link"}, "static-pie": {"link"}} {
		findings, err := File(pie, Want{GOOS: "linux", GOARCH: "amd64", Link: link, Libc: "glibc", GlibcFloor: "2.17"})
		require.NoError(t, err)
		require.Equal(t, fails, failures(findings), "%s: %v", link, findings)
	}
	crashes := forPlatform("linux/amd64", "-buildmode=pie", "-ldflags=-d").path(t)
	for _, link := range []string{"static", "static-pie"} {
		findings, err := File(crashes, Want{GOOS: "linux", GOARCH: "amd64", Link: link})
		require.NoError(t, err)
		require.Equal(t, []string{"type", "link"}, failures(findings))
		require.Contains(t, get(t, findings, "type").Text, "nothing relocates it")
	}
}

// Every cut of a real file fails; a byte changed after signing is seen on darwin.
func TestCutFiles(t *testing.T) {
	for _, platform := range []string{"linux/amd64", "linux/s390x", "darwin/arm64", "windows/amd64", "wasip1/wasm"} {
		raw, err := os.ReadFile(forPlatform(platform).path(t))
		require.NoError(t, err)
		for _, percent := range []int{0, 1, 10, 50, 90, 99} {
			findings := readBytes(t, raw[:len(raw)*percent/100], platform, Want{})
			require.Equal(t, []string{"format"}, failures(findings), "%s cut to %d%%", platform, percent)
		}
	}
}

func TestNoProgramAtAll(t *testing.T) {
	dir := t.TempDir()
	findings, err := File(dir, Want{GOOS: "linux", GOARCH: "amd64"})
	require.NoError(t, err)
	require.Equal(t, "is a directory, want a regular file in ELF format", get(t, findings, "format").Text)
	_, err = File(filepath.Join(dir, "missing"), Want{GOOS: "linux", GOARCH: "amd64"})
	require.ErrorIs(t, err, os.ErrNotExist)
	for text, raw := range map[string]string{
		"an empty file":               "",
		"a script":                    "#!/bin/sh\n",
		"universal (fat)":             "\xca\xfe\xba\xbe\x00\x00\x00\x02",
		"damaged ar archive":          "!<arch>\n",
		"unknown format (begins with": "hello",
		"XCOFF":                       "\x01\xf7\x00\x00",
		"plan9":                       "\x00\x00\x8a\x97",
	} {
		findings := readBytes(t, []byte(raw), "linux/amd64", Want{})
		require.Equal(t, []string{"format"}, failures(findings))
		require.Contains(t, findings[0].Text, text)
	}
	require.Equal(t, []string{"platform"}, failures(Read(strings.NewReader(""), 0, Want{GOOS: "linux", GOARCH: "vax"})))
}

// TestVCS: what is recorded of the repository is compared only when it was asked for.
func TestVCS(t *testing.T) {
	recorded := &buildFacts{settings: map[string]string{"vcs.revision": "abc", "vcs.time": "2026-01-31T12:00:00Z", "vcs.modified": "false"}}
	asked := Want{Revision: "abc", RevisionTime: "2026-01-31T12:00:00Z", Modified: "false", RequireGo: true}
	for _, c := range []struct {
		want  Want
		build *buildFacts
		texts []string // of what failed
		held  int
	}{
		{asked, recorded, nil, 3},
		{Want{}, recorded, nil, 0},
		{Want{Revision: "abd", RevisionTime: "2026-01-31T12:00:01Z", Modified: "true"}, recorded, []string{
			"vcs.revision in build info is abc, want abd", "vcs.time in build info is 2026-01-31T12:00:00Z, want 2026-01-31T12:00:01Z", "vcs.modified in build info is false, want true",
		}, 0},
		{asked, &buildFacts{}, []string{
			"cannot be known: vcs.revision is not in the build info, want vcs.revision=abc",
			"cannot be known: vcs.time is not in the build info, want vcs.time=2026-01-31T12:00:00Z",
			"cannot be known: vcs.modified is not in the build info, want vcs.modified=false",
		}, 0},
	} {
		var texts []string
		held := 0
		for _, f := range checkVCS(&subject{want: c.want, build: c.build}) {
			require.Equal(t, "vcs", f.Check)
			if f.Level == Fail {
				texts = append(texts, f.Text)
			} else if f.Level == Pass {
				held++
			}
		}
		require.Equal(t, c.texts, texts)
		require.Equal(t, c.held, held)
	}
}
