// Command gobuild builds crossgo's programs as they are released: go run ./hack/gobuild OUTPUT PACKAGE…
//
// It exists for two linker flags: the module proxy that the Go distribution names in its go.env becomes the
// program's default, so that no source file has to name one; and the program knows its version, which is VERSION
// in the environment. It is a program, not a line of shell, because the Dockerfile's builder image may have no
// shell.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: go run ./hack/gobuild OUTPUT PACKAGE…")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "gobuild:", err)
		os.Exit(1)
	}
}

func build(output string, packages []string) error {
	proxy, err := goEnv("GOPROXY")
	if err != nil {
		return err
	}
	args := []string{"build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -X main.version=" + os.Getenv("VERSION") + " -X github.com/crossgo/crossgo/frontend.goProxy=" + proxy, "-o", output}
	cmd := exec.Command("go", append(args, packages...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), target()...)
	return cmd.Run()
}

// target is the platform that docker build asks for, as the go command reads it. It is not in the Dockerfile's
// environment, because this program has to run on the machine that builds.
func target() []string {
	if os.Getenv("TARGETOS") == "" {
		return nil
	}
	return []string{"GOOS=" + os.Getenv("TARGETOS"), "GOARCH=" + os.Getenv("TARGETARCH")}
}

// goEnv is a variable of Go's own go.env file, whatever this machine or user has set instead.
func goEnv(name string) (string, error) {
	cmd := exec.Command("go", "env", name)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, name+"=") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "GOENV=off")
	out, err := cmd.Output()
	return string(bytes.TrimSpace(out)), err
}
