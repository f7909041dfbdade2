package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const sum = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// TestBaseIsWhatDockerTakes: every sort of name that stands in a FROM line.
func TestBaseIsWhatDockerTakes(t *testing.T) {
	for _, base := range []string{
		"auto", "scratch", "alpine", "alpine:latest", "debian:12-slim", "library/debian", "docker.io/library/debian:12-slim", "index.docker.io/library/debian",
		"gcr.io/distroless/static-debian12:nonroot", "gcr.io/distroless/static-debian12", "ghcr.io/me/app:v1.2_3", "localhost:5000/x", "localhost/x",
		"registry.example:8443/a/b/c:1", "127.0.0.1:5000/x:1", "[::1]:5000/x", "debian" + sum, "debian:12-slim" + sum, "ghcr.io/me/app" + sum,
		"localhost:5000/x:1" + sum, "shop-base", "a__b", "GHCR.io/me/app",
	} {
		f, err := Parse("crossgo.yaml", []byte("image: {base: \""+base+"\"}\n"))
		require.NoError(t, err, base)
		require.Equal(t, base, f.Image.Base.V)
	}
}

// TestBaseThatIsNoImage: each is refused where it stands, and says what is wrong.
func TestBaseThatIsNoImage(t *testing.T) {
	for base, says := range map[string]string{
		"Debian:12-Slim":            `found "Debian:12-Slim", but names of images have no capital letters (did you mean "debian:12-Slim"?)`,
		"ghcr.io/Me/App:V1":         `(did you mean "ghcr.io/me/app:V1"?)`,
		"Debian" + sum:              `(did you mean "debian` + sum + `"?)`,
		sum[1:]:                     "alone, wanted the image's name before it",
		"docker://debian":           `wanted an image reference without "docker://" before it`,
		"https://ghcr.io/me/app":    `wanted an image reference without "https://" before it`,
		"debian:":                   "invalid reference format",
		"debian:12 slim":            "invalid reference format",
		"debian@sha256:12":          "invalid reference format",
		"debian@12":                 "invalid reference format",
		"-x":                        "invalid reference format",
		"debian:12" + sum[:20]:      "invalid reference format",
		"ghcr.io/me/app:1:2":        "invalid reference format",
		"./base":                    "invalid reference format",
		sum[len("@sha256:"):]:       "hexadecimal",
		"registry.example:port/a:1": "invalid reference format",
		"":                          `found "", wanted "auto", "scratch" or an image reference such as "debian:12-slim"`,
	} {
		_, err := Parse("crossgo.yaml", []byte("image:\n  base: \""+base+"\"\n"))
		require.ErrorContains(t, err, "crossgo.yaml:2:9: image.base: ", base)
		require.ErrorContains(t, err, says, base)
	}
}
