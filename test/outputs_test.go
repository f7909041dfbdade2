package test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"
)

const twoPlatforms = "--platform=linux/amd64,linux/arm64"

func TestOnePlatformHasNoFolderOfItsOwn(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	build(t, example(t, "hello"), "--target=bin", "--platform=linux/arm64", "-o", out).OK(t)
	require.Contains(t, files(t, out), "hello")
}

func TestTarOutput(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "out.tar")
	build(t, example(t, "hello"), "--target=bin", twoPlatforms, "-o", "type=tar,dest="+file).OK(t)
	got := tarFiles(t, file)
	require.Contains(t, got, "linux_amd64/hello")
	require.Contains(t, got, "linux_arm64/hello")
}

func TestReportOutput(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	build(t, example(t, "hello"), "--target=report", "--platform=linux/arm64", "-o", out).OK(t)
	got := files(t, out)
	require.Contains(t, got, "report.json")
	require.Contains(t, got, "report.txt")
	text, err := os.ReadFile(filepath.Join(out, "report.txt"))
	require.NoError(t, err)
	require.Contains(t, string(text), "hello: ok: linux/arm64, ")
	data, err := os.ReadFile(filepath.Join(out, "report.json"))
	require.NoError(t, err)
	require.True(t, json.Valid(data))
	require.Contains(t, string(data), `"aarch64"`)
	require.Contains(t, string(data), `"where": "crossgo.yaml:`)
	for _, name := range []string{"report.html", "report.sarif", "report.junit.xml"} {
		require.Contains(t, got, name)
	}
	require.Regexp(t, `(?m)^layer: the standard library, compiled: [1-9]\d*\.\d MB in \d+ files$`, string(text))
}

// TestReportOverPlatforms: one folder, one report over all at its top, and each platform's own beside it, with every exporter.
func TestReportOverPlatforms(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	build(t, example(t, "hello"), "--target=report", twoPlatforms, "-o", out).OK(t)
	for _, name := range []string{"report.html", "report.json", "report.txt", "report.sarif", "report.junit.xml"} {
		for _, dir := range []string{"", "linux_amd64", "linux_arm64"} {
			require.FileExists(t, filepath.Join(out, dir, name))
		}
	}
	data, err := os.ReadFile(filepath.Join(out, "report.json"))
	require.NoError(t, err)
	var all struct {
		Verified bool
		Reports  []struct {
			Platform string
			Files    []struct {
				Sizes struct{ Packages []struct{ Name string } }
			}
		}
	}
	require.NoError(t, json.Unmarshal(data, &all))
	require.True(t, all.Verified)
	require.Equal(t, []string{"linux/amd64", "linux/arm64"}, []string{all.Reports[0].Platform, all.Reports[1].Platform})
	require.NotEmpty(t, all.Reports[1].Files[0].Sizes.Packages)
	page, err := os.ReadFile(filepath.Join(out, "report.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "2 files are what was asked for")
}

func TestOCIOutput(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "image.tar")
	build(t, example(t, "hello"), "--target=image", twoPlatforms, "-o", "type=oci,dest="+file).OK(t)
	got := tarFiles(t, file)
	var index v1.IndexManifest
	require.NoError(t, json.Unmarshal(got["index.json"], &index))
	require.Len(t, index.Manifests, 1)
	var inner v1.IndexManifest
	require.NoError(t, json.Unmarshal(got["blobs/sha256/"+index.Manifests[0].Digest.Hex], &inner))
	require.ElementsMatch(t, []string{"linux/amd64", "linux/arm64"}, imagePlatforms(inner))
}

// imagePlatforms are the platforms of an index's images; attestations have none.
func imagePlatforms(index v1.IndexManifest) []string {
	var all []string
	for _, m := range index.Manifests {
		if m.Platform != nil && m.Platform.OS != "unknown" {
			all = append(all, m.Platform.OS+"/"+m.Platform.Architecture)
		}
	}
	return all
}

func TestPushedImageIsWholeAndRunsAsNobody(t *testing.T) {
	t.Parallel()
	build(t, example(t, "hello"), "--target=image", twoPlatforms,
		"-o", "type=image,push=true,name="+world.Registry.Ref("test/hello:1")).OK(t)
	checkHelloImage(t, "test/hello:1")
	runAsNobody(t, world.Registry.Images(t, "test/hello:1")["linux/"+runtime.GOARCH])
	said := world.Crossgo(t, "", nil, "verify", world.Registry.Ref("test/hello:1")).OK(t).Stdout
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		require.Contains(t, said, world.Registry.Ref("test/hello:1")+"!/hello: ok: "+platform)
	}
	require.Zero(t, world.Crossgo(t, "", nil, "diff", world.Registry.Ref("test/hello:1"), world.Registry.Ref("test/hello:1")).Code)
}

// runAsNobody runs an image's program as a container would: its root directory, its user, its environment.
func runAsNobody(t *testing.T, img v1.Image) {
	t.Helper()
	config, err := img.ConfigFile()
	require.NoError(t, err)
	root := t.TempDir()
	env.Extract(t, img, root)
	require.ElementsMatch(t, files(t, root), []string{"hello", "etc/ssl/certs/ca-certificates.crt", "etc/nsswitch.conf", "etc/passwd", "etc/group"}) // its zones are its own
	tmp, err := os.Stat(filepath.Join(root, "tmp"))
	require.NoError(t, err)
	require.Equal(t, fs.ModeDir|fs.ModeSticky|0o777, tmp.Mode())
	require.NoError(t, os.Chmod(root, 0o755))
	said := env.Run(t, env.Cmd{Root: root, Dir: "/", User: 65532, Env: config.Config.Env, Args: config.Config.Entrypoint}).OK(t).Stdout
	requireLines(t, said, "hello: ok", "user: nonroot")
	require.NotContains(t, said, "roots: 0")
}

// checkHelloImage reads an image of two platforms back from the registry.
func checkHelloImage(t *testing.T, name string) {
	t.Helper()
	images := world.Registry.Images(t, name)
	require.Len(t, images, 2)
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		require.Contains(t, images, platform)
		config, err := images[platform].ConfigFile()
		require.NoError(t, err)
		require.Equal(t, []string{"/hello"}, config.Config.Entrypoint)
		require.Equal(t, "65532:65532", config.Config.User)
	}
}

func TestBakeBuildsSeveralTargets(t *testing.T) {
	t.Parallel()
	world.FrontendImage(t)
	dir, out := example(t, "hello"), t.TempDir()
	var args string
	for _, s := range world.Mirror.Settings() {
		name, value, _ := cut(s)
		args += fmt.Sprintf("    %s = %q\n", name, value)
	}
	write(t, dir, map[string]string{"docker-bake.hcl": fmt.Sprintf(`group "default" { targets = ["bin", "image"] }
target "base" {
  dockerfile = "crossgo.yaml"
  platforms = ["linux/amd64", "linux/arm64"]
  args = {
%s  }
}
target "bin" {
  inherits = ["base"]
  target = "bin"
  output = ["type=local,dest=%s"]
}
target "image" {
  inherits = ["base"]
  target = "image"
  output = ["type=image,push=true,name=%s"]
}
`, args, out, world.Registry.Ref("test/baked:1"))})
	world.BuildxOn(t, world.Daemon, dir, "bake", "--progress=plain", "--allow=fs="+out).OK(t)
	require.Subset(t, files(t, out), []string{"linux_amd64/hello", "linux_arm64/hello"})
	checkHelloImage(t, "test/baked:1")
}

func TestImageOnABaseReference(t *testing.T) {
	t.Parallel()
	dir, out := example(t, "hello"), t.TempDir()
	write(t, dir, map[string]string{"Dockerfile": "FROM scratch\nCOPY go.mod /from-base\n"})
	world.BuildxOn(t, world.Daemon, dir, "build", twoPlatforms, "-o", "type=image,push=true,name="+world.Registry.Ref("test/base:1"), ".").OK(t)
	write(t, dir, map[string]string{"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries:\n  - main: .\n    cgo: off\nimage:\n  base: docker.io/test/base:1\n"})
	build(t, dir, twoPlatforms, "-o", out).OK(t)
	require.Subset(t, files(t, out), []string{"linux_arm64/from-base", "linux_arm64/hello"})

	write(t, dir, map[string]string{"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries:\n  - main: .\n    cgo: off\nimage:\n  base: docker.io/test/base:1\n  user: ghost\n"})
	r := build(t, dir, twoPlatforms, "-o", t.TempDir())
	require.NotZero(t, r.Code)
	require.Contains(t, r.Output(), "fits-modes: the image has no user ghost in /etc/passwd")
}

func TestNothingChangedRunsNothing(t *testing.T) {
	t.Parallel()
	dir, out := example(t, "hello"), t.TempDir()
	write(t, dir, map[string]string{"own.go": "package main\n"}) // what no other test compiles at the same time
	args := []string{"--target=bin", "--platform=linux/arm64", "-o", out}
	build(t, dir, args...).OK(t)
	again := build(t, dir, args...).OK(t)
	require.Regexp(t, `compile[^\n]*\n#\d+ CACHED`, again.Stderr)
}

func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	sum := func(d *env.Daemon) []byte {
		file := filepath.Join(t.TempDir(), "out.tar")
		buildOn(t, d, world.Mirror, example(t, "many"), "--target=bin", "--platform=linux/arm64", "-o", "type=tar,dest="+file).OK(t)
		return tarFiles(t, file)["beta"]
	}
	require.Equal(t, sum(world.Daemon), sum(world.NewDaemon(t, env.DaemonOptions{})))
}
