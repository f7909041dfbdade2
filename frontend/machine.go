package frontend

import (
	"bytes"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/crossgo/crossgo/plan"
)

// thisMachine is what the machine has on which the frontend runs: the builder, when the frontend is an image; with crossgo
// build the user's, which is another one when the builder is remote.
func thisMachine() plan.Machine {
	return plan.Machine{Cores: runtime.GOMAXPROCS(0), Memory: freeMemory("/")}
}

// freeMemory is what programs can still get, in bytes: what the kernel has, or less where a cgroup that is seen from here
// allows less. 0: not known. All files are below root.
func freeMemory(root string) int64 {
	free := field(filepath.Join(root, "proc/meminfo"), "MemAvailable:") << 10
	for _, room := range cgroupRoom(root) {
		free = min(free, room)
	}
	return free
}

// cgroupRoom is what each limited cgroup that this process is in still allows, in bytes. Names of files: the kernel's
// Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst. Inactive pages of files go when memory is wanted.
func cgroupRoom(root string) (list []int64) {
	data, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup")) // without cgroups there is no limit
	for line := range strings.Lines(string(data)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		base, limit, used, stat := "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"
		switch part[1] {
		case "":
		case "memory":
			base, limit, used, stat = "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
		default:
			continue
		}
		for at := path.Clean("/" + part[2]); ; at = path.Dir(at) {
			dir := filepath.Join(root, base, at)
			if most := number(filepath.Join(dir, limit)); most > 0 {
				room := most - number(filepath.Join(dir, used)) + field(filepath.Join(dir, "memory.stat"), stat)
				list = append(list, room)
			}
			if at == "/" {
				break
			}
		}
	}
	return list
}

// number is a file's number; 0 when there is none: no such file, "max", or so much that it means no limit.
func number(file string) int64 {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	if err != nil || n > math.MaxInt64/2 {
		return 0
	}
	return n
}

// field is the number behind a name at the beginning of a line; 0 when there is none.
func field(file, name string) int64 {
	data, _ := os.ReadFile(file) // a system without the file has no number
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == name {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n
		}
	}
	return 0
}

// oomKills counts the processes that the kernel has ended for want of memory since it started. A container sees the count of
// the whole machine, which is what is wanted: the count grows for a killed step too.
func oomKills() int64 { return field("/proc/vmstat", "oom_kill") }
