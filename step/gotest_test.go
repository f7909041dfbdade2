package step

import (
	"bytes"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// goTestJSON is what go test -json says of that module's packages.
func goTestJSON(t *testing.T, packages ...string) *testResults {
	t.Helper()
	dir := t.TempDir()
	for name, text := range tested {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	r := &testResults{platform: "linux/amd64", log: new(bytes.Buffer)}
	var events bytes.Buffer
	reader := &testReader{results: r, events: &events}
	cmd := exec.Command("go", append([]string{"test", "-json", "-vet=off"}, packages...)...)
	cmd.Dir, cmd.Env, cmd.Stdout = dir, append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0"), reader
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil {
		require.ErrorAs(t, err, &exit)
	}
	require.NoError(t, reader.end())
	require.Contains(t, events.String(), `"Action":"start"`)
	return r
}

// TestGoTestResults reads what a real go test says of tests that pass, fail, panic, are skipped and do not compile.
func TestGoTestResults(t *testing.T) {
	r := goTestJSON(t, "./...")
	var names []string
	for _, f := range r.bad() {
		names = append(names, f.name)
	}
	require.Equal(t, []string{"example.com/m/bad.TestOuter/inner", "example.com/m/broken.(the package)", "example.com/m/init.(the package)", "example.com/m/panic.TestPanic"}, names)
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
