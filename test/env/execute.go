package env

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// qemu has the user emulator of each platform without its variant, and the processor it shall be where the emulator's
// default would not show that a variant is honoured. linux/386 runs on amd64 as it is.
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
	args, err := command(p)
	require.NoError(t, err)
	return Run(t, Cmd{Args: args, Env: p.Env, Within: 2 * time.Minute})
}

// command is the program's command line. A dynamic program goes through the emulator also where it is for this machine:
// that is what looks for its loader and libraries in Root instead of in the machine.
func command(p Program) ([]string, error) {
	emulator, ok := qemu[base(p.Platform)]
	if !ok {
		return nil, fmt.Errorf("%s: no way to run this platform here", p.Platform)
	}
	native := base(p.Platform) == "linux/"+runtime.GOARCH || base(p.Platform) == "linux/386" && runtime.GOARCH == "amd64"
	if native && p.Root == "" {
		return append([]string{p.File}, p.Args...), nil
	}
	emulator, err := exec.LookPath(emulator)
	if err != nil {
		return nil, err
	}
	args := []string{emulator}
	if p.Root != "" {
		args = append(args, "-L", p.Root)
	}
	return append(append(args, p.File), p.Args...), nil
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
