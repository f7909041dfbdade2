package sbom_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/golden"
	"github.com/crossgo/crossgo/sbom"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdxlib"
	"github.com/stretchr/testify/require"
)

// buildInfo is what Go writes into a program with a foreign module, one replaced by another and one replaced by a directory.
const buildInfo = `go	go1.26.8
path	example.com/App/cmd/server
mod	example.com/App	v1.2.3	
dep	github.com/Azure/sdk	v1.0.0+incompatible	h1:Ob8d7xkx2/aPLb7JQcHMWk0hPxdM5ZbGRVlSyLjgVyg=
dep	github.com/mattn/go-sqlite3	v1.14.22
=>	example.com/fork/sqlite	v0.1.0	h1:Ob8d7xkx2/aPLb7JQcHMWk0hPxdM5ZbGRVlSyLjgVyg=
dep	example.com/lib	v0.0.0
=>	./lib	(devel)	
build	CGO_ENABLED=1
`

var (
	libc = sbom.Debian{Name: "libc6-dev", Version: "2.41-12", Architecture: "arm64", Suite: "trixie", SHA256: strings.Repeat("ab", 32), Archive: "http://ftp.debian.org/debian",
		Filename: "pool/main/g/glibc/libc6-dev_2.41-12_arm64.deb", Source: "glibc", Files: []string{"usr/lib/aarch64-linux-gnu/crt1.o", "usr/lib/aarch64-linux-gnu/libc.a (12 objects)"}}
	zlib = sbom.Debian{Name: "zlib1g", Version: "1:1.3.dfsg+really1.3.1-1+b1", Architecture: "arm64", Suite: "trixie", SHA256: strings.Repeat("cd", 32),
		Filename: "pool/main/z/zlib/zlib1g_1.3.dfsg+really1.3.1-1+b1_arm64.deb", Source: "zlib", SourceVersion: "1:1.3.dfsg+really1.3.1-1", Licenses: []string{"Zlib", "GPL-3+"}, Files: []string{"libz.so.1"}}
	lld = sbom.Debian{Name: "lld-19", Version: "1:19.1.7-3+b1", Architecture: "amd64", Suite: "trixie", SHA256: strings.Repeat("ef", 32), Filename: "pool/main/l/llvm-toolchain-19/lld-19_19.1.7-3+b1_amd64.deb",
		Licenses: []string{"Apache-2.0", "U-of-I-BSD-like"}}
)

func input(t *testing.T) sbom.Input {
	t.Helper()
	info, err := debug.ParseBuildInfo(strings.ReplaceAll(buildInfo, "go\tgo1.26.8\n", ""))
	require.NoError(t, err)
	info.GoVersion = "go1.26.8 X:nodwarf5"
	return sbom.Input{
		Name: "server for linux/arm64", Platform: "linux/arm64", Created: "1970-01-01T00:00:00Z", Crossgo: "v1.0.0",
		Outputs: []sbom.Output{{Name: "server", SHA1: strings.Repeat("1", 40), SHA256: strings.Repeat("2", 64), Build: info, BuiltOn: "linux/amd64",
			Static: []sbom.Debian{libc}, Dynamic: []sbom.Debian{zlib}, Tools: []sbom.Debian{lld}, Runtime: []string{"stat64.o"}}},
	}
}

// cases are the documents held against goldens.
func cases(t *testing.T) map[string]sbom.Input {
	image := input(t)
	image.Name, image.Image = "image for linux/arm64", &sbom.Image{Base: "debian:13-slim", BaseDigest: "sha256:" + strings.Repeat("9", 64), Shipped: []sbom.Debian{zlib}}
	image.Outputs = append(image.Outputs, image.Outputs[0])
	image.Outputs[1].Name = "server+2"
	unknown := input(t)
	unknown.Outputs = []sbom.Output{{Name: "tool", SHA1: strings.Repeat("1", 40), SHA256: strings.Repeat("2", 64)}}
	return map[string]sbom.Input{"file": input(t), "image": image, "unknown": unknown}
}

// TestDocuments: each document is what it was, valid, and the same when made twice.
func TestDocuments(t *testing.T) {
	for name, in := range cases(t) {
		t.Run(name, func(t *testing.T) {
			data, err := sbom.Make(in)
			require.NoError(t, err)
			golden.Equal(t, filepath.Join("testdata", name+".spdx.json"), string(data))
			again, err := sbom.Make(in)
			require.NoError(t, err)
			require.Equal(t, data, again)
			valid(t, data)
		})
	}
}

// valid reads a document with the reference library and asks it.
func valid(t *testing.T, data []byte) *spdx.Document {
	t.Helper()
	doc, err := spdxjson.Read(bytes.NewReader(data))
	require.NoError(t, err)
	require.NoError(t, spdxlib.ValidateDocument(doc))
	require.Equal(t, "SPDX-2.3", doc.SPDXVersion)
	described, err := spdxlib.GetDescribedPackageIDs(doc)
	require.NoError(t, err)
	require.NotEmpty(t, described)
	return doc
}

// TestNamespaceTellsDocumentsApart: another output is another document.
func TestNamespaceTellsDocumentsApart(t *testing.T) {
	space := func(in sbom.Input) string {
		data, err := sbom.Make(in)
		require.NoError(t, err)
		var doc struct{ DocumentNamespace string }
		require.NoError(t, json.Unmarshal(data, &doc))
		return doc.DocumentNamespace
	}
	other := input(t)
	other.Outputs[0].SHA256 = strings.Repeat("3", 64)
	require.NotEqual(t, space(input(t)), space(other))
	require.Regexp(t, `^https://github\.com/crossgo/crossgo/spdx/[0-9a-f]{64}$`, space(other))
}

func TestWhatCannotBeDescribed(t *testing.T) {
	_, err := sbom.Make(sbom.Input{})
	require.EqualError(t, err, "sbom: there is no output to describe")
	in := input(t)
	in.Outputs[0].SHA1 = ""
	_, err = sbom.Make(in)
	require.EqualError(t, err, `sbom: output "server": no digest`)
	in = input(t)
	in.Outputs[0].Build.Deps[0].Sum = "h1:short"
	_, err = sbom.Make(in)
	require.EqualError(t, err, `sbom: output "server": module github.com/Azure/sdk: sum "h1:short" is no h1 hash`)
}

// TestAHostileFileMakesAValidDocument: what a file says of itself ends up in ids and addresses.
func TestAHostileFileMakesAValidDocument(t *testing.T) {
	in := input(t)
	in.Outputs[0].Name = "a b/ü\"\n"
	in.Outputs[0].Build = &debug.BuildInfo{GoVersion: "go\x00\"", Path: "\n", Main: debug.Module{Path: "../x", Version: "\""}, Deps: []*debug.Module{{Path: "///"}, {Path: "%%", Version: "@?#"}, {Path: "%%", Version: "@ #"}}}
	data, err := sbom.Make(in)
	require.NoError(t, err)
	valid(t, data)
}
