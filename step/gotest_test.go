package step

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/stretchr/testify/require"
)

// tested is a module with a package of each kind.
var tested = map[string]string{
	"go.mod":           "module example.com/m\n\ngo 1.26\n",
	"good/a_test.go":   "package good\n\nimport \"testing\"\n\nfunc TestFine(t *testing.T) { t.Log(\"quiet\") }\n\nfunc TestSkipped(t *testing.T) { t.Skip(\"not today\") }\n",
	"bad/a_test.go":    "package bad\n\nimport \"testing\"\n\nfunc TestOuter(t *testing.T) {\n\tt.Run(\"inner\", func(t *testing.T) { t.Error(\"\\x1b[31mtoo bad\") })\n\tt.Run(\"fine\", func(*testing.T) {})\n}\n",
	"panic/a_test.go":  "package panics\n\nimport \"testing\"\n\nfunc TestPanic(*testing.T) { panic(\"aargh\") }\n",
	"init/a_test.go":   "package inits\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestMain(*testing.M) { println(\"no database\"); os.Exit(7) }\n",
	"broken/a.go":      "package broken\n\nfunc f() { undefinedThing() }\n",
	"broken/a_test.go": "package broken\n\nimport \"testing\"\n\nfunc TestNever(*testing.T) {}\n",
	"none/a.go":        "package none\n",
}

// testedModule is a folder with that module.
func testedModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range tested {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

// goTestEvents is what go test -json prints in a folder.
func goTestEvents(t *testing.T, dir string, env []string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", append([]string{"test", "-json", "-vet=off"}, args...)...)
	cmd.Dir, cmd.Env = dir, slices.Concat(os.Environ(), []string{"GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0"}, env)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil {
		require.ErrorAs(t, err, &exit)
	}
	return out
}

var converter = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "test2json")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "test2json")
	said, err := exec.Command("go", "build", "-o", file, "cmd/test2json").CombinedOutput()
	return file, errors.Join(err, errors.New(string(said)))
})

// inTwoSteps compiles tests as one step does and runs them as the other.
func inTwoSteps(t *testing.T, dir string, args ...string) (*testResults, []byte) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	program, _ := converter()
	require.FileExists(t, program)
	tmp, made := t.TempDir(), filepath.Join(t.TempDir(), "events")
	said := goTestEvents(t, dir, []string{noteVariable + "=1", "GOTMPDIR=" + tmp}, append([]string{"-work", "-exec=" + self}, args...)...)
	require.NoError(t, os.WriteFile(made, said, 0o644))
	programs, err := keepTests(tmp)
	require.NoError(t, err)
	r := &testResults{platform: "linux/amd64", log: new(bytes.Buffer)}
	var events bytes.Buffer
	reader := &testReader{results: r, events: &events}
	runner := testRunner{dir: tmp, converter: program, env: os.Environ()}
	atOnce := strings.Count(strings.Join(args, " "), "-p=1") // 0: as many as there are processors
	require.NoError(t, replay(made, runner.start(t.Context(), programs, atOnce), reader))
	require.NoError(t, reader.end())
	return r, events.Bytes()
}

// goTestJSON is what tests of that module's packages say.
func goTestJSON(t *testing.T, packages ...string) *testResults {
	t.Helper()
	r, events := inTwoSteps(t, testedModule(t), packages...)
	require.Contains(t, string(events), `"Action":"start"`)
	return r
}

// TestTwoStepsSayWhatOneSays: tests that are compiled in one step and run in another give the events that go test gives, in the order of
// the packages, whether they pass, fail, panic, exit, hang or do not compile; with every flag that a user may give.
func TestTwoStepsSayWhatOneSays(t *testing.T) {
	dir := testedModule(t)
	for name, text := range map[string]string{
		"long/a_test.go":       "package long\n\nimport (\n\t\"testing\"\n\t\"time\"\n)\n\nfunc TestLong(*testing.T) { time.Sleep(time.Hour) }\n",
		"silent/a_test.go":     "package silent\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestMain(*testing.M) { os.Exit(3) }\n",
		"liar/a_test.go":       "package liar\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestMain(*testing.M) { println(\"FAIL\"); os.Exit(0) }\n",
		"other/a_test.go":      "package other\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestMain(m *testing.M) { m.Run(); fmt.Print(\"no end of line\"); os.Exit(1) }\n",
		"many/a_test.go":       "package many_test\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"testing\"\n)\n\nfunc BenchmarkB(b *testing.B) {\n\tfor b.Loop() {\n\t}\n}\n\nfunc FuzzF(f *testing.F) {\n\tf.Add(1)\n\tf.Fuzz(func(t *testing.T, n int) {})\n}\n\nfunc ExampleX() {\n\tfmt.Println(1)\n\t// Output: 1\n}\n\nfunc TestData(t *testing.T) {\n\tif _, err := os.ReadFile(\"testdata/x\"); err != nil {\n\t\tt.Error(err)\n\t}\n\tt.Log(os.Getenv(\"PWD\") != \"\")\n}\n",
		"many/testdata/x":      "x",
		"many/sub/good/a.go":   "package good\n\nfunc F() int { return 1 }\n",
		"many/sub/a_test.go":   "package sub\n\nimport (\n\t\"testing\"\n\n\t\"example.com/m/many/sub/good\"\n)\n\nfunc TestF(*testing.T) { good.F() }\n",
		"many/again/a_test.go": "package many_test\n\nimport \"testing\"\n\nfunc TestAgain(*testing.T) {}\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for _, args := range [][]string{
		{"-timeout=2s", "./..."},
		{"-failfast", "-p=1", "./bad", "./good"},
		{"-coverpkg=./good,./many/...", "-covermode=atomic", "-short", "-count=2", "-run=Fine|Again|Data", "./good", "./many/..."},
		{"-bench=.", "-benchtime=1x", "-run=^$", "./many", "./good"},
		{"-fullpath", "-shuffle=7", "-cpu=1,2", "-parallel=3", "-skip=TestOuter", "./bad", "./good"},
		{"./nowhere"},
	} {
		want := eventsByPackage(t, goTestEvents(t, dir, nil, args...))
		_, got := inTwoSteps(t, dir, args...)
		require.Equal(t, want, eventsByPackage(t, got), args)
	}
}

// eventsByPackage are events without what differs from run to run.
func eventsByPackage(t *testing.T, events []byte) map[string][]string {
	t.Helper()
	varies := regexp.MustCompile(`\d+\.\d+s|\(\d+\.\d+s\)|0x[0-9a-f]+|goroutine \d+|\d+(\.\d+)? ns/op|/tmp/\S+|\d+ms|\+0x\S+|:\d+ \+|gp=\S+|m=\S+|mp=\S+|\s+\d+\t`)
	all, saying := map[string][]string{}, map[string]string{}
	for line := range bytes.Lines(events) {
		var e testEvent
		if json.Unmarshal(line, &e) != nil || strings.HasPrefix(e.Output, "WORK=") {
			continue
		}
		if strings.Contains(e.Package, "panic") || e.Test == "TestLong" || strings.HasSuffix(e.Package, "/long") { // their stacks are of goroutines in any order
			if e.Action == "output" && !strings.HasPrefix(e.Output, "FAIL") && !strings.HasPrefix(e.Output, "panic: ") {
				continue
			}
		}
		key := e.Package + e.ImportPath
		if n := len(all[key]); n > 0 && e.Action == "output" && saying[key] == "test "+e.Test { // a line may come in two pieces
			all[key][n-1] += e.Output
			continue
		}
		if saying[key] = ""; e.Action == "output" {
			saying[key] = "test " + e.Test
		}
		all[key] = append(all[key], fmt.Sprintf("%s %s %s %s", e.Action, e.Test, e.FailedBuild, e.Output))
	}
	for _, list := range all {
		for i, text := range list {
			list[i] = varies.ReplaceAllString(text, "X")
		}
	}
	return all
}

// TestGoTestResults reads what a real go test says of tests that pass, fail, panic, are skipped and do not compile.
func TestGoTestResults(t *testing.T) {
	r := goTestJSON(t, "./...")
	var names []string
	for _, f := range r.bad() {
		names = append(names, f.name)
	}
	require.Equal(t, []string{"example.com/m/bad.TestOuter/inner", "example.com/m/broken", "example.com/m/init", "example.com/m/panic.TestPanic"}, names)
	text := r.failed()
	for _, says := range []string{"4 failed on linux/amd64: example.com/m/bad.TestOuter/inner, ", "too bad", "undefined: undefinedThing", "panic: aargh", "no database"} {
		require.Contains(t, text, says)
	}
	require.Contains(t, r.log.(*bytes.Buffer).String(), "too bad")
	require.NotContains(t, r.log.(*bytes.Buffer).String(), "quiet")
	require.Contains(t, r.summary(), "example.com/m/good: ok, 1 passed, 1 skipped\n")
	require.Contains(t, r.summary(), "example.com/m/bad: 2 of 3 failed\n")
	require.Contains(t, r.summary(), "linux/amd64: 2 passed, 5 failed, 1 skipped\n")

	good := goTestJSON(t, "./good", "./none")
	require.Empty(t, good.failed())
	require.Contains(t, good.summary(), "example.com/m/none: no tests\n")
}

// TestJUnit reads the file back.
func TestJUnit(t *testing.T) {
	r := goTestJSON(t, "./good", "./bad")
	dir := t.TempDir()
	require.NoError(t, r.write(dir))
	data, err := os.ReadFile(filepath.Join(dir, plan.JUnitFile))
	require.NoError(t, err)
	var all junit.Testsuites
	require.NoError(t, xml.Unmarshal(data, &all), string(data)) // it takes no character that XML has not
	require.Equal(t, []int{5, 2, 0, 1}, []int{all.Tests, all.Failures, all.Errors, all.Skipped})
	require.Len(t, all.Suites, 2)
	cases := map[string]junit.Testcase{}
	for _, s := range all.Suites {
		for _, c := range s.Testcases {
			require.Regexp(t, `^\d+\.\d{3}$`, c.Time)
			cases[c.Classname+" "+c.Name] = c
		}
	}
	require.Len(t, cases, 5)
	inner := cases["example.com/m/bad TestOuter/inner"]
	require.Equal(t, "Failed", inner.Failure.Message)
	require.Contains(t, inner.Failure.Data, "[31mtoo bad")
	require.Contains(t, cases["example.com/m/good TestSkipped"].Skipped.Message, "not today")
	require.Nil(t, cases["example.com/m/good TestFine"].Failure)
	require.Nil(t, cases["example.com/m/good TestFine"].Skipped)
	require.FileExists(t, filepath.Join(dir, plan.TestSummary))
}

// TestJUnitText: times are in seconds, and whatever a test prints leaves a file that is XML.
func TestJUnitText(t *testing.T) {
	hostile := "a \x1b[1m\x00 < & ]]> \xff \ufffe\tend\n"
	r := &testResults{suites: []*testSuite{
		{name: "m/a", output: hostile, seconds: 1.25, tests: []*testCase{{name: "TestA\x01", state: "fail", output: hostile, seconds: 0.0004}, {name: "TestB", state: "skip", output: hostile}}},
		{name: "m/b", seconds: 2, tests: []*testCase{{name: "TestC", state: "pass", seconds: 1.9996}}},
	}}
	var text bytes.Buffer
	require.NoError(t, r.junit(&text))
	require.True(t, strings.HasPrefix(text.String(), xml.Header+"<testsuites "), text.String())
	var all junit.Testsuites
	require.NoError(t, xml.Unmarshal(text.Bytes(), &all), text.String())
	const clean = "a [1m < & ]]> ? \tend"
	a, b := all.Suites[0], all.Suites[1]
	require.Equal(t, clean+"\n", a.SystemOut.Data)
	require.Equal(t, clean+"\n", a.Testcases[0].Failure.Data)
	require.Equal(t, clean, a.Testcases[1].Skipped.Message)
	require.Nil(t, b.SystemOut)
	require.Equal(t, []string{"3.250", "1.250", "0.000", "2.000", "2.000"}, []string{all.Time, a.Time, a.Testcases[0].Time, b.Time, b.Testcases[0].Time})
	for _, says := range []string{`<testsuites time="3.250" tests="3" failures="1" skipped="1">`, `<testsuite name="m/a" tests="2" failures="1" errors="0" id="0" skipped="1" time="1.250">`,
		`<testcase name="TestB" classname="m/a" time="0.000">`, `<failure message="Failed">`} {
		require.Contains(t, text.String(), says)
	}
}

// TestEndedCommands: a go command stands for a test, and one that fails is named without what it is not.
func TestEndedCommands(t *testing.T) {
	r := &testResults{platform: "linux/arm64", log: new(bytes.Buffer), notes: []string{"compiled only"}}
	r.suite("go vet").test("go vet").ended("a.go:3: unreachable code")
	run := r.suite("go test").test("run the tests")
	run.state, run.output = "skip", "no emulator"
	require.Equal(t, "1 failed on linux/arm64: go vet\n--- go vet\na.go:3: unreachable code", r.failed())
	require.True(t, strings.HasPrefix(r.summary(), "note: compiled only\n"))
	require.Contains(t, r.summary(), "linux/arm64: 0 passed, 1 failed, 1 skipped\n")
}

func TestPlainLinesAreShown(t *testing.T) {
	var log, events bytes.Buffer
	reader := &testReader{results: &testResults{log: &log}, events: &events}
	for _, part := range []string{"# exam", "ple.com/m\nand", " more"} {
		_, err := reader.Write([]byte(part))
		require.NoError(t, err)
	}
	require.NoError(t, reader.end())
	require.Equal(t, "# example.com/m\nand more\n", log.String())
	require.Equal(t, log.String(), events.String())
}
