package test

import (
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/test/env"
)

// TestArm64Worker builds on a worker that is arm64 as far as BuildKit and crossgo can tell: its steps run emulated, and so does
// the frontend, from the image that crossgo makes of itself. It is not parallel: it keeps both processors busy by itself, and what
// takes six minutes alone would come near the limit of a command beside others.
func TestArm64Worker(t *testing.T) {
	line := "# syntax=" + world.Registry.Ref(selfMade(t)+":1") + "\n"
	world.Emulate(t, "arm64")
	d := world.NewDaemon(t, env.DaemonOptions{Platforms: []string{"linux/arm64"}})
	t.Run("hello", func(t *testing.T) {
		dir, out := example(t, "hello"), t.TempDir()
		write(t, dir, map[string]string{"crossgo.yaml": line + "go: \"1.26.8\"\nbinaries:\n  - main: .\n    cgo: off\n"})
		buildOn(t, d, world.Mirror, dir, "--target=bin", "--platform=linux/amd64", "-o", out).OK(t)
		said := env.Execute(t, env.Program{Platform: "linux/amd64", File: filepath.Join(out, "hello")}).OK(t).Stdout
		requireLines(t, said, "hello: ok", "hello from linux/amd64")
	})
	t.Run("small cgo program", func(t *testing.T) {
		dir, out := t.TempDir(), t.TempDir()
		writeSmall(t, dir, line+"go: \"1.26.8\"\nbinaries:\n  - main: .\n    cgo: on\n    libc: musl\n    link: static\n")
		buildOn(t, d, world.Mirror, dir, "--platform=linux/amd64", "-o", out).OK(t)
		said := env.Execute(t, env.Program{Platform: "linux/amd64", File: filepath.Join(out, "small")}).OK(t).Stderr
		requireLines(t, said, "small: 42")
	})
}
