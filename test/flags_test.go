package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"
)

// command runs crossgo build on the shared daemon.
func command(t *testing.T, dir string, vars []string, args ...string) env.Result {
	t.Helper()
	return crossgoBuild(t, dir, vars, append([]string{"--builder=" + world.Daemon.Addr()}, args...)...)
}

// TestCommandAsksForThePlatformsOfTheSpec: BuildKit has nothing to warn of. With docker buildx it warns, as
// docs/buildx.md says.
func TestCommandAsksForThePlatformsOfTheSpec(t *testing.T) {
	t.Parallel()
	const warning = "do not match result platforms linux/amd64,linux/arm64"
	dir, out := writeOnBase(t, "cgo: off", "scratch"), t.TempDir()
	write(t, dir, map[string]string{"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nplatforms: [linux/amd64, linux/arm64]\nbinaries: [{main: ., cgo: off}]\n"})
	r := command(t, dir, nil, "-o", out).OK(t)
	require.NotContains(t, r.Output(), warning)
	require.Contains(t, files(t, out), "linux_arm64/onbase")
	require.Contains(t, build(t, dir, "-o", t.TempDir()).OK(t).Output(), warning)
	require.NotContains(t, build(t, dir, twoPlatforms, "-o", t.TempDir()).OK(t).Output(), warning)

	r = command(t, dir, nil, "--target=image", "-o", "type=docker,dest="+filepath.Join(out, "x.tar"))
	require.Equal(t, 2, r.Code)
	require.Contains(t, r.Stderr, "docker takes an image for one platform, and linux/amd64, linux/arm64 are asked for: add --platform linux/amd64")
}

// TestCommandPushes: with the flags that docker users type.
func TestCommandPushes(t *testing.T) {
	t.Parallel()
	dir, out := writeOnBase(t, "cgo: off", "scratch"), t.TempDir()
	ref := world.Registry.Ref("test/pushed:1")
	r := command(t, dir, nil, "--target=image", "--push", "-t", ref, "--label", "a=b", "--annotation", "x=y", "--pull", "--no-cache-filter=verify", "-q",
		"--iidfile", filepath.Join(out, "id"), "--metadata-file", filepath.Join(out, "metadata.json")).OK(t)
	img := onlyImage(t, "test/pushed:1")
	require.Equal(t, "b", configOf(t, img).Labels["a"])
	parsed, err := name.ParseReference(ref, name.Insecure)
	require.NoError(t, err)
	found, err := remote.Get(parsed)
	require.NoError(t, err)
	manifest, err := img.Manifest()
	require.NoError(t, err)
	require.Equal(t, "y", manifest.Annotations["x"])
	id, err := os.ReadFile(filepath.Join(out, "id"))
	require.NoError(t, err)
	config, err := img.ConfigName()
	require.NoError(t, err)
	require.Contains(t, []string{found.Digest.String(), config.String()}, string(id))
	require.Equal(t, string(id)+"\n", r.Stdout)
	var metadata map[string]any
	data, err := os.ReadFile(filepath.Join(out, "metadata.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &metadata))
	require.Equal(t, found.Digest.String(), metadata["containerimage.digest"])
}

// fakeDocker is a docker command whose daemon keeps what it loads in a file: there is no daemon in the tests.
const fakeDocker = "#!/bin/sh\ncase $1 in\nversion) echo 1.0 ;;\nload) cat > \"$LOADED\"; echo \"Loaded image\" >&2 ;;\nesac\n"

// TestCommandLoadsIntoDocker: the image goes to docker load; where no daemon answers, nothing is built.
func TestCommandLoadsIntoDocker(t *testing.T) {
	t.Parallel()
	dir, bin := writeOnBase(t, "cgo: off", "scratch"), t.TempDir()
	loaded := filepath.Join(bin, "loaded.tar")
	require.NoError(t, os.WriteFile(filepath.Join(bin, "docker"), []byte(fakeDocker), 0o755))
	command(t, dir, []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "LOADED=" + loaded}, "--target=image", "--load", "-t", "loaded:1").OK(t)
	var manifest []struct{ RepoTags []string }
	require.NoError(t, json.Unmarshal(tarFiles(t, loaded)["manifest.json"], &manifest))
	require.Equal(t, []string{"loaded:1"}, manifest[0].RepoTags)

	r := command(t, dir, []string{"DOCKER_HOST=unix://" + filepath.Join(bin, "nobody.sock")}, "--target=image", "--load", "-t", "loaded:1")
	require.Equal(t, 2, r.Code)
	require.Contains(t, r.Stderr, "--load: no docker daemon answers")
	require.NotContains(t, r.Stderr, "compile")
}

// TestCommandAnswersQuestions: about a spec, without a build; a check that finds something fails.
func TestCommandAnswersQuestions(t *testing.T) {
	t.Parallel()
	dir := writeOnBase(t, "cgo: off", "scratch")
	require.Contains(t, command(t, dir, nil, "--check").OK(t).Stdout, "Check complete, no warnings found.")
	r := command(t, dir, nil, "--check", "--build-arg", "NOBODYS=1")
	require.Equal(t, 1, r.Code)
	require.Contains(t, r.Stdout, "build arg NOBODYS is not declared under args: and changes nothing")
	require.Contains(t, command(t, dir, nil, "--call=targets").OK(t).Stdout, "test-results")
	var outline struct{ Secrets []struct{ Name string } }
	require.NoError(t, json.Unmarshal([]byte(command(t, dir, nil, "--call=outline,format=json").OK(t).Stdout), &outline))
	require.NotEmpty(t, outline.Secrets)
	write(t, dir, map[string]string{"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinarys: x\n"})
	r = command(t, dir, nil, "--check")
	require.Equal(t, 1, r.Code)
	require.Contains(t, r.Stdout, "crossgo.yaml:2:1: binarys: ")
}

// TestFullDiskIsTheReason: an executable that does not fit is not there at all, and what was there before is whole.
func TestFullDiskIsTheReason(t *testing.T) {
	t.Parallel()
	dir, out := writeOnBase(t, "cgo: off", "scratch"), t.TempDir()
	require.NoError(t, syscall.Mount("tmpfs", out, "tmpfs", 0, "size=1m"))
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(out, syscall.MNT_DETACH)) })
	write(t, out, map[string]string{"onbase": "the former one"})
	for _, args := range [][]string{{"-o", out}, {"-o", "type=tar,dest=" + filepath.Join(out, "onbase")}} {
		r := command(t, dir, nil, append(args, "--target=bin")...)
		require.Equal(t, 1, r.Code)
		require.Contains(t, r.Stderr, "writing "+filepath.Join(out, strings.TrimPrefix(filepath.Base(args[1]), filepath.Base(out))))
		require.Contains(t, r.Stderr, "no space left on device: nothing was changed there")
		require.Equal(t, []string{"onbase"}, files(t, out))
		data, err := os.ReadFile(filepath.Join(out, "onbase"))
		require.NoError(t, err)
		require.Equal(t, "the former one", string(data))
	}
}

// TestCommandDoesNotMixReleases: dist/* is what people upload.
func TestCommandDoesNotMixReleases(t *testing.T) {
	t.Parallel()
	dir, dist := writeOnBase(t, "cgo: off", "scratch"), filepath.Join(t.TempDir(), "deep", "dist")
	write(t, dir, map[string]string{"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nargs: {VERSION: '1'}\nbinaries: [{main: ., cgo: off}]\nrelease: {}\n"})
	args := []string{"--target=release", "--platform=linux/" + runtime.GOARCH, "-o", dist}
	command(t, dir, nil, args...).OK(t)
	command(t, dir, nil, args...).OK(t)
	before := files(t, dist)
	r := command(t, dir, nil, append(args, "--build-arg=VERSION=2")...)
	require.Equal(t, 1, r.Code)
	require.Contains(t, r.Stderr, "onbase_1_linux_"+runtime.GOARCH)
	require.Contains(t, r.Stderr, "which this release does not make: remove them, or say --clean")
	require.Equal(t, before, files(t, dist))
	command(t, dir, nil, append(args, "--build-arg=VERSION=2", "--clean")...).OK(t)
	require.NotContains(t, strings.Join(files(t, dist), " "), "onbase_1_")
}

// TestCommandNamesUnusedSettings: what go build would heed on this machine.
func TestCommandNamesUnusedSettings(t *testing.T) {
	t.Parallel()
	dir := writeOnBase(t, "cgo: off", "scratch")
	r := command(t, dir, []string{"GOFLAGS=-tags=foo", "GOAMD64=v3", "CGO_CFLAGS=-DX"}, "--target=bin", "-o", t.TempDir()).OK(t)
	for _, want := range []string{"note: GOFLAGS=-tags=foo of this machine is not used", "note: GOAMD64=v3 of this machine", "note: CGO_CFLAGS=-DX of this machine"} {
		require.Contains(t, r.Stderr, want)
	}
}
