package env

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// qemu has the user emulator of each platform without its variant. linux/386 runs on amd64 as it is.
var qemu = map[string]string{
	"linux/amd64":    "qemu-x86_64-static",
	"linux/arm64":    "qemu-aarch64-static",
	"linux/arm":      "qemu-arm-static",
	"linux/386":      "qemu-i386-static",
	"linux/ppc64le":  "qemu-ppc64le-static",
	"linux/s390x":    "qemu-s390x-static",
	"linux/riscv64":  "qemu-riscv64-static",
	"linux/loong64":  "qemu-loongarch64-static",
	"linux/mips64le": "qemu-mips64el-static",
}

// processors are those that the emulator shall be for a platform with a variant: the oldest that have it. What is compiled for a
// newer variant ends there by an illegal instruction.
var processors = map[string]string{"linux/arm/v5": "arm926", "linux/arm/v6": "arm1176", "linux/arm/v7": "cortex-a7"}

// Executable reports whether Execute can run programs of the platform. Of the others only the form can be checked.
func Executable(platform string) bool {
	return platform == "wasip1/wasm" || qemu[base(platform)] != ""
}

// Program is an executable to run for a platform.
type Program struct {
	Platform string // "linux/arm/v7"
	File     string
	Root     string // directory with the loader and libraries; empty for a static program
	Args     []string
	Env      []string
}

// Execute runs a program natively where the machine can, else under QEMU user emulation, WebAssembly in this process.
// It ends after two minutes.
func Execute(t testing.TB, p Program) Result {
	t.Helper()
	if p.Platform == "wasip1/wasm" {
		return executeWasm(t, p)
	}
	c, err := command(p)
	require.NoError(t, err)
	return Run(t, c)
}

// command is how the program is started. A dynamic program finds its loader and libraries in Root: natively with Root as
// the root directory, which needs the right to change it, and under the emulator with its own option for that.
func command(p Program) (Cmd, error) {
	c := Cmd{Env: p.Env, Within: 2 * time.Minute}
	emulator, ok := qemu[base(p.Platform)]
	if !ok {
		return c, fmt.Errorf("%s: no way to run this platform here", p.Platform)
	}
	native := base(p.Platform) == "linux/"+runtime.GOARCH || base(p.Platform) == "linux/386" && runtime.GOARCH == "amd64"
	switch {
	case native && p.Root == "":
		c.Args = []string{p.File}
	case native:
		inside, err := filepath.Rel(p.Root, p.File)
		if err != nil {
			return c, err
		}
		c.Args, c.Root, c.Dir = []string{path.Join("/", inside)}, p.Root, "/"
		c.Env = append([]string{"TMPDIR=/tmp"}, c.Env...) // the test's own is not below Root
		if err := addHosts(p.Root); err != nil {
			return c, err
		}
	default:
		found, err := exec.LookPath(emulator)
		if err != nil {
			return c, err
		}
		c.Args = []string{found}
		if cpu := processors[p.Platform]; cpu != "" {
			c.Args = append(c.Args, "-cpu", cpu)
		}
		if p.Root != "" {
			c.Args = append(c.Args, "-L", p.Root)
		}
		c.Args = append(c.Args, p.File)
	}
	c.Args = append(c.Args, p.Args...)
	return c, nil
}

// addHosts gives a root directory the file that every container runtime adds to an image.
func addHosts(root string) error {
	name := filepath.Join(root, "etc/hosts")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte("127.0.0.1\tlocalhost\n::1\tlocalhost\n"), 0o644)
}

// base is the platform without its variant.
func base(platform string) string {
	parts := strings.SplitN(platform, "/", 3)
	return path.Join(parts[:min(len(parts), 2)]...)
}

// executeWasm runs a WASI preview 1 program.
func executeWasm(t testing.TB, p Program) Result {
	t.Helper()
	code, err := os.ReadFile(p.File)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(true))
	defer r.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	var stdout, stderr bytes.Buffer
	config := wazero.NewModuleConfig().WithStdout(&stdout).WithStderr(&stderr).WithSysWalltime().WithSysNanotime().
		WithArgs(append([]string{path.Base(p.File)}, p.Args...)...)
	for _, kv := range p.Env {
		name, value, _ := strings.Cut(kv, "=")
		config = config.WithEnv(name, value)
	}
	_, err = r.InstantiateWithConfig(ctx, code, config)
	result := Result{Stdout: stdout.String(), Stderr: stderr.String()}
	var exit *sys.ExitError
	if errors.As(err, &exit) {
		result.Code = int(exit.ExitCode())
		err = nil
	}
	require.NoError(t, err, "%s\n%s", p.File, result.Output())
	return result
}
