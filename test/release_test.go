package test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// minisignKey is a key without a password, of no use but for these tests.
const minisignKey = "untrusted comment: minisign encrypted secret key\nRWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEguJn9M7sSBR8Ui1OIzJYzmzVHKcrXf83/XQODwV45/CELWWc3I/I0aW73dZXvN2Rm+ZQ40MG8aYliNO1hDwzE/KfyUgsvmJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

// release makes a release of dir and gives its files.
func release(t *testing.T, dir, platforms string, args ...string) map[string][]byte {
	t.Helper()
	return releaseOn(t, world.Daemon, dir, platforms, args...)
}

func releaseOn(t *testing.T, d *env.Daemon, dir, platforms string, args ...string) map[string][]byte {
	t.Helper()
	out := t.TempDir()
	buildOn(t, d, world.Mirror, dir, append([]string{"--target=release", "--platform=" + platforms, "-o", out}, args...)...).OK(t)
	got := map[string][]byte{}
	for _, name := range files(t, out) {
		data, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		got[name] = data
	}
	return got
}

// TestReleaseIsTheSameTwice: all platforms in one folder, and the same bytes by another builder and from another place.
func TestReleaseIsTheSameTwice(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "minisign.key")
	require.NoError(t, os.WriteFile(key, []byte(minisignKey), 0o600))
	signed := func(d *env.Daemon) map[string][]byte {
		dir := shortHello(t)
		spec, err := os.ReadFile(filepath.Join(dir, "crossgo.yaml"))
		require.NoError(t, err)
		text := strings.Replace(string(spec), "release: {", "release: {signer: minisign, wrap: on, ", 1)
		write(t, dir, map[string]string{"crossgo.yaml": text})
		return releaseOn(t, d, dir, "linux/amd64,darwin/arm64,windows/amd64", "--build-arg=VERSION=1.2", "--secret=id=minisign-key,src="+key)
	}
	first := signed(world.Daemon)
	archives := []string{"hello_1.2_darwin_arm64.tar.gz", "hello_1.2_linux_amd64.tar.gz", "hello_1.2_windows_amd64.zip"}
	var want []string
	for _, a := range archives {
		want = append(want, a, a+".report.json", a+".spdx.json")
	}
	want = append(want, "lock.json", "report.html", "SHA256SUMS", "SHA256SUMS.minisig")
	var sums strings.Builder
	for _, name := range want[:len(want)-2] {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(first[name]), name)
	}
	require.Equal(t, sums.String(), string(first["SHA256SUMS"]))
	require.Equal(t, []string{"hello_1.2_linux_amd64/README.md", "hello_1.2_linux_amd64/hello"}, unpacked(t, first[archives[1]], t.TempDir()))
	zipped, err := zip.NewReader(bytes.NewReader(first[archives[2]]), int64(len(first[archives[2]])))
	require.NoError(t, err)
	require.Equal(t, "hello_1.2_windows_amd64/hello.exe", zipped.File[1].Name)
	require.Contains(t, string(first["lock.json"]), `"version": "1.26.8"`)

	second := signed(world.NewDaemon(t, env.DaemonOptions{}))
	require.Len(t, second, len(want))
	for _, name := range want {
		require.True(t, bytes.Equal(first[name], second[name]), name)
	}
}

// unpacked unpacks a tar archive and gives the names of its files.
func unpacked(t *testing.T, archive []byte, dir string) []string {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(archive))
	require.NoError(t, err)
	var names []string
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		names = append(names, h.Name)
		file := filepath.Join(dir, h.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, data, h.FileInfo().Mode()))
	}
}

// TestLibrariesLinkWithC: a program in C is linked with the libraries of a release by this machine's compiler, and runs.
func TestLibrariesLinkWithC(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := release(t, example(t, "library"), "linux/amd64")
	require.Equal(t, []string{"README.md", "libwords.a", "libwords.so", "use/use.c", "words.h"},
		withoutFolder(unpacked(t, got["words_dev_linux_amd64.tar.gz"], dir)))
	dir = filepath.Join(dir, "words_dev_linux_amd64")
	for _, link := range [][]string{{"-L.", "-lwords", "-Wl,-rpath,$ORIGIN"}, {"libwords.a"}} {
		cmd := exec.Command("gcc", append([]string{"-o", "demo", "use/use.c", "-I."}, link...)...)
		cmd.Dir = dir
		text, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", text)
		said := env.Run(t, env.Cmd{Dir: dir, Args: []string{filepath.Join(dir, "demo")}}).OK(t).Stdout
		requireLines(t, said, "library: ok", "words: 4", "sum: 42")
	}
}

// withoutFolder are the names below the one folder that all are in.
func withoutFolder(names []string) []string {
	var list []string
	for _, name := range names {
		_, below, _ := strings.Cut(name, "/")
		list = append(list, below)
	}
	return list
}

// TestExceptionsTravel: whoever has a release, a report or an image's statement sees what the build was told not to check.
func TestExceptionsTravel(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{
		"go.mod": "module example.com/less\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n",
		"crossgo.yaml": syntax + "verify: {allow: [exec-stack]}\nrelease: {name: less, files: []}\n",
	})
	got := releaseOn(t, world.Daemon, dir, "linux/amd64", "--build-arg=GOSUMDB=off")
	r := build(t, dir, "--target=bin", "--platform=linux/amd64", "--build-arg=GOSUMDB=off", "--sbom=true", "-o", out).OK(t)
	require.Contains(t, r.Output(), "GOSUMDB is off: modules and Go itself are not compared with the checksum database")
	statement, err := os.ReadFile(filepath.Join(out, "verification.json"))
	require.NoError(t, err)
	bill, err := os.ReadFile(filepath.Join(out, "sbom.spdx.json"))
	require.NoError(t, err)
	for name, text := range map[string][]byte{
		"lock": got["lock.json"], "report": got["less.tar.gz.report.json"], "page": got["report.html"], "SBOM of the release": got["less.tar.gz.spdx.json"],
		"statement": statement, "SBOM": bill,
	} {
		require.Contains(t, string(text), "GOSUMDB", name)
		require.Contains(t, string(text), "modules and Go itself are not compared with the checksum database", name)
		require.Contains(t, string(text), "this check may fail for less", name)
	}
}
