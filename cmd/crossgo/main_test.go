package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/stretchr/testify/require"
)

// try runs one command line of crossgo in this process.
func try(args ...string) (code int, stdout, stderr string) {
	var out, diag bytes.Buffer
	code = run(context.Background(), args, &out, &diag)
	return code, out.String(), diag.String()
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"version"}, 0, "crossgo "},
		{[]string{"build", "--help"}, 0, "--platform"},
		{[]string{"frobnicate"}, 2, `unknown command "frobnicate"`},
		{[]string{"build", "--frob"}, 2, "unknown flag: --frob"},
		{[]string{"build", "a", "b"}, 2, "at most 1 arg"},
		{[]string{"build", filepath.Join(t.TempDir(), "missing")}, 2, "crossgo.yaml"},
		{[]string{"build", "--progress", "loud", module(t)}, 2, "--progress loud: want auto, plain"},
		{[]string{"build", "--builder", "no-such-builder", module(t)}, 2, `builder "no-such-builder" does not exist`},
	} {
		code, stdout, stderr := try(test.args...)
		require.Equal(t, test.code, code, test.args)
		require.Contains(t, stdout+stderr, test.says)
		require.NotContains(t, stderr, "goroutine")
	}
}

func TestInterruptedHasItsOwnCode(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, exitInterrupted, exitCode(ctx, context.Canceled, true))
	require.Equal(t, exitFailed, exitCode(t.Context(), context.Canceled, true))
}

// located is an error at one line of a spec.
func located(text string, line int32) error {
	return errdefs.WithSource(errors.New(text), &errdefs.Source{
		Info:   &pb.SourceInfo{Filename: "crossgo.yaml", Data: []byte("one\ntwo\nthree\n")},
		Ranges: []*pb.Range{{Start: &pb.Position{Line: line}, End: &pb.Position{Line: line}}},
	})
}

func TestFailureShowsEveryPlace(t *testing.T) {
	var out bytes.Buffer
	err := fmt.Errorf("failed to solve: %w", errors.Join(located("first", 1), located("second", 3)))
	printFailure(&out, err, exitFailed)
	require.Contains(t, out.String(), ">>> one")
	require.Contains(t, out.String(), ">>> three")
	require.Contains(t, out.String(), "crossgo: first\nsecond\n")
}

func TestSilentFailure(t *testing.T) {
	var out bytes.Buffer
	printFailure(&out, exitError{code: 1}, 1)
	printFailure(&out, nil, 0)
	require.Empty(t, out.String())
}

func TestVersionText(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.3"}}
	info.Deps = []*debug.Module{{Path: bkModule, Version: "v0.33.1"}}
	info.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}
	require.Contains(t, versionText(info), "crossgo v1.2.3 (abc, changed), BuildKit v0.33.1, go1.26.8 ")
	require.Contains(t, versionText(&debug.BuildInfo{}), "crossgo (devel), ")
}

// program builds a tiny Go program for a platform and returns its path.
func program(t *testing.T, goos, goarch string) string {
	t.Helper()
	dir := t.TempDir()
	src := filepath.Join(dir, "main.go")
	require.NoError(t, os.WriteFile(src, []byte("package main\n\nfunc main() {}\n"), 0o644))
	out := filepath.Join(dir, "program")
	cmd := exec.Command("go", "build", "-o", out, src)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	return out
}

func TestSelfDir(t *testing.T) {
	state, first := t.TempDir(), program(t, "linux", "arm64")
	t.Setenv(selfEnv, first)
	dir, err := selfDir(t.Context(), state, "arm64")
	require.NoError(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, "crossgo", entries[0].Name())
	again, err := selfDir(t.Context(), state, "arm64")
	require.NoError(t, err)
	require.Equal(t, dir, again)

	t.Setenv(selfEnv, program(t, "linux", "amd64"))
	other, err := selfDir(t.Context(), state, "amd64")
	require.NoError(t, err)
	require.NotEqual(t, dir, other)
	require.NoDirExists(t, dir, "the copy of another version is dropped")
}

func TestSelfThatCannotServe(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755))
	for _, test := range []struct{ path, arch, want string }{
		{script, "amd64", "is no linux program"},
		{program(t, "linux", "arm64"), "amd64", "is for EM_AARCH64"},
		{program(t, "darwin", "arm64"), "arm64", "is no linux program"},
		{program(t, "linux", "arm64"), "s390x", "the builder is linux/s390x"},
		{"/bin/sh", "amd64", "is not static"},
	} {
		t.Setenv(selfEnv, test.path)
		_, err := selfDir(t.Context(), t.TempDir(), test.arch)
		require.ErrorContains(t, err, test.want)
		require.ErrorContains(t, err, selfEnv)
	}
}
