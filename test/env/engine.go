package env

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Engine is a Docker Engine with an empty root, in a network namespace of its own: its bridge, its packet filter and the
// ports that containers publish are seen there only, and are gone with it.
type Engine struct {
	Host string // a DOCKER_HOST value
	Pid  int    // of the engine: /proc/PID/ns/net is its network
}

// NewEngine starts an engine, which lives as long as the test.
func (e *Env) NewEngine(t testing.TB) *Engine {
	t.Helper()
	dir, err := os.MkdirTemp(e.Dir, "engine-") // not t.TempDir: a socket's path is at most 107 bytes long
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(dir, name) }
	d := &Daemon{Log: at("log")}
	host := "unix://" + at("sock")
	cmd := exec.Command("sh", "-c", `ip link set lo up && exec dockerd "$@"`, "dockerd", "--host", host,
		"--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid"), "--ip6tables=false")
	cmd.Env = os.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	exited, err := d.run(cmd)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(kill(d.Pid, exited), unmountBelow(dir), os.RemoveAll(dir))) })
	require.Eventually(t, func() bool {
		select {
		case end := <-exited:
			exited <- end
			require.NoError(t, end, d.logText())
		default:
		}
		return exec.Command("docker", "--host", host, "version").Run() == nil
	}, readyWithin, 100*time.Millisecond, "dockerd does not answer")
	return &Engine{Host: host, Pid: d.Pid}
}
