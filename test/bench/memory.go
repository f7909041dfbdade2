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

// watchFrontend looks every 10 ms at the frontend process below a daemon, until the function it returns is called; that
// returns the most memory a frontend had, in bytes, or 0 when none was seen. The kernel keeps the peak itself (VmHWM).
func watchFrontend(daemon int) func() int64 {
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(10 * time.Millisecond):
				most = max(most, frontendMemory(daemon))
			}
		}
	}()
	return func() int64 { close(stop); return <-peak }
}

// frontendMemory is the peak of the frontends that run below a daemon now.
func frontendMemory(daemon int) int64 {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0
	}
	var most int64
	for _, dir := range dirs {
		comm, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil || strings.TrimSpace(string(comm)) != frontendComm {
			continue
		}
		args, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err == nil && !bytes.Contains(args, []byte("\x00step\x00")) && below(filepath.Base(dir), daemon) {
			most = max(most, procStatus(filepath.Base(dir), "VmHWM")*1024) // in kB there
		}
	}
	return most
}

// below says whether a process is the daemon's child, or its child's.
func below(pid string, daemon int) bool {
	for range 8 {
		parent := procStatus(pid, "PPid")
		if parent == int64(daemon) {
			return true
		}
		if parent <= 1 {
			return false
		}
		pid = fmt.Sprint(parent)
	}
	return false
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
