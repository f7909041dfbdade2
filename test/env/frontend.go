package env

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-containerregistry/pkg/compression"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"
)

const (
	// frontendName is the image's name on every registry: ghcr.io/crossgo/crossgo:1 is the same image by way of the
	// daemon's mirror setting, so that the examples' syntax lines work as they stand.
	frontendName   = "crossgo/crossgo:1"
	frontendBinary = "crossgo-frontend"
)

// FrontendLabels are the labels that BuildKit reads from a frontend image.
var FrontendLabels = map[string]string{
	"moby.buildkit.frontend.network.none": "true",
	"moby.buildkit.frontend.caps": "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests," +
		"moby.buildkit.frontend.contexts",
}

// FrontendImage pushes the frontend image of this checkout for this machine's architecture, once per run, and returns its
// reference on the registry. It is made without BuildKit: one static binary from scratch.
func (e *Env) FrontendImage(t testing.TB) string {
	t.Helper()
	e.once.frontend.Do(func() { e.frontendErr = e.pushFrontend() })
	require.NoError(t, e.frontendErr)
	return e.Registry.Ref(frontendName)
}

// pushFrontend builds and pushes, compressed as docker-bake.hcl has it.
func (e *Env) pushFrontend() error {
	bin := filepath.Join(e.Dir, "bin", frontendBinary)
	if err := goBuild(e.Repo, "./cmd/crossgo-frontend", bin, "CGO_ENABLED=0"); err != nil {
		return err
	}
	img, err := frontendImage(bin, runtime.GOARCH, tarball.WithCompression(compression.ZStd), tarball.WithMediaType(types.OCILayerZStd))
	if err != nil {
		return err
	}
	return e.Registry.Push(frontendName, img)
}

// DockerfileFrontend pushes docker.io/docker/dockerfile:1, the Dockerfile frontend as an image, of the same BuildKit version
// as the daemon.
func (e *Env) DockerfileFrontend(t testing.TB) {
	t.Helper()
	bin := filepath.Join(e.Dir, "bin", "dockerfile-frontend")
	require.NoError(t, goBuild(filepath.Join(e.Repo, "test", "tools"), "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend", bin, "CGO_ENABLED=0"))
	img, err := frontendImage(bin, runtime.GOARCH)
	require.NoError(t, err)
	require.NoError(t, e.Registry.Push("docker/dockerfile:1", img))
}

// Push pushes an image.
func (r *Registry) Push(image string, img v1.Image) error {
	ref, err := name.ParseReference(r.Ref(image), name.Insecure)
	if err != nil {
		return err
	}
	return remote.Write(ref, img)
}

// Images reads an image back: one for each platform, by its name. Attestations are none.
func (r *Registry) Images(t testing.TB, image string) map[string]v1.Image {
	t.Helper()
	ref, err := name.ParseReference(r.Ref(image), name.Insecure)
	require.NoError(t, err)
	found, err := remote.Get(ref)
	require.NoError(t, err)
	if !found.MediaType.IsIndex() {
		img, err := found.Image()
		require.NoError(t, err)
		return map[string]v1.Image{platformOf(t, img).String(): img}
	}
	index, err := found.ImageIndex()
	require.NoError(t, err)
	return imagesOf(t, index)
}

// imagesOf are an index's images. What it says of each must be what the image says of itself.
func imagesOf(t testing.TB, index v1.ImageIndex) map[string]v1.Image {
	t.Helper()
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	all := map[string]v1.Image{}
	for _, m := range manifest.Manifests {
		if m.Platform == nil || m.Platform.OS == "unknown" {
			continue
		}
		img, err := index.Image(m.Digest)
		require.NoError(t, err)
		require.Equal(t, m.Platform.String(), platformOf(t, img).String())
		all[m.Platform.String()] = img
	}
	return all
}

func platformOf(t testing.TB, img v1.Image) *v1.Platform {
	t.Helper()
	config, err := img.ConfigFile()
	require.NoError(t, err)
	return config.Platform()
}

// Extract unpacks an image's files into a directory.
func Extract(t testing.TB, img v1.Image, dir string) {
	t.Helper()
	layers := mutate.Extract(img)
	defer layers.Close()
	tar := exec.Command("tar", "-xpf", "-", "-C", dir)
	tar.Stdin = layers
	out, err := tar.CombinedOutput()
	require.NoError(t, err, string(out))
}

// frontendImage is the image for one architecture.
func frontendImage(bin, arch string, opts ...tarball.LayerOption) (v1.Image, error) {
	layer, err := fileLayer(bin, frontendBinary, opts...)
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON),
		types.OCIManifestSchema1), layer)
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	config.Config.Entrypoint = []string{"/" + frontendBinary}
	config.Config.Labels = FrontendLabels
	return mutate.ConfigFile(img, config)
}

// fileLayer is a layer with one executable at the root.
func fileLayer(file, as string, opts ...tarball.LayerOption) (v1.Layer, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return layerOf(as, 0o755, data, opts...)
}

// TextLayer is a layer with one text file; path has no leading slash.
func TextLayer(path, text string) (v1.Layer, error) { return layerOf(path, 0o644, []byte(text)) }

// layerOf is a layer with one file.
func layerOf(path string, mode int64, data []byte, opts ...tarball.LayerOption) (v1.Layer, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	if err := w.WriteHeader(&tar.Header{Name: path, Mode: mode, Size: int64(len(data)), Typeflag: tar.TypeReg}); err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil }
	layer, err := tarball.LayerFromOpener(opener, append([]tarball.LayerOption{tarball.WithMediaType(types.OCILayer)}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("layer of %s: %w", path, err)
	}
	return layer, nil
}
