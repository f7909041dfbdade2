package test

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// The tests with a memory cgroup are not parallel: they look at how many processes the kernel killed on the whole machine.

const mib = int64(1) << 20

// eightPlatforms need a compiler each, and nothing that is emulated.
var eightPlatforms = []string{"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/riscv64", "windows/amd64", "darwin/arm64", "freebsd/amd64"}

// TestEightPlatformsInThreeGiB: by default no more is compiled at once than fits.
func TestEightPlatformsInThreeGiB(t *testing.T) {
	limit := 3 << 10 * mib
	group := env.NewCgroup(t, limit)
	d, dir, out := world.NewDaemon(t, env.DaemonOptions{Cgroup: group}), t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{ // the package runtime, which all need, takes the compiler more memory than any other of the standard library
		"go.mod": "module example.com/own\n\ngo 1.26\n", "main.go": "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(1) }\n",
		"crossgo.yaml": syntax + "go: \"1.26.8\"\nbinaries:\n  - main: .\n    cgo: off\n",
	})
	buildOn(t, d, world.Mirror, dir, "--target=bin", "--platform="+strings.Join(eightPlatforms, ","), "-o", out).OK(t)
	for _, platform := range eightPlatforms {
		require.NotEmpty(t, files(t, filepath.Join(out, folder(platform))), platform)
	}
	t.Logf("at most %d MiB in use of %d", group.Peak()/mib, limit/mib)
	require.Zero(t, group.Kills())
	require.Less(t, group.Peak(), limit)
	require.Greater(t, group.Peak(), 100*mib, "the compilers ran outside the cgroup")
}

// hungry is a package whose compilation needs some 700 MiB at once: the compiler writes the array out.
func hungry(name string) string {
	return "package " + name + "\n\nvar Hungry = [700 << 20]byte{700<<20 - 1: 1}\n"
}

// writeHungry makes two modules that cannot be compiled in little memory: of one the user's own package, of the other a vendored one.
func writeHungry(t *testing.T, own, vendored string) {
	t.Helper()
	for _, dir := range []string{own, vendored} {
		write(t, dir, map[string]string{"crossgo.yaml": syntax + "go: \"1.26.8\"\nbinaries:\n  - main: .\n    cgo: off\n"})
	}
	write(t, own, map[string]string{
		"go.mod": "module example.com/own\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() { println(Hungry[0]) }\n", "hungry.go": hungry("main"),
	})
	write(t, vendored, map[string]string{
		"go.mod":             "module example.com/own\n\ngo 1.26\n\nrequire example.com/hungry v1.0.0\n",
		"main.go":            "package main\n\nimport \"example.com/hungry\"\n\nfunc main() { println(hungry.Hungry[0]) }\n",
		"vendor/modules.txt": "# example.com/hungry v1.0.0\n## explicit; go 1.26\nexample.com/hungry\n", "vendor/example.com/hungry/hungry.go": hungry("hungry"),
	})
}

// killWhenSeen kills the first process with these arguments that shows up in the cgroup, until the context ends.
func killWhenSeen(ctx context.Context, group *env.Cgroup, args ...string) {
	for ctx.Err() == nil {
		if pid := group.Find(args...); pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // the test sees whether it was in time
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestKilledForWantOfMemory: whatever the kernel kills, the build says so, and what to do.
func TestKilledForWantOfMemory(t *testing.T) {
	const advice = "build fewer platforms at once (parallel: 1 in the spec) or give the builder more memory"
	group := env.NewCgroup(t, 4<<10*mib)
	d := world.NewDaemon(t, env.DaemonOptions{Cgroup: group})
	own, vendored := t.TempDir(), t.TempDir()
	writeHungry(t, own, vendored)
	refused := func(t *testing.T, dir string, says ...string) {
		t.Helper()
		out := filepath.Join(t.TempDir(), "out")
		r := buildOn(t, d, world.Mirror, dir, "--target=bin", "--platform=linux/amd64", "-o", out)
		requireRefused(t, r, out, append(says, "crossgo.yaml:4:11", advice)...)
	}
	t.Run("our step", func(t *testing.T) { // by hand: the kernel prefers the compiler, which is bigger
		go killWhenSeen(t.Context(), group, "/crossgo", "step", "compile")
		refused(t, own, "compile of own for linux/amd64 was killed, most likely for want of memory: ")
	})
	group.Limit(t, group.InUse()+300*mib)
	for _, c := range []struct{ name, dir, says string }{
		{"the compiler below our step", own, "compile was killed, most likely for want of memory: "},
		{"the compiler of a dependency", vendored, "compile was killed, most likely for want of memory: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			kills := group.Kills()
			refused(t, c.dir, c.says)
			require.Greater(t, group.Kills(), kills)
		})
	}
}
