package test

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"
)

// frontendVersion is what the images are told to be.
const frontendVersion = "v9.8.7-test"

// bake runs a target of the repository's docker-bake.hcl and pushes what it makes as name:1.
func bake(t *testing.T, target, name string, options ...string) {
	t.Helper()
	vars := append(world.Daemon.DockerEnv(), world.Mirror.Settings()...)
	vars = append(vars, "IMAGE="+world.Registry.Ref(name), "TAG=1", "VERSION="+frontendVersion)
	args := append([]string{"docker", "buildx", "bake", "--progress=plain", "--push", target}, options...)
	env.Run(t, env.Cmd{Dir: world.Repo, Env: vars, Args: args}).OK(t)
}

// requireFrontend checks an image of the frontend and builds hello with it.
func requireFrontend(t *testing.T, name string, platforms ...string) {
	t.Helper()
	images := world.Registry.Images(t, name+":1")
	require.ElementsMatch(t, platforms, slices.Collect(maps.Keys(images)))
	for _, img := range images {
		requireFrontendConfig(t, img)
	}
	dir, out := shortHello(t), t.TempDir()
	write(t, dir, map[string]string{"crossgo.yaml": "# syntax=" + world.Registry.Ref(name+":1") + "\nbinaries:\n  - main: .\n"})
	build(t, dir, "--platform=linux/arm64", "--sbom=true", "-o", out).OK(t)
	requireOwnVersion(t, dir, out)
	said := env.Execute(t, env.Program{Platform: "linux/arm64", File: filepath.Join(out, "hello")}).OK(t).Stdout
	requireLines(t, said, "hello: ok")
}

// requireOwnVersion: what a release writes says which release it was.
func requireOwnVersion(t *testing.T, dir, out string) {
	t.Helper()
	report := t.TempDir()
	build(t, dir, "--platform=linux/arm64", "--target=report", "-o", report).OK(t)
	for file, says := range map[string]string{
		filepath.Join(out, "sbom.spdx.json"):    `"Tool: crossgo-` + frontendVersion + `"`,
		filepath.Join(out, "verification.json"): `"` + frontendVersion + `"`,
		filepath.Join(report, "report.json"):    `"` + frontendVersion + `"`,
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(text), says)
	}
}

func requireFrontendConfig(t *testing.T, img v1.Image) {
	t.Helper()
	config, err := img.ConfigFile()
	require.NoError(t, err)
	require.Equal(t, []string{"/crossgo-frontend"}, config.Config.Entrypoint)
	for name, value := range env.FrontendLabels {
		require.Equal(t, value, config.Config.Labels[name])
	}
	manifest, err := img.Manifest()
	require.NoError(t, err)
	for _, layer := range manifest.Layers { // docker-bake.hcl says why
		require.EqualValues(t, "application/vnd.oci.image.layer.v1.tar+zstd", layer.MediaType)
	}
	root := t.TempDir()
	env.Extract(t, img, root)
	require.Equal(t, []string{"crossgo-frontend"}, files(t, root)) // from scratch, one binary, which needs nothing
	verified(t, "linux/"+config.Architecture, filepath.Join(root, "crossgo-frontend"), "--static")
}

func TestFrontendImageByTheDockerfile(t *testing.T) {
	t.Parallel()
	world.GoBaseImage(t)
	own := "linux/" + runtime.GOARCH // the other one would be compiled for as long again
	bake(t, "image", "test/by-dockerfile", "--set=image.platform="+own)
	requireFrontend(t, "test/by-dockerfile", own)
}

// selfMade is the name of the frontend image that crossgo makes of its own spec, once per run.
func selfMade(t *testing.T) string {
	t.Helper()
	const name = "test/by-itself"
	selfOnce.Do(func() {
		world.FrontendImage(t)
		bake(t, "self", name)
	})
	return name
}

var selfOnce sync.Once

func TestFrontendImageByItself(t *testing.T) {
	t.Parallel()
	requireFrontend(t, selfMade(t), "linux/amd64", "linux/arm64")
}
