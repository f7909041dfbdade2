package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePlatform(t *testing.T) {
	for in, want := range map[string]string{
		"linux/amd64": "linux/amd64", "linux/amd64/v1": "linux/amd64", "linux/amd64/v3": "linux/amd64/v3", "linux/x86_64": "linux/amd64",
		"linux/x86-64/v2": "linux/amd64/v2", "Linux/AMD64": "linux/amd64", "linux/arm": "linux/arm/v7", "linux/arm/7": "linux/arm/v7",
		"linux/arm/v5": "linux/arm/v5", "linux/armhf": "linux/arm/v7", "linux/armhf/v7": "linux/arm/v7", "linux/armel": "linux/arm/v6",
		"linux/armv6": "linux/arm/v6", "linux/arm64/v8": "linux/arm64", "linux/arm64/8": "linux/arm64", "linux/arm64/v8.0": "linux/arm64",
		"linux/arm64/v9": "linux/arm64/v9", "linux/arm64/v9.0": "linux/arm64/v9", "linux/arm64/v8.2": "linux/arm64/v8.2",
		"linux/aarch64": "linux/arm64", "linux/i386": "linux/386", "macos/arm64": "darwin/arm64", "wasip1/wasm": "wasip1/wasm",
		"freebsd/arm": "freebsd/arm/v7", " linux/s390x ": "linux/s390x",
	} {
		p, err := ParsePlatform(in)
		require.NoError(t, err, in)
		require.Equal(t, want, p.String(), in)
		again, err := ParsePlatform(p.String())
		require.NoError(t, err)
		require.Equal(t, p, again, "the normal form stays as it is")
	}
	for in, want := range map[string]string{
		"":                "wanted OS/ARCH",
		"linux":           "wanted OS/ARCH",
		"linux//v7":       "wanted OS/ARCH",
		"linux/amd64/v9":  "unknown variant of amd64: allowed are v1, v2, v3, v4",
		"linux/arm/v8":    "unknown variant of arm: allowed are v5, v6, v7",
		"linux/arm64/v7":  "unknown variant of arm64",
		"linux/s390x/v1":  "s390x has no variants",
		"linux/sparc":     "unknown architecture for linux",
		"linux/aarm64":    `did you mean "arm64"?`,
		"windos/amd64":    `did you mean "windows"?`,
		"darwin/386":      "unknown architecture for darwin: allowed are amd64, arm64",
		"linux/armhf/v5":  "armhf is arm/v7",
		"linux/amd64/v1/": "wanted OS/ARCH",
	} {
		_, err := ParsePlatform(in)
		require.ErrorContains(t, err, want, in)
	}
}

func TestPlatforms(t *testing.T) {
	all := Platforms()
	require.Greater(t, len(all), 35)
	for _, p := range all {
		parsed, err := ParsePlatform(p.String())
		require.NoError(t, err)
		require.Equal(t, p, parsed)
	}
	require.Equal(t, []string{"v5", "v6", "v7"}, Variants("arm"))
	require.Nil(t, Variants("s390x"))
}
