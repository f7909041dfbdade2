package frontend

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"
)

const (
	newest = digest.Digest("sha256:1111111111111111111111111111111111111111111111111111111111111111")
	pinned = digest.Digest("sha256:2222222222222222222222222222222222222222222222222222222222222222")
)

// onBase is a builder for an image on a base, whose registries have one image in its newest state and in a pinned one.
func onBase(base, image string, options ...string) *fake {
	f := newFake("image: {base: \""+base+"\"}\n", options...)
	f.images = map[string]digest.Digest{}
	if image != "" {
		f.images[image] = newest
		for _, name := range []string{image, untagged(image)} {
			f.images[name+"@"+pinned.String()] = pinned
		}
	}
	return f
}

// untagged is a whole name with a tag without it.
func untagged(name string) string { return name[:strings.LastIndex(name, ":")] }

// TestBaseNames: what stands in the spec goes to the registry under the name that docker reads in it, and into the
// graph with the digest.
func TestBaseNames(t *testing.T) {
	for base, image := range map[string]string{
		"alpine":                           "docker.io/library/alpine:latest",
		"alpine:latest":                    "docker.io/library/alpine:latest",
		"debian:12-slim":                   "docker.io/library/debian:12-slim",
		"me/app:1":                         "docker.io/me/app:1",
		"docker.io/library/debian:12-slim": "docker.io/library/debian:12-slim",
		"index.docker.io/library/debian":   "docker.io/library/debian:latest",
		"gcr.io/distroless/static-debian12:nonroot": "gcr.io/distroless/static-debian12:nonroot",
		"ghcr.io/me/app":         "ghcr.io/me/app:latest",
		"localhost:5000/x":       "localhost:5000/x:latest",
		"registry.example:443/x": "registry.example:443/x:latest",
	} {
		f := onBase(base, image)
		f.ok(t)
		require.Equal(t, []string{image + "@" + newest.String()}, f.pulled, base)

		f = onBase(base+"@"+pinned.String(), image)
		f.ok(t)
		whole := image
		if strings.HasSuffix(image, ":latest") && !strings.HasSuffix(base, ":latest") {
			whole = untagged(image) // nothing is added to a digest
		}
		require.Equal(t, []string{whole + "@" + pinned.String()}, f.pulled, base)
	}
}

func TestBaseThatIsNotThere(t *testing.T) {
	_, err := onBase("debian:13-slim", "").build(t)
	require.ErrorContains(t, err, "crossgo.yaml:2:15: image: base debian:13-slim: docker.io/library/debian:13-slim: not found")
}

// TestNamedContextIsTheBase: a context is found under every spelling of the base's name, on one platform or on all.
func TestNamedContextIsTheBase(t *testing.T) {
	for _, c := range []struct{ base, context string }{
		{"shop-base", "shop-base"}, {"alpine", "alpine"}, {"alpine", "alpine:latest"}, {"alpine:latest", "alpine"}, {"alpine:latest", "alpine:latest"},
		{"alpine", "docker.io/library/alpine"}, {"alpine", "docker.io/library/alpine:latest"}, {"docker.io/library/alpine", "alpine"},
		{"cgr.dev/chainguard/static:latest", "cgr.dev/chainguard/static:latest"}, {"cgr.dev/chainguard/static", "cgr.dev/chainguard/static:latest"},
		{"alpine", "alpine:latest::linux/amd64"}, {"debian:12-slim", "debian:12-slim"}, {"localhost:5000/x", "localhost:5000/x:latest"},
	} {
		f := onBase(c.base, "docker.io/test/other:1", "context:"+c.context, "docker-image://test/other:1")
		f.ok(t)
		require.True(t, f.askedFor("] test/other:1"), "%v asked for %v", c, f.asked)
	}
}

// TestBaseIsALocalFolder: its files, and nothing known of it but the platform that is asked for.
func TestBaseIsALocalFolder(t *testing.T) {
	f := onBase("files", "", "context:files", "local:files")
	f.ok(t)
	require.True(t, f.askedFor("[context files] load from client"), f.asked)
}

func imageConfig(t *testing.T, res *gwclient.Result) dockerspec.DockerOCIImage {
	t.Helper()
	var img dockerspec.DockerOCIImage
	require.NoError(t, json.Unmarshal(res.Metadata[exptypes.ExporterImageConfigKey], &img))
	return img
}

// TestBaseIsATarget: what a bake file's target makes, with its config, which says everything that the spec does not.
func TestBaseIsATarget(t *testing.T) {
	f := onBase("shop-base", "", "context:shop-base", "input:shop-base", "input-metadata:shop-base",
		`{"containerimage.config":"eyJvcyI6ImxpbnV4IiwiYXJjaGl0ZWN0dXJlIjoiYW1kNjQiLCJjb25maWciOnsiRXhwb3NlZFBvcnRzIjp7IjgwODAvdGNwIjp7fX19fQ=="}`)
	f.inputs = func() (map[string]llb.State, error) {
		return map[string]llb.State{"shop-base": llb.Image("docker.io/test/made:1")}, nil
	}
	img := imageConfig(t, f.ok(t))
	require.Contains(t, img.Config.ExposedPorts, "8080/tcp")
	require.Equal(t, []string{"docker.io/test/made:1"}, f.pulled)
}

// TestBaseIsAnEmptyTarget: on one platform buildx does not replace the target's name, on several BuildKit's client
// cannot say what an empty target is, and fails for all.
func TestBaseIsAnEmptyTarget(t *testing.T) {
	_, empty := llb.NewDefinitionOp(nil)
	require.ErrorContains(t, empty, errEmptyInput)
	inputs := func() (map[string]llb.State, error) { return nil, empty }
	f := onBase("nothing", "", "context:nothing", "input:nothing", "platform", "linux/amd64")
	f.inputs = inputs
	require.Equal(t, []string{"/app"}, imageConfig(t, f.ok(t)).Config.Entrypoint)

	f = onBase("nothing", "", "context:nothing", "target:nothing")
	require.Equal(t, []string{"/app"}, imageConfig(t, f.ok(t)).Config.Entrypoint)

	f = onBase("nothing", "", "context:nothing::linux/amd64", "input:nothing::linux/amd64", "context:nothing::linux/arm64", "input:nothing::linux/arm64", "platform", "linux/amd64,linux/arm64")
	f.inputs = inputs
	require.Len(t, f.ok(t).Refs, 2)

	f = onBase("nothing", "", "context:nothing", "input:nothing", "context:other", "input:other")
	f.inputs = inputs
	_, err := f.build(t)
	require.ErrorContains(t, err, "one of the contexts is an empty target")

	f.inputs = func() (map[string]llb.State, error) { return nil, errors.New("connection lost") }
	_, err = f.build(t)
	require.ErrorContains(t, err, "connection lost")
}

// TestInputsAreOnlyExplained: without such an error nothing is put in their place.
func TestInputsAreOnlyExplained(t *testing.T) {
	f := newFake("")
	got, err := newAsked(f).Inputs(context.Background())
	require.NoError(t, err)
	require.Empty(t, got)
}
