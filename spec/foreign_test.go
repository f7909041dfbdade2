package spec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHomesAreKeys: what a message sends people to is a key there.
func TestHomesAreKeys(t *testing.T) {
	tables := map[string][]string{"an entry of binaries": names(binaryKeys), "image": names(imageKeys), "test": names(testKeys), "verify": names(verifyKeys), "release": names(releaseKeys), "the top of the file": names(fileKeys)}
	for home, keys := range homes {
		for _, key := range keys {
			require.Contains(t, tables[home], key, home)
		}
	}
}

// TestForeignKeysAreNamedOnce: the first row with a name has the word, so a second one would never be read.
func TestForeignKeysAreNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range foreignKeys {
		require.NotEmpty(t, k.say)
		for _, name := range strings.Fields(k.names) {
			require.False(t, seen[name], name)
			seen[name] = true
		}
	}
}

// TestUnknownKeysShowAnotherWay: keys in the form in which other tools have them, where people would write them.
func TestUnknownKeysShowAnotherWay(t *testing.T) {
	for text, want := range map[string]string{
		"binaries: [{main: ., cflags: -O2}]":              `crossgo.yaml:1:22: binaries[0].cflags: unknown key: found "cflags", allowed are ` + strings.Join(names(binaryKeys), ", ") + ": C flags cannot be said in a spec: write #cgo CFLAGS",
		"binaries: [{main: ., CGO_CFLAGS: -O2}]":          "write #cgo CFLAGS",
		"binaries: [{main: ., cgo-ldflags-allow: x}]":     "name archives and object files themselves",
		"CGO_LDFLAGS_ALLOW: x":                            "name archives and object files themselves",
		"binaries: [{main: ., flags: [-race]}]":           "flags of go build are keys",
		"binaries: [{main: ., race: true}]":               "it is a key of test",
		"race: true":                                      "it is a key of test",
		"binaries: [{main: ., goos: [linux]}]":            "say platforms: [",
		"binaries: [{main: ., platforms: [linux/amd64]}]": "it is a key of the top of the file",
		"tags: [x]":                           "it is a key of an entry of binaries",
		"entrypoint: /x":                      "it is a key of image",
		"cover: true":                         "the target test-results writes the coverage",
		"env: {CGO_ENABLED: 0}":               "of a container: image: {env: {…}}",
		"generate: true":                      "run go generate and the like before the build",
		"contexts: {front: ui/dist}":          "run that build before",
		"builds: [{main: .}]":                 "say binaries: [{main: ./cmd/server, name: server}]",
		"brews: []":                           "publishes nothing",
		"variants: [softfloat]":               "always the baseline",
		"defaultBaseImage: x":                 "say image: {base: …}",
		"image: {expose: [80]}":               `image.expose: unknown key: found "expose", allowed are ` + strings.Join(names(imageKeys), ", ") + ": an image has the base image's",
		"image: {volumes: [/data]}":           `contexts = { bin = "target:bin" } (docs/moving.md)`,
		"image: {healthcheck: x}":             "keep the last stage of your Dockerfile",
		"image: {stopsignal: x}":              "keep the last stage of your Dockerfile",
		"image: {capabilities: [x]}":          "with setcap there",
		"image: {owner: x}":                   "the container's user is user:",
		"image: {files: x}":                   "it is a key of release",
		"image: {copy: x}":                    "an image has no files but the programs",
		"image: {platforms: [linux/amd64]}":   "it is a key of the top of the file",
		"image: {tag: x}":                     "-t NAME --push",
		"binaries: [{main: ., lnk: static}]":  `(did you mean "link"?)`,
		"platforms: [linux/mipsle/softfloat]": `found "linux/mipsle/softfloat", but mipsle has no variants that can be asked for: it is always compiled with GOMIPS=hardfloat`,
		"platforms: [linux/s390x/z14]":        "s390x has no variants",
		"verify: {run: {entrypoint: x}}":      "it is a key of image",
	} {
		_, err := Parse("crossgo.yaml", []byte(text))
		require.ErrorContains(t, err, want, text)
		require.Equal(t, 1, strings.Count(err.Error()+"\n", "\n"), text)
	}
}
