package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// frontendComm is the name that the kernel has for our frontend's process: at most 15 bytes (man 5 proc_pid_comm).
const frontendComm = "crossgo-fronten"

// watchEvery is how often the frontend is looked for; a look costs some dozen small reads.
const watchEvery = 25 * time.Millisecond

// watchFrontend looks for the frontend's process below a daemon until the function it returns is called; that returns the
// most memory a frontend had, in bytes, or 0 when none was seen. The kernel keeps the peak itself (VmHWM).
func watchFrontend(daemon int) func() int64 {
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(watchEvery):
				most = max(most, frontendMemory(fmt.Sprint(daemon), 4))
			}
		}
	}()
	return func() int64 { close(stop); return <-peak }
}

// frontendMemory is the peak of the frontends that run below a process now: buildkitd starts runc, that starts the
// container, and there may be a process or two between.
func frontendMemory(pid string, depth int) int64 {
	var most int64
	for _, child := range children(pid) {
		if isFrontend(child) {
			most = max(most, procStatus(child, "VmHWM")*1024) // in kB there
		} else if depth > 0 {
			most = max(most, frontendMemory(child, depth-1))
		}
	}
	return most
}

// isFrontend tells the frontend from the steps, which are the same program.
func isFrontend(pid string) bool {
	comm, err := os.ReadFile(filepath.Join("/proc", pid, "comm"))
	if err != nil || strings.TrimSpace(string(comm)) != frontendComm {
		return false
	}
	args, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	return err == nil && !bytes.Contains(args, []byte("\x00step\x00"))
}

// children are the processes that any thread of a process has started (man 5 proc_pid_task).
func children(pid string) []string {
	files, err := filepath.Glob(filepath.Join("/proc", pid, "task", "*", "children"))
	if err != nil {
		return nil
	}
	var all []string
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil { // a thread may be gone
			all = append(all, strings.Fields(string(data))...)
		}
	}
	return all
}

// procStatus is a number of /proc/PID/status; 0 when the process is gone.
func procStatus(pid, field string) int64 {
	data, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		return 0
	}
	return statusField(string(data), field)
}

// statusField reads "FIELD:  NUMBER kB".
func statusField(status, field string) int64 {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			if words := strings.Fields(rest); len(words) > 0 {
				n, err := strconv.ParseInt(words[0], 10, 64)
				if err == nil {
					return n
				}
			}
		}
	}
	return 0
}
