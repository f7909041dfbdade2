package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/verify/compare"
)

func TestDiff(t *testing.T) {
	amd64, arm64, pie := goProgram(t, "linux/amd64"), goProgram(t, "linux/arm64"), goProgram(t, "linux/amd64", "-buildmode=pie", "-ldflags=-s -w")
	dir := t.TempDir()
	put := func(name string, raw []byte) {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o755))
	}
	put("one", amd64)
	put("two", pie)
	put("script", []byte("#!/bin/sh\n"))
	put("old/linux_amd64/app-1.0/server", amd64)
	put("old/linux_arm64/server", arm64)
	put("old/linux_amd64/gone", amd64)
	put("new/linux_amd64/app-1.1/server", pie)
	put("new/linux_arm64/server", arm64)
	put("new/linux_arm64/more", arm64)
	put("none/README", []byte("text\n"))
	put("new.tar", layerOf(t, entry{"linux_arm64/server", 0o755, arm64}))
	host := serve(t)
	push(t, host+"/app:1", indexOf(imageOf(t, "amd64", v1.Config{Entrypoint: []string{"/server"}}, entry{"server", 0o755, amd64})))
	push(t, host+"/app:2", indexOf(imageOf(t, "amd64", v1.Config{Entrypoint: []string{"/server"}, User: "65532", Env: []string{"A="}}, entry{"server", 0o755, pie}),
		imageOf(t, "arm64", v1.Config{Entrypoint: []string{"/server"}}, entry{"server", 0o755, arm64})))

	for _, c := range []struct {
		args string
		code int
		says []string // $ stands for the directory; empty: nothing at all
	}{
		{"$/one $/one", 0, nil},
		{"$/one $/two", 1, []string{"--- $/one (linux/amd64)\n+++ $/two (linux/amd64)\n~ size ", "~ link         static -> pie\n", "+ loader       /lib64/ld-linux-x86-64.so.2\n", "~ setting      -buildmode exe -> pie\n",
			"+ setting      -ldflags -s -w\n", "- section      .debug_info -", "+ section      .data.rel.ro +"}},
		{"$/one $/script", 1, []string{"~ format       ELF -> a script", "- go           go"}},
		{"$/one $/missing", 2, []string{"diff: $/missing: stat $/missing: no such file or directory"}},
		{"$/one $/old", 2, []string{"one is a file and the other is not"}},
		{"$/one", 2, []string{"found 1 arguments, want OLD and NEW"}},
		{"$/one $/two --format html", 2, []string{`--format "html": want text or json`}},
		{"$/one $/two --platform linux/vax", 2, []string{`platform "linux/vax": unknown`}},
		{"$/one $/two --what", 2, []string{"unknown flag: --what"}},
		{"$/one $/two --output $/none/there/is", 2, []string{"diff: write the result: open $/none/there/is"}},
		{"$/old $/new", 1, []string{"--- $/old/linux_amd64/app-1.0/server (linux/amd64)\n+++ $/new/linux_amd64/app-1.1/server (linux/amd64)\n", "\n\n--- $/old/linux_amd64/gone (linux/amd64)\n", "\n\n+++ $/new/linux_arm64/more (linux/arm64)\n"}},
		{"$/old $/new --platform linux/arm64", 1, []string{"+++ $/new/linux_arm64/more (linux/arm64)\n"}},
		{"$/old $/new.tar --platform linux/arm64", 0, nil},
		{"$/none $/none", 0, nil},
		{"$/none $/new.tar", 1, []string{"+++ $/new.tar!linux_arm64/server (linux/arm64)\n"}},
		{host + "/app:1 " + host + "/app:1", 0, nil},
		{host + "/app:1 " + host + "/app:2", 1, []string{
			"+++ " + host + "/app:2 (linux/amd64)\n+ config       env A \"\"\n+ config       user 65532\n",
			"app:2!/server (linux/amd64)\n~ size", "~ check        fits-loader pass -> fail: needs /lib64/ld-linux-x86-64.so.2", "\n\n+++ " + host + "/app:2!/server (linux/arm64)\n"}},
		{host + "/app:1 " + host + "/app:3", 2, []string{"app:3: no such file, and as an image of a registry"}},
	} {
		code, out, diag := try(append([]string{"diff"}, strings.Fields(strings.ReplaceAll(c.args, "$", dir))...)...)
		require.Equal(t, c.code, code, "%s: %s%s", c.args, out, diag)
		for _, text := range c.says {
			require.Contains(t, strings.ReplaceAll(out+diag, dir, "$"), text, c.args)
		}
		if len(c.says) == 0 {
			require.Empty(t, out+diag, c.args)
		}
	}
	code, _, _ := try("diff", filepath.Join(dir, "old"), filepath.Join(dir, "new"), "--platform", "linux/arm64", "--format", "json", "-o", filepath.Join(dir, "diff.json"))
	require.Equal(t, 1, code)
	raw, err := os.ReadFile(filepath.Join(dir, "diff.json"))
	require.NoError(t, err)
	var result compare.Result
	require.NoError(t, json.Unmarshal(raw, &result))
	require.Len(t, result.Files, 2)
	require.Equal(t, []compare.Status{compare.Added, compare.Equal}, []compare.Status{result.Files[0].Status, result.Files[1].Status})
	require.Equal(t, "linux/arm64", result.Files[1].New.Platform)
}

// Libraries that Go made for C are checked as such in directories, and compared with their header.
func TestVerifyLibraries(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/lib\n\ngo 1.26\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nimport \"C\"\n\n//export Hello\nfunc Hello() {}\n\nfunc main() {}\n"), 0o644))
	out := filepath.Join(dir, "out", "linux_"+runtime.GOARCH, "libhello.so")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=1")
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))

	code, text, _ := runVerifyCommand(t, filepath.Join(dir, "out"))
	require.Equal(t, 0, code, text)
	require.Contains(t, text, "libhello.so: ok: linux/"+runtime.GOARCH)
	code, text, _ = runVerifyCommand(t, out, "--buildmode", "c-shared")
	require.Equal(t, 0, code, text)
	code, text, _ = runVerifyCommand(t, out)
	require.Equal(t, 1, code, text)
	require.Contains(t, text, ": type: is a shared object")
	code, text, _ = runVerifyCommand(t, filepath.Join(dir, "out"), "--buildmode", "exe")
	require.Equal(t, 1, code)
	require.Contains(t, text, "holds nothing executable for --buildmode exe, but linux_")
	header := strings.TrimSuffix(out, ".so") + ".h"
	raw, err := os.ReadFile(header)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(header, []byte(strings.ReplaceAll(string(raw), "Hello", "Goodbye")), 0o644))
	code, text, _ = runVerifyCommand(t, filepath.Join(dir, "out"))
	require.Equal(t, 1, code, text)
	require.Contains(t, text, "Goodbye")
	_, _, message := runVerifyCommand(t, out, "--buildmode", "plugin")
	require.Contains(t, message, `--buildmode "plugin": want exe, c-shared or c-archive`)
}
