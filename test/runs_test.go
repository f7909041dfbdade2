package test

import (
	"net/http/httptest"
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

// secretive is a module whose tests say what they see of the machine: only the loopback interface, no secret, no cache that another
// build reads. They call the go command too, which compiles with what the dependencies left.
var secretive = map[string]string{
	"go.mod":  "module example.com/secretive\n\ngo 1.26\n",
	"main.go": "package main\n\nfunc main() { println(answer()) }\n\nfunc answer() int { return 42 }\n",
	"main_test.go": `package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestNothingOfTheFleet(t *testing.T) {
	list, err := net.Interfaces()
	if err != nil || len(list) != 1 || list[0].Flags&net.FlagLoopback == 0 {
		t.Error(list, err)
	}
	for _, name := range []string{"/run/cache-prog", "/run/netrc", "/run/ca.pem", "/objects", "/downloads", "/gocache/log.txt"} {
		if _, err := os.Lstat(name); err == nil {
			t.Error(name)
		}
	}
	for _, kv := range os.Environ() {
		if strings.Contains(kv, "CACHEPROG") || strings.Contains(kv, "SECRET") {
			t.Error(kv)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, "/cache-prog") || strings.Contains(line, " /objects ") || strings.Contains(line, " /downloads ") {
			t.Error(line)
		}
	}
}

func TestCallsGo(t *testing.T) {
	program := t.TempDir() + "/main"
	if said, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatal(err, string(said))
	}
	if said, err := exec.Command(program).CombinedOutput(); err != nil || string(said) != "42\n" {
		t.Error(err, string(said))
	}
	if said, err := exec.Command("go", "run", ".").CombinedOutput(); err != nil || string(said) != "42\n" {
		t.Error(err, string(said))
	}
}
`,
	"sub/pair_test.go":       "package sub\n\nimport \"testing\"\n\nfunc TestSub(*testing.T) {}\n",
	"other/sub/pair_test.go": "package sub\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestSub(t *testing.T) {\n\tif text, err := os.ReadFile(\"testdata/x\"); err != nil || string(text) != \"x\" {\n\t\tt.Error(err)\n\t}\n}\n",
	"other/sub/testdata/x":   "x",
}

// TestTestsSeeNothingOfTheFleet: whatever keeps compiled packages, the tests have no part in it. The user's program
// for that, which has the network and a secret, is asked when the tests are compiled, and not there when they run.
// What the other modes mount is what TestLaws and the graphs in llb say.
func TestTestsSeeNothingOfTheFleet(t *testing.T) {
	t.Parallel()
	objects := &objectServer{store: map[string][]byte{}}
	server := httptest.NewServer(objects)
	t.Cleanup(server.Close)
	secret := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(secret, []byte("let me in"), 0o600))
	for mode, cache := range map[string]string{"prog": "{prog: [tools/cacheprog, --url, '" + server.URL + "']}", "both": "both"} {
		t.Run(mode, func(t *testing.T) {
			dir, out := t.TempDir(), t.TempDir()
			require.NoError(t, os.CopyFS(filepath.Join(dir, "tools"), os.DirFS(filepath.Dir(cacheProg(t)))))
			write(t, dir, secretive)
			write(t, dir, map[string]string{"crossgo.yaml": syntax + "cache: " + cache + "\ntest: {flags: ['-coverpkg=./...']}\n"})
			build(t, dir, "--target=test", "--platform=linux/amd64", "--secret=id=cache-prog,src="+secret, "-o", out).OK(t)
			text, err := os.ReadFile(filepath.Join(out, "tests.txt"))
			require.NoError(t, err)
			require.Contains(t, string(text), "linux/amd64: 5 passed, 0 failed, 0 skipped\n")
			profile, err := os.ReadFile(filepath.Join(out, "cover.out"))
			require.NoError(t, err)
			require.Contains(t, string(profile), "example.com/secretive/main.go:")
		})
	}
	_, packages := objects.counts()
	require.Positive(t, packages)
	require.Equal(t, "let me in", objects.token)
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
