package step

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
	"github.com/stretchr/testify/require"
)

// act makes this test binary the program that a run starts: the variable says what it does.
const act = "CROSSGO_TEST_ACT"

// TestProgram is that program; without the variable it has nothing to do.
func TestProgram(t *testing.T) {
	switch word := os.Getenv(act); word {
	case "":
	case "speak":
		fmt.Println("v1.2", os.Getenv("HOME"), os.Getuid())
		fmt.Fprintln(os.Stderr, "a warning")
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	case "crash":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour)
	case "leave": // a child holds stdout open
		cmd := exec.Command("sleep", "3600")
		cmd.Stdout = os.Stdout
		_ = cmd.Start()
		os.Exit(0)
	case "print":
		line := make([]byte, 1<<16)
		for range 64 {
			_, _ = os.Stdout.Write(line)
		}
		os.Exit(0)
	default: // a number of MiB to use
		n, err := strconv.Atoi(word)
		require.NoError(t, err)
		data := make([]byte, n<<20)
		for i := range data {
			data[i] = 1
		}
		os.Exit(int(data[len(data)-1]) - 1)
	}
}

// started is what the program did.
func started(t *testing.T, word string, want verify.Run) verify.Outcome {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	if want.Timeout == 0 {
		want.Timeout = 60_000
	}
	want.Args = append([]string{"-test.run=^TestProgram$"}, want.Args...)
	p := process{dir: t.TempDir(), env: []string{act + "=" + word, "PATH=" + os.Getenv("PATH"), "HOME=/h"}}
	o, err := p.start(t.Context(), self, want)
	require.NoError(t, err)
	return o
}

func TestStart(t *testing.T) {
	o := started(t, "speak", verify.Run{})
	require.Equal(t, 3, o.Exit)
	require.Equal(t, fmt.Sprintf("v1.2 /h %d\n", os.Getuid()), string(o.Stdout))
	require.Equal(t, "a warning\n", string(o.Stderr))
	require.Zero(t, o.Memory)

	require.Equal(t, "killed", started(t, "crash", verify.Run{}).Signal)

	o = started(t, "hang", verify.Run{Timeout: 200})
	require.True(t, o.TimedOut)

	begun := time.Now()
	o = started(t, "leave", verify.Run{})
	require.Zero(t, o.Exit)
	require.False(t, o.TimedOut)
	require.Less(t, time.Since(begun), 30*time.Second)

	require.Len(t, started(t, "print", verify.Run{}).Stdout, textLimit)
}

// TestMemory: what a program has had is known, whatever this process has had itself.
func TestMemory(t *testing.T) {
	own := make([]byte, 100<<20)
	for i := range own {
		own[i] = byte(i)
	}
	require.Greater(t, peakOfSelf(), int64(len(own)))

	o := started(t, "150", verify.Run{MaxMemory: 1 << 40})
	require.Greater(t, o.Memory, int64(150<<20))
	require.Less(t, o.Memory, int64(250<<20))

	o = started(t, "1", verify.Run{MaxMemory: 64 << 20})
	require.Zero(t, o.Exit)
	require.Less(t, o.Memory, int64(64<<20), "what this process has had is not the program's")

	o = started(t, "4000", verify.Run{MaxMemory: 200 << 20})
	require.Equal(t, "killed", o.Signal, "it is not left to fill the machine")
	require.Greater(t, o.Memory, int64(200<<20))
	require.Greater(t, own[99], byte(0))
}

// TestNotStarted: what the kernel says of the file is an outcome, a file that is not there is a fault of ours.
func TestNotStarted(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"text":   {"no program\n", 0o755, "exec format error"},
		"mode":   {"no program\n", 0o644, "permission denied"},
		"loader": {"#!/nix/store/ld.so\n", 0o755, "its loader is not in the root: no such file or directory"},
	} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(c.text), c.mode))
		o, err := process{dir: dir}.start(t.Context(), file, verify.Run{Timeout: 1000})
		require.NoError(t, err)
		require.Equal(t, c.want, o.NotStarted)
	}
	_, err := process{dir: dir}.start(t.Context(), filepath.Join(dir, "none"), verify.Run{Timeout: 1000})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestUser(t *testing.T) {
	p, err := newProcess(plan.RunJob{User: "65532:7", Dir: filepath.Join(t.TempDir(), "new"), Env: []string{"A=b"}})
	require.NoError(t, err)
	require.Equal(t, uint32(65532), p.credential.Uid)
	require.Equal(t, uint32(7), p.credential.Gid)
	require.Equal(t, []string{"A=b", "HOME=/"}, p.env)
	require.DirExists(t, p.dir)
	_, err = newProcess(plan.RunJob{User: "nobody-of-that-name", Dir: t.TempDir()})
	require.ErrorContains(t, err, "the image's user nobody-of-that-name: ")
}

// TestRunLetsThrough: files leave when all programs do as expected, and the report says what they did in either case.
func TestRunLetsThrough(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for _, c := range []struct {
		exit  int
		allow []string
		level verify.Level
	}{{0, nil, verify.Pass}, {1, nil, verify.Fail}, {1, []string{verify.RunID}, verify.Note}} {
		root := t.TempDir()
		p := runPlaces{root, filepath.Join(root, "in"), filepath.Join(root, "found"), filepath.Join(root, "out"), filepath.Join(root, "tells")}
		for _, dir := range []string{p.in, p.found, p.out, p.tells} {
			require.NoError(t, os.Mkdir(dir, 0o755))
		}
		require.NoError(t, os.WriteFile(filepath.Join(p.out, "smuggled"), nil, 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(p.in, "app"), []byte("app"), 0o755))
		require.NoError(t, os.Symlink(self, filepath.Join(root, "app")))
		require.NoError(t, writeWith(filepath.Join(p.found, plan.ReportFile), report.Report{Platform: "linux/amd64", Files: []report.File{{Name: "app", SHA256: "x", Size: 3}}}.JSON))
		require.NoError(t, os.WriteFile(filepath.Join(p.found, plan.LinksFile), []byte("{}"), 0o644))
		job := plan.RunJob{Platform: "linux/amd64", Dir: root, Env: []string{act + "="},
			Runs: []plan.RunFile{{Name: "app", Path: "/app", Where: "f:1:1", Allow: c.allow, Run: verify.Run{Args: []string{"-test.run=^TestProgram$"}, Exit: c.exit, Timeout: 60_000}}}}
		err := p.run(context.Background(), job)

		reports, readErr := readReports(filepath.Join(p.tells, plan.ReportFile))
		require.NoError(t, readErr)
		require.Equal(t, c.level, reports[0].Files[0].Findings[0].Level)
		require.FileExists(t, filepath.Join(p.tells, plan.LinksFile))
		require.NoFileExists(t, filepath.Join(p.out, "smuggled"))
		if c.level == verify.Fail {
			require.ErrorContains(t, err, "f:1:1: verify app for linux/amd64: run: started with -test.run=^TestProgram$: exit code 0, want 1")
			require.NoFileExists(t, filepath.Join(p.out, "app"))
			continue
		}
		require.NoError(t, err)
		require.FileExists(t, filepath.Join(p.out, "app"))
	}
}

// TestAsked: what the spec asks for besides the checks is found beside them.
func TestAsked(t *testing.T) {
	f := plan.VerifyFile{Name: "app", Where: "f:1:1", NotRun: "no emulator", Again: true}
	found, err := asked(f, map[string]string{"app": ""})
	require.NoError(t, err)
	require.Equal(t, []string{"run", "reproducible"}, []string{found[0].Check, found[1].Check})
	require.Equal(t, []verify.Level{verify.Note, verify.Pass}, []verify.Level{found[0].Level, found[1].Level})
	found, err = asked(plan.VerifyFile{Name: "app", Again: true}, map[string]string{"app": "differs in .text"})
	require.NoError(t, err)
	require.Equal(t, verify.Fail, found[0].Level)
	_, err = asked(f, nil)
	require.EqualError(t, err, "f:1:1: there is no second build of app")
	found, err = asked(plan.VerifyFile{Name: "app"}, nil)
	require.NoError(t, err)
	require.Empty(t, found)
}

// TestAnotherSecond: the second build begins when the clock shows another second.
func TestAnotherSecond(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app"), nil, 0o644))
	begun := time.Now()
	require.NoError(t, another(t.Context(), []string{"app"}, dir))
	require.Greater(t, time.Since(begun), time.Second)
	require.ErrorIs(t, another(t.Context(), []string{"none"}, dir), os.ErrNotExist)
}
