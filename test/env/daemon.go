package env

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/stretchr/testify/require"
)

// readyWithin is how long a daemon may take until it answers.
const readyWithin = 60 * time.Second

// Daemon is a running buildkitd of its own root, and a docker configuration whose default builder it is.
type Daemon struct {
	Socket string // path of the socket
	Log    string // path of the log file
	Pid    int

	config string // DOCKER_CONFIG for this daemon's builder
	stop   func() error
}

// DaemonOptions say what is unusual about a daemon.
type DaemonOptions struct {
	Platforms []string // what the worker claims to be, natively; empty: what the machine is
	Cgroup    *Cgroup  // around the daemon and its containers; nil: none. With one the daemon itself bounds no steps
	Version   string   // of an older BuildKit, "0.13": see test/tools; empty: the one of test/tools itself
	Rootless  bool     // run by an ordinary user, as in most clusters
	Proxy     string   // file with the certificates that BuildKit's own proxy trusts, for all traffic of containers; empty: no proxy
}

// Addr is the address as BuildKit's clients and BUILDKIT_HOST want it.
func (d *Daemon) Addr() string { return "unix://" + d.Socket }

// startDaemon starts the shared daemon.
func (e *Env) startDaemon() error {
	d, err := e.startBuildkitd(filepath.Join(e.Dir, "daemon"), DaemonOptions{})
	if err != nil {
		return err
	}
	e.Daemon = d
	e.closers = append(e.closers, d.stop)
	return nil
}

// NewDaemon starts a second daemon with an empty root, which lives as long as the test.
func (e *Env) NewDaemon(t testing.TB, opts DaemonOptions) *Daemon {
	t.Helper()
	parent := e.Dir // not t.TempDir: a socket's path is at most 107 bytes long
	if opts.Rootless {
		parent = "" // e.Dir is for one user alone
	}
	dir, err := os.MkdirTemp(parent, "daemon-")
	require.NoError(t, err)
	d, err := e.startBuildkitd(dir, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.stop()) })
	return d
}

// startBuildkitd starts a daemon below dir and waits until it answers.
func (e *Env) startBuildkitd(dir string, opts DaemonOptions) (*Daemon, error) {
	d := &Daemon{Socket: filepath.Join(dir, "buildkitd.sock"), Log: filepath.Join(dir, "buildkitd.log"),
		config: filepath.Join(dir, "docker")}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "buildkitd.toml")
	if err := os.WriteFile(config, []byte(e.buildkitdConfig(opts)), 0o644); err != nil {
		return nil, err
	}
	cmd, err := e.buildkitdCommand(dir, d.Addr(), opts)
	if err != nil {
		return nil, err
	}
	exited, err := d.run(cmd)
	if err != nil {
		return nil, err
	}
	d.stop = func() error { return errors.Join(kill(d.Pid, exited), unmountBelow(dir), os.RemoveAll(dir)) }
	if err := d.wait(exited); err != nil {
		return nil, errors.Join(err, d.stop())
	}
	if err := e.addBuilder(d); err != nil {
		return nil, errors.Join(err, d.stop())
	}
	return d, nil
}

// buildkitdCommand is what starts a daemon whose buildkitd.toml is in dir.
func (e *Env) buildkitdCommand(dir, addr string, opts DaemonOptions) (*exec.Cmd, error) {
	program := e.Tools.Buildkitd
	if opts.Version != "" {
		var err error
		if program, err = e.olderBuildkitd(opts.Version); err != nil {
			return nil, err
		}
	}
	args := []string{program, "--config", filepath.Join(dir, "buildkitd.toml"), "--root", filepath.Join(dir, "root"), "--addr", addr,
		"--otel-socket-path", filepath.Join(dir, "otel.sock")} // else all daemons listen on the same one, and the second to start fails
	switch {
	case opts.Rootless:
		return rootless(dir, args)
	case opts.Cgroup != nil:
		args = opts.Cgroup.command(program, args[1:])
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = os.Environ()
	if opts.Proxy != "" {
		cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+opts.Proxy)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	return cmd, nil
}

// buildkitdConfig is the buildkitd.toml. Garbage collection is off, so that a measured or counted cache stays.
func (e *Env) buildkitdConfig(opts DaemonOptions) string {
	runtimeBinary := "runc"
	if _, err := exec.LookPath(runtimeBinary); err != nil {
		runtimeBinary = "crun"
	}
	var b strings.Builder
	b.WriteString("insecure-entitlements = [\"network.host\"]\n")
	if opts.Proxy != "" {
		b.WriteString("proxyNetwork = true\n")
	}
	fmt.Fprintf(&b, `[worker.containerd]
  enabled = false
[worker.oci]
  enabled = true
  binary = %q
  snapshotter = "auto"
  networkMode = "host"
  gc = false
`, runtimeBinary)
	if opts.Rootless {
		b.WriteString("  rootless = true\n  noProcessSandbox = true\n")
	}
	if opts.Cgroup != nil {
		fmt.Fprintf(&b, "  defaultCgroupParent = %q\n", opts.Cgroup.containers())
	} else {
		b.WriteString("  max-parallelism = 4\n")
	}
	if len(opts.Platforms) > 0 {
		fmt.Fprintf(&b, "  platforms = [\"%s\"]\n", strings.Join(opts.Platforms, `", "`))
	}
	fmt.Fprintf(&b, "[registry.%q]\n  http = true\n", e.Registry.Host)
	for _, hub := range []string{"docker.io", "ghcr.io", "gcr.io"} {
		fmt.Fprintf(&b, "[registry.%q]\n  mirrors = [%q]\n", hub, e.Registry.Host)
	}
	return b.String()
}

// run starts the command with its output in the log. It is told to end when this process dies; that is tied to the thread
// that started it, which therefore is held until the program is gone.
func (d *Daemon) run(cmd *exec.Cmd) (exited chan error, err error) {
	out, err := os.Create(d.Log)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin") // has the runtime on every Debian
	cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
	started := make(chan error)
	exited = make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer out.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			exited <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s: %w", cmd.Path, err)
	}
	d.Pid = cmd.Process.Pid
	return exited, nil
}

// wait returns when the daemon lists a worker, or says what its log says.
func (d *Daemon) wait(exited chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	c, err := client.New(ctx, d.Addr())
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		workers, err := c.ListWorkers(ctx)
		if err == nil && len(workers) > 0 {
			return nil
		}
		select {
		case end := <-exited:
			exited <- end
			return fmt.Errorf("buildkitd ended: %v; its log:\n%s", end, d.logText())
		case <-ctx.Done():
			return fmt.Errorf("buildkitd does not answer after %v: %v; its log:\n%s", readyWithin, err, d.logText())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// logText is the log so far, for messages.
func (d *Daemon) logText() string {
	data, err := os.ReadFile(d.Log)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// kill asks the process to end, and makes it after half a minute.
func kill(pid int, exited chan error) error {
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	select {
	case <-exited:
		return nil
	case <-time.After(30 * time.Second):
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	<-exited
	return fmt.Errorf("buildkitd (pid %d) did not end by itself", pid)
}
