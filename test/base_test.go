package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"
)

// onBases is what is built on each of the usual images, and who runs it there.
var onBases = []struct {
	name   string // as docker users write it
	image  string // on the registry
	binary string // how the program is linked
	user   uint32
}{
	{"debian:12-slim", "library/debian:12-slim", "cgo: on, libc: glibc>=2.36, link: dynamic", 0},
	{"alpine", "library/alpine:latest", "cgo: on, libc: musl, link: dynamic", 0},
	{"gcr.io/distroless/static-debian12:nonroot", "distroless/static-debian12:nonroot", "cgo: off", 65532},
}

const onBaseProgram = `package main

import (
	"fmt"
	"os"
	"os/user"
)

func main() {
	u, err := user.Current()
	if err != nil {
		fmt.Println("no user:", err)
		os.Exit(1)
	}
	fmt.Println("user:", u.Username)
}
`

// writeOnBase makes dir a module whose image stands on a base.
func writeOnBase(t *testing.T, binary, base string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod": "module example.com/onbase\n\ngo 1.26\n", "main.go": onBaseProgram,
		"crossgo.yaml": fmt.Sprintf("# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., %s}]\nimage: {base: %q}\n", binary, base),
	})
	return dir
}

// TestImageOnTheUsualBases: by tag, by digest, and by both, on two platforms. The program starts in what was pushed,
// and the base is in it.
func TestImageOnTheUsualBases(t *testing.T) {
	t.Parallel()
	digests := world.BaseImages(t)
	for i, c := range onBases {
		sum := "@" + digests[c.image].String()
		for form, base := range map[string]string{"tag": c.name, "digest": strings.Split(c.name, ":")[0] + sum, "both": c.name + sum} {
			t.Run(c.name+" by "+form, func(t *testing.T) {
				t.Parallel()
				made := fmt.Sprintf("test/on-%d-%s:1", i, form)
				build(t, writeOnBase(t, c.binary, base), twoPlatforms, "-o", "type=image,push=true,name="+world.Registry.Ref(made)).OK(t)
				images := world.Registry.Images(t, made)
				require.Len(t, images, 2)
				for platform, img := range images {
					startsWith(t, world.Registry.Images(t, c.image)[platform], img)
				}
				runOnBase(t, images["linux/"+runtime.GOARCH], c.user)
			})
		}
	}
}

// startsWith checks that an image is its base with something upon it.
func startsWith(t *testing.T, base, img v1.Image) {
	t.Helper()
	below, err := base.Layers()
	require.NoError(t, err)
	all, err := img.Layers()
	require.NoError(t, err)
	require.Greater(t, len(all), len(below))
	for i := range below {
		want, err := below[i].DiffID()
		require.NoError(t, err)
		got, err := all[i].DiffID()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// runOnBase starts the image's program as a container would.
func runOnBase(t *testing.T, img v1.Image, user uint32) {
	t.Helper()
	config, err := img.ConfigFile()
	require.NoError(t, err)
	if user != 0 {
		require.Equal(t, strconv.Itoa(int(user)), config.Config.User)
	}
	require.Equal(t, []string{"/onbase"}, config.Config.Entrypoint)
	root := t.TempDir()
	env.Extract(t, img, root)
	require.NoError(t, os.Chmod(root, 0o755))
	said := env.Run(t, env.Cmd{Root: root, Dir: "/", User: user, Env: config.Config.Env, Args: config.Config.Entrypoint}).OK(t).Stdout
	requireLines(t, said, map[uint32]string{0: "user: root", 65532: "user: nonroot"}[user])
}

// TestBaseThatDoesNotExist: the name that was asked for is said, at its line.
func TestBaseThatDoesNotExist(t *testing.T) {
	t.Parallel()
	r := build(t, writeOnBase(t, "cgo: off", "debian:11-none"), "-o", t.TempDir())
	require.NotZero(t, r.Code)
	require.Contains(t, r.Output(), "crossgo.yaml:3:15: image: base debian:11-none: ")
	require.Contains(t, r.Output(), "docker.io/library/debian:11-none: not found")
}

// TestNamedContextsAreBases: a folder, an image under another name, and targets of a bake file, one of them empty;
// with :latest in both names, in one, and in none; by buildx, by bake and by crossgo build.
func TestNamedContextsAreBases(t *testing.T) {
	t.Parallel()
	world.BaseImages(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{"from-base": "yes"})
	for _, c := range []struct{ base, context, from, has string }{
		{"cgr.dev/chainguard/static:latest", "cgr.dev/chainguard/static:latest", folder, "from-base"},
		{"alpine:latest", "alpine", folder, "from-base"},
		{"alpine", "alpine:latest", "docker-image://docker.io/library/debian:12-slim", "etc/debian_version"},
		{"shop-base", "shop-base", folder, "from-base"},
	} {
		t.Run(c.base+" from "+c.context, func(t *testing.T) {
			t.Parallel()
			dir, out := writeOnBase(t, "cgo: off", c.base), t.TempDir()
			build(t, dir, "--build-context", c.context+"="+c.from, "-o", filepath.Join(out, "buildx")).OK(t)
			require.Contains(t, files(t, filepath.Join(out, "buildx")), c.has)
			own := append([]string{"build", "--progress=plain", "--builder", world.Daemon.Addr()}, world.Mirror.BuildArgs()...)
			world.Crossgo(t, dir, nil, append(own, "--build-context", c.context+"="+c.from, "-o", filepath.Join(out, "crossgo"))...).OK(t)
			require.Contains(t, files(t, filepath.Join(out, "crossgo")), c.has)
			bakeWith(t, dir, "", map[string]string{c.context: c.from}, filepath.Join(out, "bake"))
			require.Contains(t, files(t, filepath.Join(out, "bake")), c.has)
		})
	}
}

// bakeWith bakes dir's image with contexts into a folder, beside more targets of the file.
func bakeWith(t *testing.T, dir, more string, contexts map[string]string, out string, options ...string) {
	t.Helper()
	world.FrontendImage(t)
	args := map[string]string{}
	for _, s := range world.Mirror.Settings() {
		name, value, _ := strings.Cut(s, "=")
		args[name] = value
	}
	target, err := json.Marshal(map[string]any{"target": map[string]any{"image": map[string]any{
		"dockerfile": "crossgo.yaml", "context": ".", "target": "image", "contexts": contexts, "args": args, "output": []string{"type=local,dest=" + out},
	}}})
	require.NoError(t, err)
	write(t, dir, map[string]string{"docker-bake.json": string(target), "more.hcl": more + "\n"})
	world.BuildxOn(t, world.Daemon, dir, append([]string{"bake", "--progress=plain", "--allow=fs=*", "-f", "docker-bake.json", "-f", "more.hcl", "image"}, options...)...).OK(t)
}

// TestBakeTargetsAreBases: what a target of the file makes, its config with it; also nothing at all, on one platform: on
// several BuildKit's Dockerfile frontend, which reads the syntax line, refuses the request before it hands it on.
func TestBakeTargetsAreBases(t *testing.T) {
	t.Parallel()
	dir, out := writeOnBase(t, "cgo: off", "shop-base"), t.TempDir()
	more := "target \"shop\" {\n  dockerfile-inline = \"FROM scratch\\nCOPY go.mod /from-base\\nEXPOSE 8080\\n\"\n}\ntarget \"none\" {\n  dockerfile-inline = \"FROM scratch\\n\"\n}\n"
	for _, c := range []struct{ target, platforms, has string }{
		{"shop", "linux/amd64", "from-base"},
		{"shop", "linux/amd64,linux/arm64", "from-base"},
		{"none", "linux/amd64", "onbase"},
	} {
		to := filepath.Join(out, c.target, folder(strings.ReplaceAll(c.platforms, ",", "-")))
		bakeWith(t, dir, more, map[string]string{"shop-base": "target:" + c.target}, to, "--set=*.platform="+c.platforms)
		require.Contains(t, strings.Join(files(t, to), " "), c.has)
	}
}
