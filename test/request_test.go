package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"
)

const labelledSpec = "# syntax=ghcr.io/crossgo/crossgo:1\nargs: {VERSION: dev}\nbinaries: [{main: ., cgo: off}]\n" +
	"image:\n  base: label-base\n  labels: {both: 'spec ${VERSION}', spec: s}\n  env: {V: '${VERSION}'}\n  cmd: ['$HOME', '${VERSION}']\n"

// writeLabelled makes dir a module whose image has labels of its own, on a base with others.
func writeLabelled(t *testing.T) string {
	t.Helper()
	dir := writeOnBase(t, "cgo: off", "label-base")
	write(t, dir, map[string]string{"crossgo.yaml": labelledSpec})
	return dir
}

const labelBase = "target \"label-base\" {\n  dockerfile-inline = \"FROM scratch\\nCOPY go.mod /\\nLABEL both=base base=b\\n\"\n}\n"

func configOf(t *testing.T, img v1.Image) v1.Config {
	t.Helper()
	config, err := img.ConfigFile()
	require.NoError(t, err)
	return config.Config
}

// onlyImage is the image of the one platform that was pushed.
func onlyImage(t *testing.T, name string) v1.Image {
	t.Helper()
	images := world.Registry.Images(t, name)
	require.Len(t, images, 1)
	for _, img := range images {
		return img
	}
	return nil
}

// TestLabelsByFlag: docker buildx build --label, as CI actions give them.
func TestLabelsByFlag(t *testing.T) {
	t.Parallel()
	dir := writeLabelled(t)
	write(t, dir, map[string]string{"base/file": "x"})
	build(t, dir, "--build-context", "label-base=base", "--build-arg", "VERSION=1.2", "--label", "both=request", "--label", "org.opencontainers.image.title=a, b=c",
		"-o", "type=image,push=true,name="+world.Registry.Ref("test/labels-flag:1")).OK(t)
	config := configOf(t, onlyImage(t, "test/labels-flag:1"))
	require.Equal(t, map[string]string{"both": "request", "spec": "s", "org.opencontainers.image.title": "a, b=c"}, config.Labels)
	require.Contains(t, config.Env, "V=1.2")
	require.Equal(t, []string{"$HOME", "1.2"}, config.Cmd)
}

// metadataBake is what docker/metadata-action writes for bake (its README, "Bake definition").
const metadataBake = `{"target": {"docker-metadata-action": {
	"tags": ["%s"],
	"labels": {"org.opencontainers.image.revision": "90dd6032fac8bda1b6c4436a2e65de27961ed071", "both": "metadata"},
	"args": {"DOCKER_META_IMAGES": "name/app", "DOCKER_META_VERSION": "1.2.3"}
}}}`

// TestLabelsByBake: of a target, and of metadata-action's file that it inherits from; over those of the base, which
// is a target too.
func TestLabelsByBake(t *testing.T) {
	t.Parallel()
	world.FrontendImage(t)
	dir, ref := writeLabelled(t), world.Registry.Ref("test/labels-bake:1")
	write(t, dir, map[string]string{
		"docker-bake-metadata.json": fmt.Sprintf(metadataBake, ref),
		"docker-bake.hcl": "target \"docker-metadata-action\" {}\n" + labelBase + fmt.Sprintf(`target "image" {
  inherits   = ["docker-metadata-action"]
  dockerfile = "crossgo.yaml"
  contexts   = { label-base = "target:label-base" }
  labels     = { target = "t" }
  output     = ["type=image,push=true"]
  args       = {
%s  }
}
`, bakeArgs())})
	said := world.BuildxOn(t, world.Daemon, dir, "bake", "--progress=plain", "-f", "docker-bake.hcl", "-f", "docker-bake-metadata.json", "image").OK(t)
	require.NotContains(t, said.Stderr, "DOCKER_META")
	require.Equal(t, map[string]string{
		"base": "b", "spec": "s", "both": "metadata", "target": "t", "org.opencontainers.image.revision": "90dd6032fac8bda1b6c4436a2e65de27961ed071",
	}, configOf(t, onlyImage(t, "test/labels-bake:1")).Labels)
}

// bakeArgs are the mirror's build args, as a bake file has them.
func bakeArgs() string {
	var args strings.Builder
	for _, s := range world.Mirror.Settings() {
		name, value, _ := strings.Cut(s, "=")
		fmt.Fprintf(&args, "    %s = %q\n", name, value)
	}
	return args.String()
}

// TestManyOptionsAtOnce: everything that a frontend is handed, in one build; a step sees it.
func TestManyOptionsAtOnce(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{
		"go.mod": "module example.com/many\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() {}\n", "own_test.go": seesOptions,
		"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., cgo: off}]\ntest: {flags: [-count=1]}\n",
	})
	r := build(t, dir, "--target=test-results", "-o", out, "--label", "a=b", "--add-host", "some.host.example:10.1.2.3", "--shm-size", "33554432", "--ulimit", "nofile=777:888",
		"--cgroup-parent", "crossgo-many", "--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=many", "--build-arg", "BUILDKIT_MULTI_PLATFORM=1", "--build-arg", "BUILDKIT_CACHE_MOUNT_NS=many",
		"--build-arg", "BUILDKIT_INLINE_CACHE=1", "--build-arg", "SOURCE_DATE_EPOCH=1700000000", "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=all", "--build-arg", "NOBODYS=1",
		"--network", "host", "--allow", "network.host", "--no-cache-filter", "test", "--pull", "--build-context", "nobodys=.", "--secret", "id=nobodys,src=go.mod",
		"--provenance", "mode=max", "--annotation", "x=y", "--metadata-file", filepath.Join(out, "metadata.json"))
	r.OK(t)
	requireLines(t, testOutput(t, out), "hostname: many", "shm: 33554432", "nofile: 888")
	for _, w := range []string{"BUILDKIT_DOCKERFILE_CHECK changes nothing here", "build arg NOBODYS is not declared under args: and changes nothing", "build context nobodys changes nothing"} {
		require.Contains(t, r.Stderr, w)
	}
}

// seesOptions is a test that says what container it runs in.
const seesOptions = `package main

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

func TestSees(t *testing.T) {
	host, _ := os.Hostname()
	fmt.Println("hostname:", host)
	var fs syscall.Statfs_t
	_ = syscall.Statfs("/dev/shm", &fs)
	fmt.Println("shm:", int64(fs.Blocks)*fs.Bsize)
	var limit syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	fmt.Println("nofile:", limit.Max) // Go raises the soft one itself
}
`

// testOutput is what the tests of the only platform printed.
func testOutput(t *testing.T, out string) string {
	t.Helper()
	var text strings.Builder
	found, err := filepath.Glob(filepath.Join(out, "*", "tests.json"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	data, err := os.ReadFile(found[0])
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var event struct{ Output string }
		require.NoError(t, json.Unmarshal([]byte(line), &event))
		text.WriteString(event.Output)
	}
	return text.String()
}

// TestRefusedOptions: by name, with what to do.
func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	dir := writeOnBase(t, "cgo: off", "scratch")
	r := build(t, dir, "--no-cache-filter", "builder", "-o", t.TempDir())
	require.NotZero(t, r.Code)
	require.Contains(t, r.Output(), "--no-cache-filter builder: no step has this name, known are again, attest, ")
}

var flagOf = regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z-]+)`)

// TestDocsNameEveryFlag: docs/buildx.md has a word on each flag that buildx lists.
func TestDocsNameEveryFlag(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(world.Repo, "docs", "buildx.md"))
	require.NoError(t, err)
	help := env.Run(t, env.Cmd{Env: world.Daemon.DockerEnv(), Args: []string{"docker", "buildx", "build", "--help"}}).OK(t).Stdout
	flags := flagOf.FindAllStringSubmatch(help, -1)
	require.Greater(t, len(flags), 30)
	for _, f := range flags {
		if f[1] == "--help" {
			continue
		}
		require.Contains(t, string(data), "`"+f[1]+"`")
	}
}
