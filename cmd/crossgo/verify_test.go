package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/verify/report"
)

// runVerifyCommand runs "crossgo verify" and gives its exit code as main maps it, stdout, and the error's text.
func runVerifyCommand(t *testing.T, args ...string) (code int, stdout, message string) {
	t.Helper()
	cmd := newVerifyCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.Execute()
	if err == nil {
		return 0, out.String(), ""
	}
	var exit exitError
	require.ErrorAs(t, err, &exit)
	if exit.err != nil {
		message = err.Error()
	}
	return exit.code, out.String(), message
}

// buildTiny builds a program that imports nothing for linux/arm64.
func buildTiny(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/tiny\n\ngo 1.26\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644))
	out := filepath.Join(dir, "tiny")
	cmd := exec.Command("go", "build", "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	return out
}

func TestVerifyCommand(t *testing.T) {
	tiny := buildTiny(t)
	script := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755))

	code, out, message := runVerifyCommand(t, "--platform", "linux/arm64", "--libc", "musl", "--static", tiny)
	require.Equal(t, 0, code, out)
	require.Empty(t, message)
	require.Regexp(t, `^\S+/tiny: ok: linux/arm64, \d+ checks\n$`, out)

	code, out, message = runVerifyCommand(t, "--platform", "linux/arm64", "--glibc-floor", "2.31", "--dynamic", tiny, script, script+"-missing")
	require.Equal(t, 1, code)
	require.Empty(t, message)
	require.Equal(t, tiny+": link: is static: no loader, want dynamic\n"+
		script+": format: is a script, want ELF\n"+
		script+"-missing: read: cannot be read: no such file or directory\n", out)

	code, out, _ = runVerifyCommand(t, "--platform", "linux/amd64", "--format", "json", tiny)
	require.Equal(t, 1, code)
	var r report.Report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, "linux/amd64", r.Platform)
	require.Len(t, r.Files[0].SHA256, 64)
	require.True(t, r.Failed())
}

func TestVerifyUsage(t *testing.T) {
	for text, args := range map[string]string{
		"no files given":           "--platform linux/amd64",
		"--platform is missing":    "x",
		`platform "linux/vax"`:     "--platform linux/vax x",
		`variant "v9" of amd64`:    "--platform linux/amd64/v9 x",
		"--static and --dynamic":   "--platform linux/amd64 --static --dynamic x",
		"--glibc-floor and --libc": "--platform linux/amd64 --libc musl --glibc-floor 2.31 x",
		"for linux platforms only": "--platform windows/amd64 --libc musl x",
		`--libc "uclibc"`:          "--platform linux/amd64 --libc uclibc x",
		`--glibc-floor "new"`:      "--platform linux/amd64 --glibc-floor new x",
		`--format "xml"`:           "--platform linux/amd64 --format xml x",
		`--kernel-floor "new"`:     "--platform linux/amd64 --kernel-floor new x",
		`--strip "some"`:           "--platform linux/amd64 --strip some x",
		`--cgo "yes"`:              "--platform linux/amd64 --cgo yes x",
		"--allow: found":           "--platform linux/amd64 --allow machine x",
		"--pie and --static-pie":   "--platform linux/amd64 --pie --static-pie x",
		"unknown flag":             "--what x",
	} {
		code, out, message := runVerifyCommand(t, strings.Fields(args)...)
		require.Equal(t, 2, code, args)
		require.Contains(t, message, text)
		require.Empty(t, out)
	}
}

func TestExitError(t *testing.T) {
	cause := errors.New("cause")
	require.ErrorIs(t, exitError{2, cause}, cause)
	require.Equal(t, "cause", exitError{2, cause}.Error())
	require.Equal(t, "exit code 1", exitError{1, nil}.Error())
}
