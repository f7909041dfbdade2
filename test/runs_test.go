package test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// tested is a module with a program, tests that pass and, in a package of their own, one that does not.
var tested = map[string]string{
	"go.mod": "module example.com/tested\n\ngo 1.26\n",
	"main.go": "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"runtime\"\n)\n\nfunc main() {\n\tif len(os.Args) > 1 {\n\t\tfmt.Fprintln(os.Stderr, \"usage: tested\")\n\t\tos.Exit(3)\n\t}\n" +
		"\tself, _ := os.Executable()\n\tfmt.Println(runtime.GOARCH, os.Getuid(), self, os.Getenv(\"A\"))\n}\n",
	"lib/lib.go":      "package lib\n\nimport \"runtime\"\n\nfunc Arch() string { return runtime.GOARCH }\n",
	"lib/lib_test.go": "package lib\n\nimport (\n\t\"net\"\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestArch(t *testing.T) {\n\tif Arch() == \"\" || os.Getenv(\"SAY\") != \"hello\" {\n\t\tt.Error(Arch())\n\t}\n}\n\nfunc TestLoopback(t *testing.T) {\n\tl, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\n\tif err != nil {\n\t\tt.Fatal(err)\n\t}\n\tif _, err := net.Dial(\"tcp\", l.Addr().String()); err != nil {\n\t\tt.Error(err)\n\t}\n}\n\nfunc TestWritable(t *testing.T) {\n\tif err := os.WriteFile(\"new\", nil, 0o644); err != nil {\n\t\tt.Error(err)\n\t}\n}\n",
	"bad/bad_test.go": "package bad\n\nimport \"testing\"\n\nfunc TestBroken(t *testing.T) { t.Error(\"it is broken\") }\n",
}

// TestRunBeforeItLeaves starts a program in its image, as its user and with its environment, natively and by the kernel's emulator,
// and keeps one back that does not do as expected.
func TestRunBeforeItLeaves(t *testing.T) {
	world.Emulate(t, "arm64")
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	write(t, dir, tested)
	const spec = syntax + "image: {base: scratch, env: {A: b}, user: '7:8'}\nbinaries:\n  - main: .\n    verify:\n      run: {expect: {stdout: {is: '${TARGETARCH} 7 /tested b'}}, max-memory: 64MiB}\n"
	write(t, dir, map[string]string{"crossgo.yaml": spec})
	r := build(t, dir, "--target=image", "--platform=linux/amd64,linux/arm64", "-o", "type=local,dest="+out).OK(t)
	require.Contains(t, r.Output(), "[linux/amd64] run tested")
	require.FileExists(t, filepath.Join(out, "linux_amd64", "tested"))
	require.NoDirExists(t, filepath.Join(out, "linux_amd64", ".crossgo"))

	write(t, dir, map[string]string{"crossgo.yaml": syntax + "binaries:\n  - main: .\n    verify: {run: {args: [x]}}\n"})
	bad := filepath.Join(t.TempDir(), "bad")
	requireRefused(t, build(t, dir, "--target=bin", "--platform=linux/amd64", "-o", bad), bad,
		"crossgo.yaml:3:11: verify tested for linux/amd64: run: started with x: exit code 3, want 0", `the end of stderr: "usage: tested"`)

	report := t.TempDir()
	write(t, dir, map[string]string{"crossgo.yaml": syntax + "binaries:\n  - main: .\n    verify: {run: {}, reproducible: true}\n"})
	build(t, dir, "--target=report", "--platform=linux/amd64,windows/amd64", "-o", report).OK(t)
	native, err := os.ReadFile(filepath.Join(report, "linux_amd64", "report.json"))
	require.NoError(t, err)
	require.Contains(t, string(native), "started without arguments: exit code 0")
	require.Contains(t, string(native), "a second build with nothing kept gives the same bytes")
	windows, err := os.ReadFile(filepath.Join(report, "windows_amd64", "report.txt"))
	require.NoError(t, err)
	require.Contains(t, string(windows), "tested.exe: note: run: not started: builds run on linux, where programs for windows/amd64 do not start")
}

// TestNotReproducible: C that says when it was compiled is found out, with section, symbol and both texts.
func TestNotReproducible(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	writeSmall(t, dir, syntax+"binaries:\n  - main: .\n    verify: {reproducible: true}\n")
	write(t, dir, map[string]string{"main.go": "package main\n\n// const char *stamp(void) { static const char at[] = \"made at \" __TIME__; return at; }\nimport \"C\"\n\nfunc main() { println(C.GoString(C.stamp())) }\n"})
	requireRefused(t, build(t, dir, "--target=bin", "--platform=linux/amd64", "-o", out), out,
		"crossgo.yaml:3:11: verify small for linux/amd64: reproducible: a second build with nothing kept gives another file: differs in .rodata", "stamp.at", `"made at `)
}

// TestTestTarget: tests that pass give their files, one that fails is named, and its files are to be had all the same.
func TestTestTarget(t *testing.T) {
	world.Emulate(t, "arm64")
	dir, out := t.TempDir(), t.TempDir()
	write(t, dir, tested)
	write(t, dir, map[string]string{"crossgo.yaml": syntax + "test: {packages: [., ./lib], env: {SAY: hello}, platforms: [linux/arm64]}\n"})
	build(t, dir, "--target=test", "-o", out).OK(t)
	for _, name := range []string{"junit.xml", "cover.out", "cover.html", "tests.json", "tests.txt"} {
		require.FileExists(t, filepath.Join(out, "linux_amd64", name))
	}
	text, err := os.ReadFile(filepath.Join(out, "linux_amd64", "tests.txt"))
	require.NoError(t, err)
	require.Contains(t, string(text), "linux/amd64: 4 passed, 0 failed, 0 skipped\n")
	text, err = os.ReadFile(filepath.Join(out, "linux_arm64", "tests.txt"))
	require.NoError(t, err)
	require.Contains(t, string(text), "linux/arm64: 4 passed, 0 failed, 0 skipped\n")

	write(t, dir, map[string]string{"crossgo.yaml": syntax + "test: {env: {SAY: hello}}\n"})
	bad := filepath.Join(t.TempDir(), "bad")
	requireRefused(t, build(t, dir, "--target=test", "-o", bad), bad,
		"crossgo.yaml:2:7: test: 1 failed on linux/amd64: example.com/tested/bad.TestBroken", "it is broken")
	results := t.TempDir()
	build(t, dir, "--target=test-results", "-o", results).OK(t)
	text, err = os.ReadFile(filepath.Join(results, "junit.xml"))
	require.NoError(t, err)
	require.Contains(t, string(text), "it is broken")
}

// TestRaceIsFound: the detector has the C library that it needs, and finds a race in a program that is built without C.
func TestRaceIsFound(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	write(t, dir, map[string]string{
		"go.mod": tested["go.mod"], "main.go": "package main\n\nfunc main() {}\n",
		"main_test.go": "package main\n\nimport \"testing\"\n\nfunc TestRacy(t *testing.T) {\n\tn, done := 0, make(chan int)\n\tgo func() { n++; close(done) }()\n\tn++\n\t<-done\n\tt.Log(n)\n}\n",
		"crossgo.yaml": syntax + "binaries: [{main: ., cgo: off}]\ntest: {race: true}\n",
	})
	r := build(t, dir, "--target=test", "--platform=linux/amd64", "-o", out)
	require.NotZero(t, r.Code)
	for _, says := range []string{"crossgo.yaml:3:7: test: 1 failed on linux/amd64: example.com/tested.TestRacy", "WARNING: DATA RACE"} {
		require.Contains(t, r.Output(), says) // the detector says "goroutine", which requireRefused takes for one of ours
	}
	require.Empty(t, files(t, out))
}
