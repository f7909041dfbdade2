package test

import (
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/test/env"
)

// TestArm64Worker builds on a worker that is arm64 as far as BuildKit and crossgo can tell: its steps run emulated, and so does
// the frontend, from the image that crossgo makes of itself. What is compiled is as little as a program can be, of Go and of C:
// an emulated compiler takes ten times as long, and says no more about crossgo with each package. It is not parallel: what takes
// a few minutes alone would come near the limit of a command beside others.
func TestArm64Worker(t *testing.T) {
	line := "# syntax=" + world.Registry.Ref(selfMade(t)+":1") + "\n"
	world.Emulate(t, "arm64")
	d := world.NewDaemon(t, env.DaemonOptions{Platforms: []string{"linux/arm64"}})
	dir, out := t.TempDir(), t.TempDir()
	writeSmall(t, dir, line+"go: \"1.26.8\"\nbinaries:\n  - {main: ., libc: musl, link: static}\n  - {main: ./pure, cgo: off}\n")
	write(t, dir, map[string]string{"pure/main.go": "package main\n\nfunc main() { println(\"pure: ok\") }\n"})
	buildOn(t, d, world.Mirror, dir, "--platform=linux/amd64", "-o", out).OK(t)
	for name, says := range map[string]string{"small": "small: 42", "pure": "pure: ok"} {
		said := env.Execute(t, env.Program{Platform: "linux/amd64", File: filepath.Join(out, name)}).OK(t).Stderr
		requireLines(t, said, says)
	}
}
