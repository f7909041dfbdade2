package env

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExecuteRunsOtherPlatforms(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "module probe\n\ngo 1.24\n",
		"main.go": "package main\n\nimport \"runtime\"\n\nfunc main() { println(runtime.GOOS + \"/\" + runtime.GOARCH) }\n"})
	for _, platform := range []string{"linux/amd64", "linux/arm64", "linux/arm", "wasip1/wasm"} {
		t.Run(strings.ReplaceAll(platform, "/", "_"), func(t *testing.T) {
			goos, goarch, _ := strings.Cut(platform, "/")
			bin := filepath.Join(t.TempDir(), "probe")
			require.NoError(t, goBuild(dir, ".", bin, "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOWORK=off"))
			r := Execute(t, Program{Platform: platform, File: bin}).OK(t)
			require.Equal(t, platform+"\n", r.Stderr)
		})
	}
}

// TestExecuteHonoursTheVariant: what is compiled for a newer processor does not run for an older one.
func TestExecuteHonoursTheVariant(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "module probe\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() { println(\"ran\") }\n"})
	bin := filepath.Join(t.TempDir(), "probe")
	require.NoError(t, goBuild(dir, ".", bin, "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm", "GOARM=7", "GOWORK=off"))
	require.Equal(t, "ran\n", Execute(t, Program{Platform: "linux/arm/v7", File: bin}).OK(t).Stderr)
	require.NotZero(t, Execute(t, Program{Platform: "linux/arm/v5", File: bin}).Code)
}

func TestCommandRefusesPlatformsThatCannotRunHere(t *testing.T) {
	_, err := command(Program{Platform: "darwin/arm64", File: "x"})
	require.ErrorContains(t, err, "darwin/arm64")
	require.False(t, Executable("windows/amd64"))
	require.True(t, Executable("linux/arm/v5"))
}

func TestEmulateRunsForeignStepsInContainers(t *testing.T) {
	world.Emulate(t, "arm64")
	state, err := os.ReadFile(filepath.Join(binfmtDir, "qemu-aarch64"))
	require.NoError(t, err)
	require.True(t, fixed(string(state)))
	world.Emulate(t, "arm64") // again: nothing to do

	dir := write(t, map[string]string{"go.mod": "module probe\n\ngo 1.24\n",
		"main.go":    "package main\n\nimport (\n\"os\"\n\"runtime\"\n)\n\nfunc main() { os.WriteFile(\"/said\", []byte(runtime.GOARCH), 0o644) }\n",
		"Dockerfile": "FROM scratch AS run\nCOPY probe /probe\nRUN [\"/probe\"]\nFROM scratch\nCOPY --from=run /said /said\n"})
	require.NoError(t, goBuild(dir, ".", filepath.Join(dir, "probe"), "CGO_ENABLED=0", "GOARCH=arm64", "GOWORK=off"))
	d := world.NewDaemon(t, DaemonOptions{Platforms: []string{"linux/arm64"}})
	out := t.TempDir()
	world.BuildxOn(t, d, "", "build", "--platform", "linux/arm64", "-o", out, dir).OK(t)
	said, err := os.ReadFile(filepath.Join(out, "said"))
	require.NoError(t, err)
	require.Equal(t, "arm64", string(said))
}

func TestFixedReadsTheFlags(t *testing.T) {
	require.True(t, fixed("enabled\ninterpreter /q\nflags: PF\n"))
	require.False(t, fixed("enabled\ninterpreter /F\nflags: OC\n"))
}

func TestExecuteGivesANativeProgramItsRoot(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "module probe\n\ngo 1.24\n",
		"main.go": "package main\n\nimport \"os\"\n\nfunc main() {\n\ttext, err := os.ReadFile(\"/etc/said\")\n\tprintln(string(text), err == nil)\n}\n"})
	root := write(t, map[string]string{"etc/said": "inside"})
	bin := filepath.Join(root, "probe")
	require.NoError(t, goBuild(dir, ".", bin, "CGO_ENABLED=0", "GOWORK=off"))
	r := Execute(t, Program{Platform: "linux/" + runtime.GOARCH, File: bin, Root: root}).OK(t)
	require.Equal(t, "inside true\n", r.Stderr)
}

// TestPeakIsTheCommandsOwn, not that of who started it.
func TestPeakIsTheCommandsOwn(t *testing.T) {
	ballast := bytes.Repeat([]byte{1}, 256<<20)
	r := Run(t, Cmd{Args: []string{"sleep", "0.1"}}).OK(t)
	require.Greater(t, r.Peak, int64(100<<10))
	require.Less(t, r.Peak, int64(64<<20))
	runtime.KeepAlive(ballast)
}
