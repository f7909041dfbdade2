package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/moby/buildkit/util/bklog"
	"github.com/sirupsen/logrus"
	fscopy "github.com/tonistiigi/fsutil/copy"
	"golang.org/x/sys/unix"
)

// childArg is the name under which crossgo starts itself as the embedded BuildKit.
const childArg = "crossgo-engine"

// The files that the parent hands down, in the order of exec.Cmd.ExtraFiles.
const (
	fdListener = 3
	fdReady    = 4
	fdLock     = 5
)

// closeTimeout bounds the orderly end; what still runs after it ends with the namespace.
const closeTimeout = 10 * time.Second

// childConfig is what the parent tells the child, as JSON in its first argument.
type childConfig struct {
	State   string // folder
	Runtime string // path of runc or crun
	Debug   bool
}

// init takes over when this process was started as the embedded BuildKit. It is an init function because any
// program that imports this package, a test binary as well, must be able to start it.
func init() {
	if len(os.Args) != 2 || os.Args[0] != childArg {
		return
	}
	os.Exit(childMain(os.Args[1]))
}

// childMain serves until standard input closes, and returns the exit code.
func childMain(arg string) int {
	ready := os.NewFile(fdReady, "ready")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := startServer(ctx, arg)
	if err != nil {
		fmt.Fprintln(ready, err)
		return 1
	}
	fmt.Fprintln(ready, "ok")
	ready.Close()
	awaitParent()
	done := make(chan error, 1)
	go func() { done <- s.close(cancel) }()
	select {
	case err = <-done:
	case <-time.After(closeTimeout):
		err = fmt.Errorf("still busy after %v", closeTimeout)
	}
	if err != nil {
		bklog.L.Errorf("close: %v", err)
	}
	return 0
}

// awaitParent returns when the parent closed the pipe, by intent or by dying, or asked with SIGTERM.
// SIGINT is the terminal's word to the parent, and a log that nobody reads is no reason to die of SIGPIPE.
func awaitParent() {
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	eof := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(eof)
	}()
	select {
	case <-term:
	case <-eof:
	}
}

func startServer(ctx context.Context, arg string) (*server, error) {
	var config childConfig
	if err := json.Unmarshal([]byte(arg), &config); err != nil {
		return nil, err
	}
	logrus.SetFormatter(&logrus.TextFormatter{FullTimestamp: true, DisableColors: true})
	if config.Debug {
		logrus.SetLevel(logrus.DebugLevel)
	}
	for _, fd := range []int{fdListener, fdReady, fdLock} {
		unix.CloseOnExec(fd) // a container must not keep the lock or the socket
	}
	if err := enterNamespaces(); err != nil {
		return nil, err
	}
	if err := cleanState(config.State); err != nil {
		return nil, err
	}
	listener, err := net.FileListener(os.NewFile(fdListener, "listener"))
	if err != nil {
		return nil, err
	}
	// BuildKit sets the mode of every file it writes and counts on no umask.
	syscall.Umask(0)
	fscopy.UmaskIsZero = true
	s, err := newServer(ctx, config)
	if err != nil {
		return nil, err
	}
	s.serve(listener)
	return s, nil
}

// runtimeDirs are where runc and crun note their running containers. Ours go with the namespace, so their notes
// live in it too.
var runtimeDirs = []string{"/run/runc", "/run/crun"}

// enterNamespaces finishes what clone began: mounts made from here on stay in here, and /proc shows our processes.
func enterNamespaces() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	for _, dir := range runtimeDirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0700"); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	return nil
}

// cleanState removes what a killed run left in the state folder: temporary files, bundles of containers, cgroups.
func cleanState(state string) error {
	tmp := tmpDir(state)
	errs := []error{os.RemoveAll(tmp), os.MkdirAll(tmp, 0o700), os.Setenv("TMPDIR", tmp)}
	errs = append(errs, removeBundles(state))
	removeCgroups(cgroupParent(state))
	return errors.Join(errs...)
}
