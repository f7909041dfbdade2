package env

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Cgroup is a memory cgroup of the test's own, with a limit. It needs root, and the memory controller at its usual place: version 1 at
// /sys/fs/cgroup/memory, or version 2 at /sys/fs/cgroup with the right to enable the controller there.
type Cgroup struct {
	name  string // absolute, as containers name it
	dir   string
	files cgroupFiles
	kills int64 // of the machine, when the cgroup was made
	peak  atomic.Int64
}

// cgroupFiles are the names of one version: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst of the kernel.
type cgroupFiles struct {
	root, probe, limit string
	inUse              []string // the lines of memory.stat that only a killed process gives back: of this cgroup and all below
}

var (
	cgroup1 = cgroupFiles{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.limit_in_bytes", []string{"total_rss", "total_shmem"}}
	cgroup2 = cgroupFiles{"/sys/fs/cgroup", "cgroup.controllers", "memory.max", []string{"anon", "shmem"}}
)

// NewCgroup makes a cgroup that may use so many bytes and lives as long as the test.
func NewCgroup(t testing.TB, limit int64) *Cgroup {
	t.Helper()
	c := &Cgroup{name: fmt.Sprintf("/crossgo-test-%d-%d", os.Getpid(), time.Now().UnixNano()), files: cgroup1, kills: oomKills()}
	if _, err := os.Stat(filepath.Join(c.files.root, c.files.probe)); err != nil {
		c.files = cgroup2
		require.NoError(t, enable(cgroup2.root), "the test needs a memory cgroup, of version 1 or 2")
	}
	c.dir = c.files.root + c.name
	require.NoError(t, os.MkdirAll(filepath.Join(c.dir, "daemon"), 0o755))
	t.Cleanup(c.remove)
	if c.files.root == cgroup2.root {
		require.NoError(t, enable(c.dir))
	}
	c.Limit(t, limit)
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go c.watch(done)
	return c
}

// enable gives the memory controller to the cgroups below dir.
func enable(dir string) error {
	return os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+memory"), 0o644)
}

// Limit changes what the cgroup may use, in bytes.
func (c *Cgroup) Limit(t testing.TB, limit int64) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, c.files.limit), []byte(strconv.FormatInt(limit, 10)), 0o644))
}

// watch notes the most that is in use.
func (c *Cgroup) watch(done chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
			c.peak.Store(max(c.peak.Load(), c.InUse()))
		}
	}
}

// InUse is what processes and files in memory take up now, in bytes: without what the kernel keeps of other files, which fills
// every limit sooner or later and is given back when it is wanted.
func (c *Cgroup) InUse() int64 {
	var sum int64
	data, _ := os.ReadFile(filepath.Join(c.dir, "memory.stat")) // gone at the end of the test
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 2 && slices.Contains(c.files.inUse, f[0]) {
			n, _ := strconv.ParseInt(f[1], 10, 64) // the kernel writes numbers
			sum += n
		}
	}
	return sum
}

// Peak is the most that was in use, looked at every 20 ms.
func (c *Cgroup) Peak() int64 { return c.peak.Load() }

// Kills is how many processes the kernel has ended for want of memory since the cgroup was made: on the whole machine, since version 1
// counts for each cgroup alone and those of containers are gone.
func (c *Cgroup) Kills() int64 { return oomKills() - c.kills }

func oomKills() int64 {
	data, _ := os.ReadFile("/proc/vmstat")
	_, after, _ := strings.Cut(string(data), "oom_kill ")
	n, _ := strconv.ParseInt(strings.TrimSpace(strings.SplitN(after, "\n", 2)[0]), 10, 64)
	return n
}

// Find is a process in the cgroup or below whose arguments begin with these; 0: there is none.
func (c *Cgroup) Find(args ...string) (pid int) {
	want := []byte(strings.Join(args, "\x00") + "\x00")
	_ = filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error { // cgroups come and go
		if err != nil || d.Name() != "cgroup.procs" {
			return nil
		}
		data, _ := os.ReadFile(path)
		for _, p := range strings.Fields(string(data)) {
			line, _ := os.ReadFile("/proc/" + p + "/cmdline")
			if bytes.HasPrefix(line, want) {
				pid, _ = strconv.Atoi(p)
			}
		}
		return nil
	})
	return pid
}

// command starts a program inside the cgroup: a shell enters it and becomes the program.
func (c *Cgroup) command(program string, args []string) []string {
	return append([]string{"sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(c.dir, "daemon/cgroup.procs"), program}, args...)
}

// containers is the cgroup for containers, as buildkitd's configuration wants it.
func (c *Cgroup) containers() string { return c.name + "/steps" }

// remove takes the cgroup away, with those that the container runtime made of the same name for other controllers. What is
// still busy stays, empty, and does no harm.
func (c *Cgroup) remove() {
	roots, _ := filepath.Glob("/sys/fs/cgroup/*" + c.name)
	for _, root := range append(roots, "/sys/fs/cgroup"+c.name) {
		var dirs []string
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
		for _, dir := range slices.Backward(dirs) {
			_ = os.Remove(dir)
		}
	}
}
