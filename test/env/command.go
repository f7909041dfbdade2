package env

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// commandWithin ends a command that hangs, with room for one cold cgo build of several platforms on a slow machine, or an
// emulated one.
const commandWithin = 30 * time.Minute

// Result is what a command did.
type Result struct {
	Stdout, Stderr string
	Code           int   // exit code; -1 when ended by a signal
	Peak           int64 // the most memory that the process was seen to have, in bytes
}

// Output is everything the command said.
func (r Result) Output() string { return r.Stdout + r.Stderr }

// OK fails the test unless the command ended with exit code 0.
func (r Result) OK(t testing.TB) Result {
	t.Helper()
	require.Zero(t, r.Code, "exit code\n%s", r.Output())
	return r
}

// Cmd is a command to run. Only Args is needed.
type Cmd struct {
	Dir    string        // working directory
	Root   string        // root directory of the program; needs the right to change it
	User   uint32        // number of the user and of the group; 0: the process's own
	Env    []string      // added to the process's
	Args   []string      // program and arguments
	Within time.Duration // commandWithin when zero
}

// Run runs the command. A test fails only when the command cannot be started or hangs.
func Run(t testing.TB, c Cmd) Result {
	t.Helper()
	r, err := run(c)
	require.NoError(t, err, "%s\n%s", strings.Join(c.Args, " "), r.Output())
	return r
}

// run is Run without a test.
func run(c Cmd) (Result, error) {
	within := c.Within
	if within == 0 {
		within = commandWithin
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.Root}
	if c.User != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: c.User, Gid: c.User}
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		return Result{Code: -1}, err
	}
	peak := watchPeak(cmd.Process.Pid)
	err := cmd.Wait()
	r := Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode(), Peak: peak()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return r, fmt.Errorf("%s: not done after %v", c.Args[0], within)
	case errors.As(err, &exit):
		return r, nil
	default:
		return r, err
	}
}

// watchPeak reads the most memory that a process has had, VmHWM of man 5 proc_pid_status, until the function that it returns is called,
// which gives bytes. What wait4 tells at the end is no less than what the parent had, whose memory a child shares until it is another
// program.
func watchPeak(pid int) func() int64 {
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		for {
			data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // gone when the process is
			for line := range strings.Lines(string(data)) {
				var kib int64
				if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
					most = max(most, kib<<10)
				}
			}
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(stop); return <-peak }
}

// Buildx runs "docker buildx ARGS…" with the shared daemon as the builder.
func (e *Env) Buildx(t testing.TB, args ...string) Result {
	t.Helper()
	return e.BuildxOn(t, e.Daemon, "", args...)
}

// BuildxOn is Buildx on another daemon, in a directory; "" is the test's own.
func (e *Env) BuildxOn(t testing.TB, d *Daemon, dir string, args ...string) Result {
	t.Helper()
	return Run(t, Cmd{Dir: dir, Env: d.DockerEnv(), Args: append([]string{"docker", "buildx"}, args...)})
}

// DockerEnv makes the docker command use the daemon's builder and nothing of the user's configuration.
func (d *Daemon) DockerEnv() []string {
	return []string{"DOCKER_CONFIG=" + d.config, "BUILDX_CONFIG=" + filepath.Join(d.config, "buildx"),
		"BUILDX_BUILDER=" + builderName, "BUILDX_NO_DEFAULT_ATTESTATIONS=1"}
}

// builderName is the name of the builder in each daemon's docker configuration.
const builderName = "crossgo-test"

// addBuilder makes the daemon the builder of a docker configuration of its own.
func (e *Env) addBuilder(d *Daemon) error {
	if err := e.dockerConfig(d.config); err != nil {
		return err
	}
	r, err := run(Cmd{Env: []string{"DOCKER_CONFIG=" + d.config, "BUILDX_CONFIG=" + filepath.Join(d.config, "buildx")},
		Args: []string{"docker", "buildx", "create", "--name", builderName, "--driver", "remote", "--use", d.Addr()}})
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("docker buildx create: exit code %d\n%s", r.Code, r.Output())
	}
	return err
}

// dockerConfig makes a docker configuration with the buildx plugin and nothing else.
func (e *Env) dockerConfig(dir string) error {
	plugins := filepath.Join(dir, "cli-plugins")
	if err := os.MkdirAll(plugins, 0o755); err != nil {
		return err
	}
	return os.Symlink(e.Tools.Buildx, filepath.Join(plugins, "docker-buildx"))
}

// Crossgo runs the crossgo command of this checkout. Its embedded BuildKit, if it starts one, keeps its state in a
// directory of this run; env adds variables, for example BUILDKIT_HOST.
func (e *Env) Crossgo(t testing.TB, dir string, env []string, args ...string) Result {
	t.Helper()
	bin := e.CrossgoBinary(t)
	vars := e.AloneEnv(append([]string{"XDG_CACHE_HOME=" + filepath.Join(e.Dir, "cache")}, env...)...)
	return Run(t, Cmd{Dir: dir, Env: vars, Args: append([]string{bin}, args...)})
}

// AloneEnv are the variables of a crossgo command that finds no builder of this machine; more are added.
func (e *Env) AloneEnv(more ...string) []string {
	docker := filepath.Join(e.Dir, "no-docker")
	return append([]string{"DOCKER_CONFIG=" + docker, "BUILDX_CONFIG=" + filepath.Join(docker, "buildx"),
		"BUILDX_BUILDER=", "BUILDKIT_HOST="}, more...)
}

// CrossgoBinary is the path of the crossgo command, built once per run.
func (e *Env) CrossgoBinary(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(e.Dir, "bin", "self", "crossgo")
	e.once.crossgo.Do(func() { e.crossgoErr = goBuild(e.Repo, "./cmd/crossgo", bin, "CGO_ENABLED=0") })
	require.NoError(t, e.crossgoErr)
	return bin
}
