package test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// TestLive is the one test that fetches as a user would: crossgo build finds this machine's module proxy, Debian
// mirror and certificates by itself, with a BuildKit and caches that hold nothing, and knows Debian's keys alone.
// The mirror may be out of step for an architecture. Then crossgo has to say exactly that; anything else that it
// says is its own fault.
func TestLive(t *testing.T) {
	t.Parallel()
	d := world.NewDaemon(t, env.DaemonOptions{})
	for platform, arch := range map[string]string{"linux/arm64": "arm64", "linux/arm/v7": "armhf"} {
		t.Run(folder(platform), func(t *testing.T) {
			late := func() []env.OutOfStep { return env.MirrorOutOfStep(t, "trixie", runtime.GOARCH, arch) }
			before := late()
			out := filepath.Join(t.TempDir(), "out")
			r := world.Crossgo(t, example(t, "syslib"), []string{"BUILDKIT_HOST=" + d.Addr()}, "build", "--progress=plain",
				"--target=image", "--platform="+platform, "-o", out, ".")
			if r.Code == 0 {
				if len(before) > 0 {
					require.Empty(t, late(), "built from an index that the signed index does not name")
				}
				said := env.Execute(t, env.Program{Platform: platform, File: filepath.Join(out, "syslib"), Root: out}).OK(t).Stdout
				requireLines(t, said, "syslib: ok")
				require.Contains(t, files(t, out), "syslib")
				return
			}
			if len(before) == 0 {
				before = late() // it may have changed meanwhile
			}
			require.NotEmpty(t, before, "the mirror is in step, and the build failed:\n%s", r.Output())
			t.Logf("this machine's mirror is out of step: %v", before)
			requireRefused(t, r, out, "the mirror is out of step")
			require.True(t, namesOne(r.Output(), before), "want one of %v named in:\n%s", before, r.Output())
		})
	}
}

// namesOne reports whether a line says that one of the indexes is out of step, by its address and the date of the
// signed index.
func namesOne(said string, late []env.OutOfStep) bool {
	for line := range strings.Lines(said) {
		for _, o := range late {
			found := true
			for _, part := range []string{o.Dir + "/", "the mirror is out of step", o.Date} {
				found = found && strings.Contains(line, part)
			}
			if found {
				return true
			}
		}
	}
	return false
}
