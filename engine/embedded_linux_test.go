package engine

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/stretchr/testify/require"
	"github.com/tonistiigi/fsutil"
)

// holdEnv makes the test binary open an engine and sleep in a container until it is killed; see TestMain.
const holdEnv = "CROSSGO_TEST_HOLD"

func TestMain(m *testing.M) {
	if probe := os.Getenv(holdEnv); probe != "" {
		os.Exit(hold(probe))
	}
	os.Exit(m.Run())
}

// hold runs a step that never ends, on the state folder of $CROSSGO_STATE.
func hold(probe string) int {
	e, err := Open(context.Background(), Options{Embedded: true, Stderr: os.Stderr})
	if err == nil {
		err = run(context.Background(), e, probe, "", "sleep")
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// buildProbe builds testdata/probe, a static program, alone in a folder.
func buildProbe(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "probe"), "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return dir
}

func open(t *testing.T, state string) *Engine {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := Open(ctx, Options{Embedded: true, StateDir: state, Stderr: os.Stderr})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// step is one run of the probe in an empty root; what it writes to /out is the result.
func step(probe string, opts []llb.RunOption, args ...string) llb.State {
	self := llb.Scratch().File(llb.Copy(llb.Local("probe", llb.SharedKeyHint("probe")), "/probe", "/probe"))
	opts = append(opts, llb.Args(append([]string{"/probe"}, args...)))
	return self.Run(opts...).AddMount("/out", llb.Scratch())
}

// run solves one step and exports its /out to dest, when dest is given.
func run(ctx context.Context, e *Engine, probe, dest string, args ...string) error {
	return solve(ctx, e, probe, dest, step(probe, nil, args...))
}

func solve(ctx context.Context, e *Engine, probe, dest string, st llb.State) error {
	def, err := st.Marshal(ctx)
	if err != nil {
		return err
	}
	fs, err := fsutil.NewFS(probe)
	if err != nil {
		return err
	}
	opt := client.SolveOpt{LocalMounts: map[string]fsutil.FS{"probe": fs}}
	if dest != "" {
		opt.Exports = []client.ExportEntry{{Type: client.ExporterLocal, OutputDir: dest}}
	}
	status := make(chan *client.SolveStatus)
	go func() {
		for range status {
		}
	}()
	_, err = e.Client().Solve(ctx, def, opt, status)
	return err
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

func TestEmbeddedRunsAStep(t *testing.T) {
	probe, out := buildProbe(t), t.TempDir()
	e := open(t, t.TempDir())
	require.Equal(t, "embedded BuildKit", e.Name())
	require.NoError(t, run(t.Context(), e, probe, out, "write", "/out/said", "hello"))
	require.Equal(t, "hello", read(t, filepath.Join(out, "said")))
	platforms, err := e.Platforms(t.Context())
	require.NoError(t, err)
	require.Equal(t, "linux", platforms[0].OS)
}

func TestEmbeddedReportsAFailingStep(t *testing.T) {
	probe := buildProbe(t)
	e := open(t, t.TempDir())
	err := run(t.Context(), e, probe, t.TempDir(), "no-such-word")
	require.ErrorContains(t, err, "exit code: 3")
}

func TestEmbeddedKeepsItsCache(t *testing.T) {
	probe, out, state := buildProbe(t), t.TempDir(), t.TempDir()
	var said []string
	for range 2 {
		e := open(t, state)
		require.NoError(t, run(t.Context(), e, probe, out, "now", "/out/now"))
		said = append(said, read(t, filepath.Join(out, "now")))
		require.NoError(t, e.Close())
	}
	require.Equal(t, said[0], said[1], "the second run must come from the cache")
}

func TestNetworkModes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	probe, out := buildProbe(t), t.TempDir()
	e := open(t, t.TempDir())
	dial := []string{"dial", l.Addr().String(), "/out/said"}

	require.NoError(t, solve(t.Context(), e, probe, out, step(probe, nil, dial...)))
	require.Equal(t, "<nil>\n", read(t, filepath.Join(out, "said")), "the default is the host's network")

	none := []llb.RunOption{llb.Network(pb.NetMode_NONE)}
	require.NoError(t, solve(t.Context(), e, probe, out, step(probe, none, dial...)))
	require.NotEqual(t, "<nil>\n", read(t, filepath.Join(out, "said")))
	require.NoError(t, solve(t.Context(), e, probe, out, step(probe, none, "interfaces", "/out/said")))
	require.Subset(t, []string{"lo", ""}, strings.Split(read(t, filepath.Join(out, "said")), "\n"))
}

func TestCloseLeavesNothing(t *testing.T) {
	probe, state := buildProbe(t), t.TempDir()
	e := open(t, state)
	require.NoError(t, run(t.Context(), e, probe, t.TempDir(), "write", "/out/said", "hello"))
	require.NotEmpty(t, children(t))
	require.NoError(t, e.Close())
	require.NoError(t, e.Close(), "a second Close does nothing")
	require.Empty(t, children(t))
	require.NotContains(t, read(t, "/proc/self/mountinfo"), state)
}

func TestCancelEndsTheStep(t *testing.T) {
	probe := buildProbe(t)
	e := open(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	start := time.Now()
	require.Error(t, run(ctx, e, probe, "", "sleep"))
	require.NoError(t, e.Close())
	require.Less(t, time.Since(start), 15*time.Second)
	require.Empty(t, children(t))
}

// TestKilledRunDoesNoHarm kills a crossgo in the middle of a step, and expects the next one to work.
func TestKilledRunDoesNoHarm(t *testing.T) {
	probe, state := buildProbe(t), t.TempDir()
	cmd := startHolder(t, probe, state)
	require.NoError(t, cmd.Process.Kill())
	cmd.Wait()

	out := t.TempDir()
	e := open(t, state)
	require.NoError(t, run(t.Context(), e, probe, out, "write", "/out/said", "again"))
	require.Equal(t, "again", read(t, filepath.Join(out, "said")))
	require.NoError(t, e.Close())
	require.NotContains(t, read(t, "/proc/self/mountinfo"), state)
	bundles, err := filepath.Glob(filepath.Join(state, "*", "executor", "*", "config.json"))
	require.NoError(t, err)
	require.Empty(t, bundles)
}

// TestTwoAtOnce shows that a second crossgo says whom it waits for, and gives up when its context ends.
func TestTwoAtOnce(t *testing.T) {
	state := t.TempDir()
	open(t, state)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var said bytes.Buffer
	_, err := Open(ctx, Options{Embedded: true, StateDir: state, Stderr: &said})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	pid := fmt.Sprintf("process %d", os.Getpid())
	require.ErrorContains(t, err, pid)
	require.Contains(t, said.String(), pid)
	require.Contains(t, said.String(), state)
}

func TestNoRuntime(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	known := adminDirs
	adminDirs = nil
	t.Cleanup(func() { adminDirs = known })
	_, err := Open(t.Context(), Options{Embedded: true, StateDir: t.TempDir()})
	require.ErrorContains(t, err, "neither runc nor crun")
}

// startHolder starts this test binary as a crossgo that sleeps in a container, and returns once it sleeps.
func startHolder(t *testing.T, probe, state string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), holdEnv+"="+probe, StateEnv+"="+state)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		found, _ := filepath.Glob(filepath.Join(state, "*", "executor", "*", "config.json"))
		return len(found) > 0
	}, time.Minute, 50*time.Millisecond)
	time.Sleep(300 * time.Millisecond) // the bundle is written a moment before the container runs
	return cmd
}

// children lists the processes whose parent is this one.
func children(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	require.NoError(t, err)
	var out []string
	for _, f := range files {
		out = append(out, strings.Fields(read(t, f))...)
	}
	return out
}

// TestDebugShowsTheLog shows that --debug doubles BuildKit's log, and that it is in the file either way.
func TestDebugShowsTheLog(t *testing.T) {
	state := t.TempDir()
	var shown bytes.Buffer
	e, err := Open(t.Context(), Options{Embedded: true, StateDir: state, Stderr: &shown, Debug: true})
	require.NoError(t, err)
	require.NoError(t, run(t.Context(), e, buildProbe(t), t.TempDir(), "write", "/out/said", "hello"))
	require.NoError(t, e.Close())
	require.Contains(t, shown.String(), "level=debug")
	require.Equal(t, shown.String(), read(t, filepath.Join(state, "engine.log")))
}
