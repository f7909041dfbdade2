//go:build linux

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockPoll is how often a waiting crossgo looks again.
const lockPoll = 100 * time.Millisecond

// lockState takes the state folder for this process and everything that inherits the returned file. The lock goes
// when the last of them closes it or dies. While another crossgo holds it, lockState waits, and says so once.
func lockState(ctx context.Context, dir string, note io.Writer) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "engine.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for told := false; ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, writeHolder(f)
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("%s: lock: %w", f.Name(), err)
		}
		if !told {
			fmt.Fprintf(note, "waiting for crossgo (process %s), which uses %s\n", holder(f.Name()), dir)
			told = true
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			pid := holder(f.Name())
			f.Close()
			return nil, fmt.Errorf("%s is in use by crossgo (process %s): %w", dir, pid, context.Cause(ctx))
		}
	}
}

func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

func holder(path string) string {
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 {
		return "unknown"
	}
	return strings.TrimSpace(string(data))
}
