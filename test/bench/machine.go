package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// machine describes this one (man 5 os-release, man 2 sysinfo).
func machine() (Machine, error) {
	m := Machine{Date: time.Now().UTC().Format(time.DateOnly), Cores: runtime.NumCPU()}
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return m, fmt.Errorf("sysinfo: %w", err)
	}
	m.MemoryGiB = int64(math.Round(float64(info.Totalram) * float64(info.Unit) / (1 << 30)))
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return m, err
	}
	m.Kernel = strings.TrimSpace(string(kernel))
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return m, err
	}
	m.System, err = prettyName(string(release))
	return m, err
}

// prettyName is the system's name in an os-release file.
func prettyName(release string) (string, error) {
	for line := range strings.Lines(release) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			return strings.Trim(name, `"`), nil
		}
	}
	return "", fmt.Errorf("/etc/os-release: found no PRETTY_NAME")
}
