package frontend

import (
	"encoding/json"
	"testing"

	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/stretchr/testify/require"
)

// TestReleaseIsOneFolder: whatever the platforms are, exporters get one result, under one platform.
func TestReleaseIsOneFolder(t *testing.T) {
	for platforms, want := range map[string]string{"linux/arm64": "linux/arm64", "linux/arm64,windows/amd64": "linux/amd64"} {
		f := newFake("release: {signer: cosign}\n", "platform", platforms, "target", "release", "multi-platform", "true")
		res := f.ok(t)
		require.Empty(t, res.Refs)
		ref, err := res.SingleRef()
		require.NoError(t, err)
		require.NotNil(t, ref)
		list, err := exptypes.ParsePlatforms(res.Metadata)
		require.NoError(t, err)
		require.Len(t, list.Platforms, 1)
		require.Equal(t, want, list.Platforms[0].ID)
		require.True(t, json.Valid(res.Metadata[exptypes.ExporterImageConfigKey]))
		require.True(t, f.askedFor("[linux/arm64] pack app_linux_arm64.tar.gz"))
		require.True(t, f.askedFor("[release] checksums and lock"))
		require.True(t, f.askedFor("[release] sign SHA256SUMS"))
	}
}

// TestReleaseOfOneName: archives that would overwrite each other are told before anything is compiled.
func TestReleaseOfOneName(t *testing.T) {
	f := newFake("release: {name: app}\n", "platform", "linux/arm64,linux/amd64", "target", "release")
	_, err := f.build(t)
	require.ErrorContains(t, err, "crossgo.yaml:2:17: release.name: the archives of linux/arm64 and linux/amd64 would both be named app.tar.gz")
	require.False(t, f.askedFor("compile"))
}

// TestReleaseHasItsOwnSBOMs: an attestation would lie beside files that the checksums cover, and not be covered.
func TestReleaseHasItsOwnSBOMs(t *testing.T) {
	_, err := newFake("", "target", "release", "attest:sbom", "").build(t)
	require.ErrorContains(t, err, "--sbom: the target release has an SBOM beside each archive already")
}
