package step

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
	"github.com/moby/sys/user"
)

// process is what programs are started as: user, folder, environment.
type process struct {
	dir        string
	env        []string
	credential *syscall.Credential // nil: this process's own
}

// newProcess reads the user as container runtimes do: by the root's /etc/passwd and /etc/group, if it has them. The working
// directory is made when it is missing, as they do too.
func newProcess(job plan.RunJob) (process, error) {
	p := process{dir: job.Dir, env: slices.Clone(job.Env)}
	if err := os.MkdirAll(job.Dir, 0o755); err != nil {
		return p, err
	}
	if job.User == "" {
		return p, nil
	}
	u, err := user.GetExecUserPath(job.User, &user.ExecUser{Home: "/"}, "/etc/passwd", "/etc/group")
	if err != nil {
		return p, fmt.Errorf("the image's user %s: %w", job.User, err)
	}
	p.credential = &syscall.Credential{Uid: uint32(u.Uid), Gid: uint32(u.Gid)}
	for _, g := range u.Sgids {
		p.credential.Groups = append(p.credential.Groups, uint32(g))
	}
	if !slices.ContainsFunc(p.env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=") }) {
		p.env = append(p.env, "HOME="+u.Home)
	}
	return p, nil
}

// textLimit is how much of what a program prints is looked at; the rest is dropped.
const textLimit = 1 << 20

// start starts the program and waits for it. The error is about this machine; what is wrong with the program is in the outcome.
func (p process) start(ctx context.Context, name string, want verify.Run) (verify.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(want.Timeout)*time.Millisecond)
	defer cancel()
	var stdout, stderr firstBytes
	cmd := exec.CommandContext(ctx, name, want.Args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.env, &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.credential}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with all that it has started
	cmd.WaitDelay = time.Second
	before := peakOfSelf()
	if err := cmd.Start(); err != nil {
		return notStarted(name, err)
	}
	seen := watch(cmd, want)
	err := cmd.Wait()
	_ = cmd.Cancel() // what it may have left behind
	o := verify.Outcome{TimedOut: errors.Is(ctx.Err(), context.DeadlineExceeded), Memory: seen(before), Stdout: stdout.bytes(), Stderr: stderr.bytes()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !o.TimedOut && !errors.Is(err, exec.ErrWaitDelay) {
		return o, err
	}
	o.Exit = cmd.ProcessState.ExitCode()
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		o.Signal = ws.Signal().String()
	}
	return o, nil
}

// notStarted says why in words. For a file that is there the kernel says "no such file" of its loader.
func notStarted(name string, err error) (verify.Outcome, error) {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	_, missing := os.Stat(name)
	switch {
	case missing != nil:
		return verify.Outcome{}, missing
	case errors.Is(err, fs.ErrNotExist):
		return verify.Outcome{NotStarted: "its loader is not in the root: " + err.Error()}, nil
	case errors.Is(err, syscall.ENOEXEC), errors.Is(err, fs.ErrPermission), errors.Is(err, errBadLibrary), errors.Is(err, syscall.EINVAL):
		return verify.Outcome{NotStarted: err.Error()}, nil
	}
	return verify.Outcome{}, err
}

// watch looks how much memory the process has had at once, and ends it when that is more than it may have. What it gives is called
// after the process ended, with what this process had had before.
//
// The kernel counts for a process what the one had that it came from (exec_mmap in fs/exec.c, with maxrss of the signal struct), so
// its sum at the end is that of the program only where it is larger; else what was seen on the way has to do.
func watch(cmd *exec.Cmd, want verify.Run) func(before int64) int64 {
	if want.MaxMemory == 0 || want.Emulated {
		return func(int64) int64 { return 0 }
	}
	var most int64
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			most = max(most, peakOf(cmd.Process.Pid))
			if most > want.MaxMemory {
				_ = cmd.Cancel() // it may have ended by itself
			}
			select {
			case <-end:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	}()
	return func(before int64) int64 {
		close(end)
		<-ended
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if whole := usage.Maxrss * 1024; ok && whole > before {
			return max(most, whole)
		}
		return most
	}
}

func peakOfSelf() int64 { return peakOf(os.Getpid()) }

// peakOf is the most that a process has had in memory since its program began, in bytes; 0 when it is gone (VmHWM in proc_pid_status(5)).
func peakOf(pid int) int64 {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")), 10, 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}

// firstBytes keeps the beginning of what is written.
type firstBytes struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *firstBytes) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf.Write(p[:min(len(p), textLimit-b.buf.Len())])
	return len(p), nil
}

// bytes is what was written until now: a process that was left behind may still write.
func (b *firstBytes) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buf.Bytes())
}
