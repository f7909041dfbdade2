package verify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePlatform(t *testing.T) {
	for in, want := range map[string][3]string{
		"linux/amd64":          {"linux", "amd64", ""},
		"linux/amd64/v1":       {"linux", "amd64", ""},
		"linux/amd64/v3":       {"linux", "amd64", "v3"},
		"linux/arm":            {"linux", "arm", "v7"},
		"linux/arm/v5":         {"linux", "arm", "v5"},
		"linux/arm64/v8":       {"linux", "arm64", ""},
		"linux/arm64/v8.2":     {"linux", "arm64", "v8.2"},
		"linux/mips/softfloat": {"linux", "mips", "softfloat"},
		"linux/s390x":          {"linux", "s390x", ""},
		"wasip1/wasm":          {"wasip1", "wasm", ""},
	} {
		goos, goarch, variant, err := ParsePlatform(in)
		require.NoError(t, err)
		require.Equal(t, want, [3]string{goos, goarch, variant}, in)
	}
	for in, text := range map[string]string{
		"":                "want OS/ARCH",
		"linux":           "want OS/ARCH",
		"linux/amd64/v1/": "want OS/ARCH",
		"linux/x86_64":    "known are android/386",
		"windows/s390x":   "unknown; known are",
		"linux/amd64/v9":  `unknown variant "v9" of amd64; known are v1, v2, v3, v4`,
		"linux/arm/v9":    `unknown variant "v9" of arm; known are v5, v6, v7`,
		"linux/s390x/z15": "s390x has no variants",
	} {
		_, _, _, err := ParsePlatform(in)
		require.ErrorContains(t, err, text, in)
	}
}

// Each platform's rows hang together: a format, a machine, and for linux loaders of both libcs.
func TestTables(t *testing.T) {
	for goos, row := range oses {
		require.NotEmpty(t, row.format, goos)
		for _, goarch := range row.arches {
			require.Contains(t, arches, goarch)
			if goos == "linux" {
				require.NotEmpty(t, Loaders(musl, goarch, ""), goarch)
				require.NotEmpty(t, Loaders(glibc, goarch, ""), goarch)
			}
		}
	}
	for goarch, set := range variantSets {
		require.NotEmpty(t, set.env, goarch)
		for _, row := range set.rows {
			require.True(t, set.valid.MatchString(row.value), "%s %s", goarch, row.value)
			require.Contains(t, row.names, row.short, goarch)
		}
	}
	require.Nil(t, Loaders(glibc, "amd64", "v9"))
	require.Equal(t, []string{"/lib/ld-linux-armhf.so.3"}, Loaders(glibc, "arm", ""))
}

func TestCompareGlibc(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		order int
		ok    bool
	}{
		{"2.9", "2.31", -1, true}, {"2.31", "2.31", 0, true}, {"2.34", "2.31", 1, true}, {"2.2.5", "2.2", 1, true},
		{"PRIVATE", "2.31", -1, false}, {"2", "2.31", -1, false}, {"2.-1", "2.31", -1, false}, {"", "2.31", -1, false},
	} {
		order, ok := CompareGlibc(c.a, c.b)
		require.Equal(t, c.ok, ok, c.a)
		if ok {
			require.Equal(t, c.order, order, "%s %s", c.a, c.b)
		}
	}
}
