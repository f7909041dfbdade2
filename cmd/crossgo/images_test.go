package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
)

// goProgram builds a program that does nothing, once per platform and flags.
func goProgram(t *testing.T, platform string, flags ...string) []byte {
	t.Helper()
	key := strings.Join(append(flags, platform), " ")
	if raw, done := goPrograms[key]; done {
		return raw
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/tiny\n\ngo 1.26\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644))
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd := exec.Command("go", append(append([]string{"build", "-o", "out"}, flags...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOARM64=v8.0", "GOAMD64=v1")
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	goPrograms[key], err = os.ReadFile(filepath.Join(dir, "out"))
	require.NoError(t, err)
	return goPrograms[key]
}

var goPrograms = map[string][]byte{}

// entry is a file of a made-up tree.
type entry struct {
	name string
	mode int64
	data []byte
}

func layerOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.data)), Typeflag: tar.TypeReg}
		if strings.HasSuffix(e.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := w.Write(e.data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func imageOf(t *testing.T, arch string, config v1.Config, entries ...entry) v1.Image {
	t.Helper()
	raw := layerOf(t, entries...)
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil })
	require.NoError(t, err)
	img, err := mutate.AppendLayers(empty.Image, layer)
	require.NoError(t, err)
	file, err := img.ConfigFile()
	require.NoError(t, err)
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", arch, config
	img, err = mutate.ConfigFile(img, file)
	require.NoError(t, err)
	return img
}

func indexOf(images ...v1.Image) v1.ImageIndex {
	index := v1.ImageIndex(empty.Index)
	for i, arch := range []string{"amd64", "arm64"}[:len(images)] {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: images[i], Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	return index
}

// serve is a registry of this process.
func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func push(t *testing.T, ref string, what remote.Taggable) {
	t.Helper()
	to, err := name.ParseReference(ref)
	require.NoError(t, err)
	switch what := what.(type) {
	case v1.ImageIndex:
		require.NoError(t, remote.WriteIndex(to, what))
	case v1.Image:
		require.NoError(t, remote.Write(to, what))
	}
}

const glibcLoader = "lib64/ld-linux-x86-64.so.2"

func TestVerifyImages(t *testing.T) {
	amd64, arm64, pie := goProgram(t, "linux/amd64"), goProgram(t, "linux/arm64"), goProgram(t, "linux/amd64", "-buildmode=pie")
	host := serve(t)
	start := v1.Config{Entrypoint: []string{"/server"}, User: "65532:65532"}
	server := func(raw []byte, more ...entry) []entry { return append([]entry{{"server", 0o755, raw}}, more...) }
	push(t, host+"/good:1", indexOf(imageOf(t, "amd64", start, server(amd64)...), imageOf(t, "arm64", start, server(arm64)...)))
	for _, c := range []struct {
		name  string
		image v1.Image
		code  int
		says  []string
	}{
		{"plain", imageOf(t, "amd64", start, server(amd64)...), 0, []string{"/plain:1: ok: linux/amd64, 3 checks", "!/server: ok: linux/amd64"}},
		{"other-program", imageOf(t, "arm64", start, server(amd64)...), 1, []string{"!/server: machine: machine is x86-64, want aarch64"}},
		{"other-base", imageOf(t, "arm64", start, server(arm64, entry{"bin/sh", 0o755, amd64})...), 1,
			[]string{":1: fits-machine: its own programs are for x86-64", "/bin/sh: machine: machine is x86-64"}},
		{"no-entry", imageOf(t, "amd64", v1.Config{Entrypoint: []string{"/serve"}}, server(amd64)...), 1, []string{"fits-entrypoint: starts /serve, which the image does not have"}},
		{"modes", imageOf(t, "amd64", start, entry{"app/", 0o700, nil}, entry{"app/server", 0o755, amd64}), 1,
			[]string{"!/app/server: fits-modes: user 65532:65532 may not enter /app (mode 0700, owner 0:0)"}},
		{"no-loader", imageOf(t, "amd64", start, server(pie)...), 1, []string{"fits-loader: needs /lib64/ld-linux-x86-64.so.2 (glibc)", "Debian's libc6 brings it"}},
		{"loader", imageOf(t, "amd64", start, server(pie, entry{glibcLoader, 0o755, amd64})...), 0, []string{"!/server: ok"}},
		{"script", imageOf(t, "amd64", v1.Config{Cmd: []string{"run"}, Env: []string{"PATH=/opt"}}, server(amd64, entry{"opt/run", 0o755, []byte("#!/bin/sh\n")})...), 1,
			[]string{"fits-entrypoint: starts the script /opt/run for /bin/sh, which the image does not have"}},
		{"data", imageOf(t, "amd64", v1.Config{}, entry{"etc/hosts", 0o644, []byte("127.0.0.1 localhost\n")}), 1, []string{"holds nothing executable"}},
		{"distribution", imageOf(t, "amd64", start, server(amd64, entry{"usr/bin/true", 0o755, bytes.ReplaceAll(amd64, []byte("\xff Go buildinf:"), []byte("\xff No buildinf:"))})...), 0,
			[]string{"!/server: ok"}},
	} {
		push(t, host+"/"+c.name+":1", c.image)
		code, out, _ := runVerifyCommand(t, host+"/"+c.name+":1")
		require.Equal(t, c.code, code, "%s: %s", c.name, out)
		for _, text := range c.says {
			require.Contains(t, out, text, c.name)
		}
		require.NotContains(t, out, "usr/bin/true", "a distribution's own programs are looked at as a whole")
	}

	code, out, _ := runVerifyCommand(t, host+"/good:1")
	require.Equal(t, 0, code, out)
	require.Equal(t, 4, strings.Count(out, ": ok: "))
	require.Contains(t, out, "linux/arm64: "+host+"/good:1!/server: ok: linux/arm64")
	code, out, _ = runVerifyCommand(t, "--platform", "linux/arm64", "--static", "--cgo", "off", host+"/good:1")
	require.Equal(t, 0, code, out)
	require.NotContains(t, out, "amd64")
	code, out, _ = runVerifyCommand(t, "--platform", "linux/arm64,linux/s390x", host+"/good:1")
	require.Equal(t, 1, code)
	require.Contains(t, out, "linux/s390x: "+host+"/good:1: platform: holds no image for linux/s390x, it has linux/amd64, linux/arm64")
	code, out, _ = runVerifyCommand(t, host+"/distribution:1", "--all")
	require.Equal(t, 0, code)
	require.Contains(t, out, "usr/bin/true: note: build-info: no Go build info")
	code, out, _ = runVerifyCommand(t, host+"/modes:1", "--user", "0")
	require.Contains(t, out, "app/server: ok")
	require.Equal(t, 1, code, "the entrypoint is still missing")
	code, out, _ = runVerifyCommand(t, host+"/none:1")
	require.Equal(t, 1, code)
	require.Contains(t, out, host+"/none:1: read: cannot be read: no such file, and as an image of a registry: ")
	code, _, message := runVerifyCommand(t, "--root", host+"/good:1", host+"/good:1")
	require.Equal(t, 2, code)
	require.Contains(t, message, "has a root of its own")

	for _, f := range report.Formats {
		code, out, _ = runVerifyCommand(t, "--format", f.Name, host+"/good:1")
		require.Equal(t, 0, code, f.Name)
		require.NotEmpty(t, out, f.Name)
	}
	code, out, _ = runVerifyCommand(t, "--format", "json", host+"/good:1")
	require.Equal(t, 0, code)
	reports, err := report.Read(strings.NewReader(out))
	require.NoError(t, err)
	require.Equal(t, []string{"linux/amd64", "linux/arm64"}, []string{reports[0].Platform, reports[1].Platform})
	require.NotNil(t, reports[0].Files[1].Sizes)
}

// An index may say another platform than the image's own config.
func TestVerifyIndexThatLies(t *testing.T) {
	amd64 := goProgram(t, "linux/amd64")
	start := v1.Config{Entrypoint: []string{"/server"}}
	dir := t.TempDir()
	path, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, path.AppendIndex(indexOf(imageOf(t, "amd64", start, entry{"server", 0o755, amd64}), imageOf(t, "amd64", start, entry{"server", 0o755, amd64}))))
	code, out, _ := runVerifyCommand(t, dir)
	require.Equal(t, 1, code)
	require.Contains(t, out, "linux/arm64: "+dir+": platform: the index has it for linux/arm64, its own config says linux/amd64")
	require.Contains(t, out, "linux/amd64: "+dir+": ok")
}

func TestVerifyTrees(t *testing.T) {
	amd64, arm64, exe := goProgram(t, "linux/amd64"), goProgram(t, "linux/arm64"), goProgram(t, "windows/amd64")
	dir := t.TempDir()
	put := func(name string, mode os.FileMode, raw []byte) {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, mode))
	}
	put("out/linux_amd64/server", 0o755, amd64)
	put("out/linux_arm64/server", 0o755, arm64)
	put("out/windows_amd64/server.exe", 0o644, exe)
	put("out/README.md", 0o755, []byte("text\n"))
	put("wrong/linux_amd64/server", 0o755, arm64)
	put("bare/server", 0o755, arm64)
	put("lost/server", 0o644, arm64)
	put("text/README.md", 0o755, []byte("text\n"))
	put("damaged/server", 0o755, []byte("\x7fELF"))
	put("server-1.0-linux-aarch64", 0o755, arm64)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "empty"), 0o755))
	put("app_linux_arm64.tar", 0o644, layerOf(t, entry{"app/", 0o755, nil}, entry{"app/server", 0o755, arm64}, entry{"app/LICENSE", 0o644, nil}))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("server.exe")
	require.NoError(t, err)
	_, err = w.Write(exe)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	put("app.zip", 0o644, b.Bytes())

	put("release/app_linux_arm64.tar", 0o644, layerOf(t, entry{"server", 0o755, arm64}))
	put("release/app_windows_amd64.zip", 0o644, b.Bytes())
	put("release/SHA256SUMS", 0o644, []byte("x\n"))

	for _, c := range []struct {
		args string
		code int
		says string // $ stands for the directory; numbers of checks are left out
	}{
		{"$/out", 0, "linux/amd64: $/out/linux_amd64/server: ok: linux/amd64\nlinux/arm64: $/out/linux_arm64/server: ok: linux/arm64\nwindows/amd64: $/out/windows_amd64/server.exe: ok: windows/amd64"},
		{"$/out --libc glibc --glibc-floor 2.31 --static", 0, "$/out/windows_amd64/server.exe: ok"},
		{"$/out --platform linux/arm64", 0, "$/out/linux_arm64/server: ok: linux/arm64"},
		{"$/out --platform linux/s390x", 1, "$/out: platform: holds nothing executable for linux/s390x, but linux_amd64/server, linux_arm64/server, windows_amd64/server.exe"},
		{"$/wrong", 1, "$/wrong/linux_amd64/server: machine: machine is aarch64, want x86-64"},
		{"$/bare", 0, "$/bare/server: note: platform: checked for linux/arm64, as its Go build info says: nothing says what was wanted"},
		{"$/bare --platform linux/amd64", 1, "$/bare/server: machine: machine is aarch64, want x86-64"},
		{"$/lost", 1, "$/lost: format: holds nothing executable; without the right to execute it: server; want at least one executable"},
		{"$/text", 1, "$/text: format: holds nothing executable; want"},
		{"$/empty", 1, "$/empty: format: holds nothing executable; want"},
		{"$/damaged --platform linux/amd64", 1, "$/damaged/server: format: is a damaged ELF file"},
		{"$/damaged", 1, "$/damaged/server: platform: is for an unknown platform"},
		{"$/server-1.0-linux-aarch64", 0, "aarch64: ok: linux/arm64"},
		{"$/app_linux_arm64.tar", 0, "$/app_linux_arm64.tar!app/server: ok: linux/arm64"},
		{"$/app_linux_arm64.tar --platform linux/amd64", 1, "$/app_linux_arm64.tar!app/server: machine:"},
		{"$/bare/server --platform linux/amd64,linux/arm64", 0, "$/bare/server: ok: linux/arm64"},
		{"$/bare/server --platform linux/amd64,linux/386", 1, "$/bare/server: platform: is for linux/arm64, as its Go build info says, want one of linux/amd64, linux/386"},
		{"$/release", 0, "linux/arm64: $/release/app_linux_arm64.tar!server: ok: linux/arm64\nwindows/amd64: $/release/app_windows_amd64.zip!server.exe: ok: windows/amd64"},
		{"$/release --platform windows/amd64", 0, "$/release/app_windows_amd64.zip!server.exe: ok: windows/amd64"},
		{"$/release --platform linux/386", 1, "$/release: format: holds nothing executable"},
		{"$/app.zip", 0, "$/app.zip!server.exe: ok: windows/amd64"},
		{"$/out/linux_amd64/server --root $/empty", 0, "server: ok: linux/amd64"},
	} {
		code, out, message := runVerifyCommand(t, strings.Fields(strings.ReplaceAll(c.args, "$", dir))...)
		require.Equal(t, c.code, code, "%s: %s %s", c.args, out, message)
		require.Contains(t, countOfChecks.ReplaceAllString(strings.ReplaceAll(out, dir, "$"), ""), c.says, c.args)
	}
}

var countOfChecks = regexp.MustCompile(`, \d+ checks`)

func TestVerifyRoot(t *testing.T) {
	pie, amd64 := goProgram(t, "linux/amd64", "-buildmode=pie"), goProgram(t, "linux/amd64")
	dir := t.TempDir()
	app := filepath.Join(dir, "app")
	require.NoError(t, os.WriteFile(app, pie, 0o755))
	root := filepath.Join(dir, "root")
	require.NoError(t, os.MkdirAll(filepath.Join(root, "lib64"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "srv"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, glibcLoader), amd64, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "srv", "app"), pie, 0o755))
	closed, other := filepath.Join(dir, "closed.tar"), filepath.Join(dir, "other.tar")
	require.NoError(t, os.WriteFile(closed, layerOf(t, entry{"lib64/", 0o750, nil}, entry{glibcLoader, 0o755, amd64}), 0o644))
	require.NoError(t, os.WriteFile(other, layerOf(t, entry{"bin/sh", 0o755, goProgram(t, "linux/arm64")}), 0o644))
	host := serve(t)
	push(t, host+"/base:1", indexOf(imageOf(t, "amd64", v1.Config{User: "7:7"}, entry{"lib64/", 0o750, nil}, entry{glibcLoader, 0o755, amd64})))
	push(t, host+"/rootbase:1", imageOf(t, "amd64", v1.Config{}, entry{"lib64/", 0o750, nil}, entry{glibcLoader, 0o755, amd64}))

	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--root $/root $/app", 0, "$/app: ok"},
		{"--root $/root $/root/srv/app --user 65532:65532", 1, "may not enter /srv (mode 0700"},
		{"--root $/closed.tar $/app", 1, "$/app: fits-modes: user 65532:65532 may not enter /lib64 (mode 0750, owner 0:0)"},
		{"--root $/closed.tar $/app --allow fits-modes", 0, "$/app: note: fits-modes: user 65532:65532 may not enter /lib64 (mode 0750, owner 0:0) (allowed)"},
		{"--root $/closed.tar $/app --user 0", 0, "$/app: ok"},
		{"--root $/other.tar $/app", 1, "$/app: fits-machine: its own programs are for aarch64"},
		{"--root " + host + "/base:1 $/app", 1, "user 7:7 may not enter /lib64"},
		{"--root " + host + "/rootbase:1 $/app", 0, "$/app: ok"},
		{"--root " + host + "/base:1 $/app --platform linux/arm64", 1, "base:1 holds no image for linux/arm64, it has linux/amd64"},
		{"--root $/missing $/app", 2, "--root $/missing: stat $/missing: no such file or directory"},
		{"--root $/app $/app", 2, "--root $/app: is a file, want a directory, an archive or an image"},
	} {
		args := c.args
		if !strings.Contains(args, "--platform") {
			args += " --platform linux/amd64"
		}
		code, out, message := runVerifyCommand(t, strings.Fields(strings.ReplaceAll(args, "$", dir))...)
		require.Equal(t, c.code, code, "%s: %s %s", c.args, out, message)
		require.Contains(t, strings.ReplaceAll(out+message, dir, "$"), c.says, c.args)
	}
}

func TestVerifyFlags(t *testing.T) {
	tiny := buildTiny(t)
	code, out, _ := runVerifyCommand(t, "--explain", "fits-needed")
	require.Equal(t, 0, code)
	require.Contains(t, out, "fits-needed: the image has every needed library\n")
	require.Contains(t, out, "can be allowed: no\n")
	require.NotContains(t, out, "**")
	code, _, message := runVerifyCommand(t, "--explain", "fits-modez")
	require.Equal(t, 2, code)
	require.Contains(t, message, "--explain fits-modez: is no check (did you mean fits-modes?)")
	_, _, message = runVerifyCommand(t, "--explain", "zzzzzzzzzzzz")
	require.Contains(t, message, "is no check; docs/checks lists all")

	to := filepath.Join(t.TempDir(), "report.json")
	code, out, _ = runVerifyCommand(t, "--platform", "linux/arm64", "--format", "json", "--output", to, "--pie", tiny)
	require.Equal(t, 1, code)
	require.Contains(t, out, ": link: ")
	raw, err := os.ReadFile(to)
	require.NoError(t, err)
	var doc struct{ Verified bool }
	require.NoError(t, json.Unmarshal(raw, &doc))
	require.False(t, doc.Verified)
	code, out, _ = runVerifyCommand(t, "--platform", "linux/arm64", "--strip", "all", "--kernel-floor", "2.6", tiny)
	require.Equal(t, 1, code)
	require.Contains(t, out, ": warning: stripped: ")
	require.Contains(t, out, ": kernel-floor: ")
	code, out, _ = runVerifyCommand(t, "--platform", "linux/arm64", "--strip", "all", "--strict", tiny)
	require.Equal(t, 1, code)
	require.Contains(t, out, tiny+": stripped: ")
	code, out, _ = runVerifyCommand(t, "--platform", "linux/arm64", "--cgo", "on", tiny)
	require.Equal(t, 1, code)
	require.Contains(t, out, ": cgo: CGO_ENABLED=0 in build info, want 1")
	code, out, _ = runVerifyCommand(t, "--platform", "linux/arm64", "--cgo", "on", "--allow", "cgo", tiny)
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "(allowed)")
	code, _, message = try("verify", "--platform", "linux/arm64", "--output", "/nowhere/at/all", tiny)
	require.Equal(t, 1, code)
	require.Contains(t, message, "write the report: open /nowhere/at/all")
}

func TestHarden(t *testing.T) {
	r := []report.Report{{Files: []report.File{{Findings: warned}}}}
	require.False(t, r[0].Failed())
	harden(r)
	require.True(t, r[0].Failed())
}

func TestPlatformInName(t *testing.T) {
	for path, want := range map[string]string{
		"out/linux_arm64/server": "linux/arm64", "out/linux_arm_v7/server": "linux/arm/v7", "linux_amd64_v3": "linux/amd64/v3", "app_1.2.3_linux_amd64.tar.gz": "linux/amd64",
		"app_Linux_x86_64.tar.gz": "linux/amd64", "app-darwin-arm64": "darwin/arm64", "app-macos-aarch64": "darwin/arm64", "app_linux_armv6.tar.gz": "linux/arm/v6",
		"app-windows-amd64.exe": "windows/amd64", "linux_amd64/app-linux-arm64": "linux/arm64", "wasip1_wasm/app.wasm": "wasip1/wasm",
		"app": "", "linux/server": "", "src/linux/amd64": "", "app-linux": "", "arm64_linux": "", "linux_vax": "",
	} {
		require.Equal(t, want, platformInName(path), path)
	}
}

var warned = []verify.Finding{{Check: "x", Level: verify.Warn, Text: "x"}}
