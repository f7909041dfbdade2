package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/stretchr/testify/require"
)

// testCase is the plan of the target test for a program: the first case without C, or the one with sqlite.
func testCase(t *testing.T, text string, facts []plan.BinaryFacts, target, kind string, runs ...string) (*plan.Plan, error) {
	t.Helper()
	in, err := plancase.Case{Spec: text, Facts: facts, Target: target, Build: "linux/amd64", Kind: kind, Runs: runs}.Input()
	require.NoError(t, err)
	return plan.New(in)
}

var (
	pureFacts   = plancase.All[0].Facts
	sqliteFacts = plancase.All[6].Facts
)

func TestTestCommands(t *testing.T) {
	p, err := testCase(t, "binaries: [{main: ./cmd/hello, tags: [x]}]\ntest: {packages: [./a, ./b/...], flags: [-short, '-trimpath=false'], timeout: 2m, env: {A: b}}", pureFacts, "linux/amd64", "test", "linux/amd64")
	require.NoError(t, err)
	require.Equal(t, "vet -trimpath -buildvcs=false -tags=x ./a ./b/...", strings.Join(p.Test.Vet, " "))
	require.Equal(t, "test -trimpath -buildvcs=false -tags=x -json -work -exec=/crossgo step test-binary -vet=off -coverprofile=/out/cover.out -timeout=120000ms -short -trimpath=false ./a ./b/...", strings.Join(p.Test.Args, " "))
	require.Equal(t, []string{"A=b"}, p.Test.Env)
	require.Equal(t, "build -trimpath -buildvcs=false -o /gotmp/test2json cmd/test2json", strings.Join(p.Test.Converter, " "))
	job, err := p.TestBuildJob()
	require.NoError(t, err)
	require.Empty(t, job.Builds)
	require.Contains(t, job.Env, "CGO_ENABLED=0")
	require.NotContains(t, job.Env, "A=b", "another environment compiles nothing again")
	require.Equal(t, []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}, job.ConverterEnv)
	require.Contains(t, p.TestJob().Env, "A=b")
	require.False(t, p.TestJob().Tolerant)

	p, err = testCase(t, "", pureFacts, "linux/arm64", "test-results", "linux/amd64")
	require.NoError(t, err)
	require.Equal(t, "test -c -o /dev/null -trimpath -buildvcs=false ./...", strings.Join(p.Test.Args, " "))
	require.Contains(t, p.Test.NotRun, "and not for linux/arm64")
	require.Empty(t, p.Test.Converter)
	require.True(t, p.TestJob().Tolerant)
}

// TestPackagesAtOnce are as many as go test would test at once.
func TestPackagesAtOnce(t *testing.T) {
	for flags, want := range map[string]int{"": 0, "-short, -p=3": 3, "--p=1": 1, "-p=4, -bench=.": 1, "-parallel=5": 0} {
		p, err := testCase(t, "test: {flags: ["+flags+"]}", pureFacts, "linux/amd64", "test", "linux/amd64")
		require.NoError(t, err)
		require.Equal(t, want, p.TestJob().Parallel, flags)
	}
}

// TestTestsKeepNothing: whatever the spec says of caches, the job of the step that runs the tests names none.
func TestTestsKeepNothing(t *testing.T) {
	for _, cache := range []string{"layers", "mounts", "both", "{prog: [tools/cache]}"} {
		p, err := testCase(t, "cache: "+cache, pureFacts, "linux/amd64", "test", "linux/amd64")
		require.NoError(t, err)
		require.NotContains(t, strings.Join(p.TestJob().Env, " "), "CACHEPROG", cache)
		require.NotContains(t, strings.Join(p.TestJob().Env, " "), "SECRET", cache)
	}
}

// TestTestsHaveAnEntrysSettings: the first one's, or that of the binary in the target.
func TestTestsHaveAnEntrysSettings(t *testing.T) {
	const text = "binaries: [{main: ./cmd/hello, tags: [first]}, {main: ., name: app, tags: [second]}]"
	facts := slices.Concat(pureFacts, sqliteFacts)
	p, err := testCase(t, text, facts, "linux/amd64", "test", "linux/amd64")
	require.NoError(t, err)
	require.Contains(t, p.Test.Args, "-tags=first")
	require.Nil(t, p.Units[0].C)
	p, err = testCase(t, text, facts, "linux/amd64", "app/test", "linux/amd64")
	require.NoError(t, err)
	require.Contains(t, p.Test.Args, "-tags=second")
	require.Equal(t, "musl", string(p.Units[0].C.Kind))
	require.Contains(t, strings.Join(p.Test.Args, " "), "-extldflags=-static")
	_, err = testCase(t, text, facts, "linux/amd64", "none/test", "linux/amd64")
	require.ErrorContains(t, err, `builds no binary "none"`)
}

// TestRace picks what the detector needs, whatever the entry says.
func TestRace(t *testing.T) {
	const text = "binaries: [{main: ./cmd/hello, cgo: 'off'}]\ntest: {race: true}"
	p, err := testCase(t, text, pureFacts, "linux/amd64", "test", "linux/amd64")
	require.NoError(t, err)
	require.True(t, p.Test.Race)
	require.Equal(t, "glibc", string(p.Units[0].C.Kind))
	require.Empty(t, p.Units[0].Deps)
	args := strings.Join(p.Test.Args, " ")
	require.Contains(t, args, " -race ")
	require.Contains(t, args, "-I /target/lib64/ld-linux-x86-64.so.2")
	require.Contains(t, args, "-rpath,/target/usr/lib/x86_64-linux-gnu:/target/usr/lib")

	p, err = testCase(t, text, pureFacts, "linux/arm64", "test", "linux/amd64", "linux/arm64")
	require.NoError(t, err)
	require.False(t, p.Test.Race)
	require.Nil(t, p.Units[0].C)
	require.Equal(t, []string{"race: not under emulation: the tests for linux/arm64 run without"}, p.Test.Notes)

	_, err = testCase(t, text, pureFacts, "linux/386", "test", "linux/amd64", "linux/386")
	require.EqualError(t, err, "crossgo.yaml:2:14: test.race: found true, but Go finds races on linux/amd64, linux/arm64, linux/loong64, linux/ppc64le, linux/riscv64, linux/s390x only, not on linux/386")
}

// TestTestsStartWithoutALoader: a pure Go program that wants one is tested without.
func TestTestsStartWithoutALoader(t *testing.T) {
	p, err := testCase(t, "binaries: [{main: ./cmd/hello, link: pie}]", pureFacts, "linux/amd64", "test", "linux/amd64")
	require.NoError(t, err)
	require.NotContains(t, strings.Join(p.Test.Args, " "), "pie")
}

func TestTestTargets(t *testing.T) {
	amd64 := spec.Platform{OS: "linux", Arch: "amd64"}
	file, err := spec.Parse("crossgo.yaml", []byte("test: {platforms: [linux/arm64, linux/amd64]}"))
	require.NoError(t, err)
	list, err := plan.TestTargets(file, amd64)
	require.NoError(t, err)
	require.Equal(t, []spec.Platform{amd64, {OS: "linux", Arch: "arm64"}}, list)
	list, err = plan.TestTargets(&spec.File{}, amd64)
	require.NoError(t, err)
	require.Equal(t, []spec.Platform{amd64}, list)
}
