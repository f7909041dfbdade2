package main

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// raw is a build of two solves: two compilations that overlap, one apart, one that did not end, and an export.
const raw = `
#1 a line of text
{"vertexes":[{"digest":"sha256:1","name":"[go 1.26.8] fetch","started":"2026-01-01T00:00:00Z"}]}
{"vertexes":[{"digest":"sha256:1","name":"[go 1.26.8] fetch","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:05Z"}]}
{"vertexes":[{"digest":"sha256:2","name":"[linux/amd64] compile app"},{"digest":"sha256:2","name":"[linux/amd64] compile app","started":"2026-01-01T00:00:05Z"}]}
{"vertexes":[{"digest":"sha256:3","name":"[linux/arm64] compile app","started":"2026-01-01T00:00:06Z","completed":"2026-01-01T00:00:07Z"}]}
{"vertexes":[{"digest":"sha256:2","name":"[linux/amd64] compile app","started":"2026-01-01T00:00:05Z","completed":"2026-01-01T00:00:09Z"}],"statuses":[{"id":"extracting sha256:ff","vertex":"sha256:1"},{"id":"sha256:ee","vertex":"sha256:2"},{"id":"transferring","vertex":"sha256:1"}]}
{"vertexes":[{"digest":"sha256:3","name":"[linux/arm64] compile app","started":"2026-01-01T00:00:10Z","completed":"2026-01-01T00:00:11.5Z"}]}
{"vertexes":[{"digest":"sha256:4","name":"[linux/386] compile app","started":"2026-01-01T00:00:11Z"}]}
{"vertexes":[{"digest":"sha256:5","name":"exporting to client directory","started":"2026-01-01T00:00:12Z","completed":"2026-01-01T00:00:13Z"}]}
`

// A second counts once, however many vertices compile in it; what did not end does not count.
func TestProgressIsRead(t *testing.T) {
	p := parseProgress(raw)
	require.Equal(t, 5.5, p.compiling())
	require.Equal(t, 12.0, p.graph())
	require.Equal(t, map[string]string{"sha256:ff": "[go 1.26.8] fetch", "sha256:ee": "[linux/amd64] compile app"}, p.pulls)
	require.Equal(t, []Step{{"[go 1.26.8] fetch", 5}, {"[linux/amd64] compile app", 4}}, p.longest(2))
	require.Len(t, p.longest(100), 5)
}

func TestProgressWithoutExport(t *testing.T) {
	p := parseProgress("ERROR: failed to build\n{not json\n")
	require.Zero(t, p.graph())
	require.Zero(t, p.compiling())
	require.Empty(t, p.longest(3))
	require.Equal(t, "ERROR: failed to build\n", withoutProgress("{\"vertexes\":[]}\nERROR: failed to build\n"))
}

func TestOnlyGoBuildsCompile(t *testing.T) {
	require.True(t, compiles("[linux/arm64] compile the standard library without C"))
	require.False(t, compiles("[linux/arm64] verify app"))
	require.False(t, compiles("compile"))
}

func TestStatusField(t *testing.T) {
	const status = "Name:\tcrossgo-fronten\nPPid:\t42\nVmHWM:\t   1234 kB\n"
	require.EqualValues(t, 42, statusField(status, "PPid"))
	require.EqualValues(t, 1234, statusField(status, "VmHWM"))
	require.Zero(t, statusField(status, "VmPeak"))
}

func TestChildrenAreFound(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	require.Contains(t, children(fmt.Sprint(os.Getpid())), fmt.Sprint(cmd.Process.Pid))
	require.False(t, isFrontend(fmt.Sprint(cmd.Process.Pid)))
	require.Zero(t, frontendMemory(fmt.Sprint(os.Getpid()), 2))
}
