package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/moby/buildkit/client"
)

const embeddedName = "embedded BuildKit"

// stopTimeout is how long the child may take to end by itself before it is killed with all that runs in it.
const stopTimeout = 20 * time.Second

// ErrNotRoot says that the embedded BuildKit cannot run for this user.
var ErrNotRoot = errors.New("no builder found, and the embedded BuildKit needs root: run crossgo as root, or point at a builder with --builder or BUILDKIT_HOST")

// openEmbedded starts BuildKit in a child and connects to it.
func openEmbedded(ctx context.Context, opt Options) (*Engine, error) {
	if os.Geteuid() != 0 {
		return nil, ErrNotRoot
	}
	runtime, err := findRuntime()
	if err != nil {
		return nil, err
	}
	dir, err := stateDir(opt.StateDir)
	if err != nil {
		return nil, err
	}
	lock, err := lockState(ctx, dir, opt.Stderr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", embeddedName, err)
	}
	defer lock.Close() // the child holds its own copy until it is gone
	c := &child{config: childConfig{State: dir, Runtime: runtime, Debug: opt.Debug}, lock: lock}
	if err := c.start(ctx, opt.Stderr); err != nil {
		return nil, fmt.Errorf("%s: %w", embeddedName, err)
	}
	return c.connect(ctx)
}

func stateDir(dir string) (string, error) {
	var err error
	if dir == "" {
		dir, err = DefaultStateDir()
	} else {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("%s: %w", embeddedName, err)
	}
	return filepath.EvalSymlinks(dir)
}

// child is the running BuildKit, seen from the parent.
type child struct {
	config childConfig
	lock   *os.File
	socket string // path of the unix socket
	tmp    string // private folder of the socket, when the state folder's path is too long for one
	cmd    *exec.Cmd
	stdin  io.Closer
	gone   chan struct{} // closed when the process has ended
}

// start runs the child and returns when it serves, or with what it said when it could not.
func (c *child) start(ctx context.Context, stderr io.Writer) (err error) {
	defer func() {
		if err != nil {
			c.removeSocket()
		}
	}()
	listener, err := c.listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	ready, readyW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	if err := c.run(stderr, listener, readyW); err != nil {
		readyW.Close()
		return err
	}
	readyW.Close()
	if err := c.awaitReady(ctx, ready); err != nil {
		return errors.Join(err, c.stop())
	}
	return nil
}

// maxSocketPath is what fits into a unix socket's address on Linux, less the closing zero.
const maxSocketPath = 107

// listen opens the socket in the parent, so that the child needs no path and a connection made early waits in its
// queue. It lies in the state folder, which is private and locked, unless its path is too long for a socket.
func (c *child) listen() (*os.File, error) {
	c.socket = filepath.Join(c.config.State, "engine.sock")
	if len(c.socket) > maxSocketPath {
		tmp, err := os.MkdirTemp("", "crossgo-")
		if err != nil {
			return nil, err
		}
		c.tmp, c.socket = tmp, filepath.Join(tmp, "engine.sock")
	}
	if err := os.RemoveAll(c.socket); err != nil { // of a killed run
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: c.socket, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	defer l.Close()
	return l.File()
}

func (c *child) run(stderr io.Writer, listener, ready *os.File) error {
	logFile, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	config, err := json.Marshal(c.config)
	if err != nil {
		return errors.Join(err, logFile.Close())
	}
	c.cmd = exec.Command("/proc/self/exe")
	c.cmd.Args = []string{childArg, string(config)}
	c.cmd.Stderr = logFile
	if c.config.Debug {
		c.cmd.Stderr = io.MultiWriter(logFile, stderr)
	}
	c.cmd.ExtraFiles = []*os.File{listener, ready, c.lock}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS,
		Setpgid:    true, // Ctrl-C reaches the parent alone, which then stops the child in order
	}
	if c.stdin, err = c.cmd.StdinPipe(); err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("start in new namespaces: %w", err), logFile.Close())
	}
	c.gone = make(chan struct{})
	go func() {
		c.cmd.Wait()
		logFile.Close()
		close(c.gone)
	}()
	return nil
}

// awaitReady reads the child's one line: "ok", or why it cannot serve.
func (c *child) awaitReady(ctx context.Context, ready *os.File) error {
	line := make(chan string, 1)
	go func() {
		s, _ := bufio.NewReader(ready).ReadString('\n')
		line <- strings.TrimSpace(s)
	}()
	select {
	case s := <-line:
		switch s {
		case "ok":
			return nil
		case "":
			return fmt.Errorf("stopped while starting; see %s", c.logPath())
		}
		return fmt.Errorf("%s (log: %s)", s, c.logPath())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *child) connect(ctx context.Context) (*Engine, error) {
	e, err := dial(ctx, target{name: embeddedName, address: "unix://" + c.socket, options: []client.ClientOpt{}}, namedTimeout)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w; see %s", err, c.logPath()), c.stop())
	}
	e.stop = c.stop
	return e, nil
}

// stop closes the pipe that keeps the child alive and waits for its end. A child that does not end in time is killed;
// the kernel then ends everything in its namespaces.
func (c *child) stop() error {
	c.stdin.Close()
	defer c.removeSocket()
	select {
	case <-c.gone:
	case <-time.After(stopTimeout):
		c.cmd.Process.Kill()
		<-c.gone
		return fmt.Errorf("%s did not stop within %v and was killed; see %s", embeddedName, stopTimeout, c.logPath())
	}
	if state := c.cmd.ProcessState; !state.Success() {
		return fmt.Errorf("%s ended with %s; see %s", embeddedName, state, c.logPath())
	}
	return nil
}

func (c *child) removeSocket() {
	os.Remove(c.socket)
	if c.tmp != "" {
		os.RemoveAll(c.tmp)
	}
}

func (c *child) logPath() string { return filepath.Join(c.config.State, "engine.log") }
