package test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdxlib"
	"github.com/stretchr/testify/require"
)

// statement is an in-toto statement as it is read back.
type statement struct {
	Type          string `json:"_type"`
	PredicateType string
	Subject       []struct {
		Name   string
		Digest map[string]string
	}
	Predicate json.RawMessage
}

const (
	spdxType         = "https://spdx.dev/Document"
	verificationType = "https://github.com/crossgo/crossgo/verification/v1"
	provenanceType   = "https://slsa.dev/provenance/v1"
)

// statements are those of one output, by their type.
func statements(t *testing.T, texts ...[]byte) map[string]statement {
	t.Helper()
	all := map[string]statement{}
	for _, text := range texts {
		var s statement
		require.NoError(t, json.Unmarshal(text, &s))
		require.Equal(t, "https://in-toto.io/Statement/v1", s.Type)
		require.NotContains(t, all, s.PredicateType)
		all[s.PredicateType] = s
	}
	return all
}

// about reports whether a statement's subjects have the digest, under whatever name.
func (s statement) about(sha256 string) bool {
	for _, subject := range s.Subject {
		if subject.Digest["sha256"] == sha256 {
			return true
		}
	}
	return false
}

// readSPDX reads the statement's document with SPDX's own library.
func readSPDX(t *testing.T, s statement) *spdx.Document {
	t.Helper()
	doc, err := spdxjson.Read(bytes.NewReader(s.Predicate))
	require.NoError(t, err)
	require.NoError(t, spdxlib.ValidateDocument(doc))
	return doc
}

// related are the names of the packages that a document relates so to a package or from it, each with what is said of it.
func related(doc *spdx.Document, how string) map[string]string {
	names := map[common.ElementID]string{}
	for _, p := range doc.Packages {
		names[p.PackageSPDXIdentifier] = p.PackageName
	}
	found := map[string]string{}
	for _, r := range doc.Relationships {
		if r.Relationship == how && how == common.TypeRelationshipBuildToolOf {
			found[names[r.RefA.ElementRefID]] = r.RelationshipComment
		} else if r.Relationship == how {
			found[names[r.RefB.ElementRefID]] = r.RelationshipComment
		}
	}
	return found
}

func digestOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// canary stands for a password: it may be in nothing that leaves the build.
const canary = "canary-4b1d"

// attested are the flags of a build that is to say everything, with a secret at hand.
func attested(t *testing.T, dir string, args ...string) []string {
	t.Helper()
	netrc := filepath.Join(t.TempDir(), "netrc")
	require.NoError(t, os.WriteFile(netrc, []byte("machine example.com login x password "+canary+"\n"), 0o600))
	return append([]string{"--sbom=true", "--provenance=mode=max", "--secret=id=netrc,src=" + netrc}, args...)
}

func TestAttestationsOfFiles(t *testing.T) {
	t.Parallel()
	dir, out := example(t, "hello"), t.TempDir()
	build(t, dir, attested(t, dir, "--target=bin", twoPlatforms, "-o", out)...).OK(t)
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		folder := filepath.Join(out, strings.ReplaceAll(platform, "/", "_"))
		require.ElementsMatch(t, []string{"hello", "sbom.spdx.json", "verification.json", "provenance.json"}, files(t, folder))
		var texts [][]byte
		for _, name := range []string{"sbom.spdx.json", "verification.json", "provenance.json"} {
			text, err := os.ReadFile(filepath.Join(folder, name))
			require.NoError(t, err)
			require.NotContains(t, string(text), canary)
			texts = append(texts, text)
		}
		all := statements(t, texts...)
		sum := digestOf(t, filepath.Join(folder, "hello"))
		for _, s := range all {
			require.True(t, s.about(sum), s.PredicateType)
		}
		requireVerified(t, all[verificationType], platform, sum)
		doc := readSPDX(t, all[spdxType])
		require.Equal(t, "hello for "+platform, doc.DocumentName)
		require.Contains(t, related(doc, common.TypeRelationshipStaticLink), "stdlib")
		require.Contains(t, related(doc, common.TypeRelationshipBuildToolOf), "go")
		requireProvenance(t, all[provenanceType], "crossgo/crossgo")
	}
	again := t.TempDir()
	build(t, dir, "--sbom=true", "--target=bin", "--platform=linux/arm64", "-o", again).OK(t)
	require.Equal(t, digestOf(t, filepath.Join(out, "linux_arm64", "sbom.spdx.json")), digestOf(t, filepath.Join(again, "sbom.spdx.json")))
	build(t, dir, "--target=bin", "--platform=linux/arm64", "-o", again+"/none").OK(t)
	require.Equal(t, []string{"hello"}, files(t, again+"/none"))
}

func requireVerified(t *testing.T, s statement, platform, sum string) {
	t.Helper()
	var got struct {
		Platform string
		Verified bool
		Want     map[string]struct{ GOARCH string }
		Files    []struct {
			Name, SHA256 string
			Findings     []struct{ Check, Level string }
		}
	}
	require.NoError(t, json.Unmarshal(s.Predicate, &got))
	require.True(t, got.Verified)
	require.Equal(t, platform, got.Platform)
	require.Equal(t, sum, got.Files[0].SHA256)
	require.Equal(t, filepath.Base(platform), got.Want["hello"].GOARCH)
	require.NotEmpty(t, got.Files[0].Findings)
}

// requireProvenance looks for what BuildKit's account must hold: the spec, our steps, and by a part of their addresses what was fetched by
// digest.
func requireProvenance(t *testing.T, s statement, materials ...string) {
	t.Helper()
	var got struct {
		BuildDefinition struct {
			ExternalParameters struct {
				ConfigSource struct{ Path string }
				Request      struct{ Secrets []struct{ ID string } }
			}
			InternalParameters struct {
				BuildConfig struct{ LLBDefinition []json.RawMessage }
			}
			ResolvedDependencies []struct {
				URI    string
				Digest map[string]string
			}
		}
	}
	require.NoError(t, json.Unmarshal(s.Predicate, &got))
	d := got.BuildDefinition
	require.Equal(t, "crossgo.yaml", d.ExternalParameters.ConfigSource.Path)
	require.Contains(t, d.ExternalParameters.Request.Secrets, struct{ ID string }{"netrc"})
	steps, err := json.Marshal(d.InternalParameters.BuildConfig.LLBDefinition)
	require.NoError(t, err)
	for _, step := range []string{"go", "inspect", "compile", "verify"} {
		require.Contains(t, string(steps), `"args":["/crossgo","step","`+step+`"]`)
	}
	var found []string
	for _, r := range d.ResolvedDependencies {
		require.Len(t, r.Digest["sha256"], 64, r.URI)
		found = append(found, r.URI)
	}
	for _, m := range materials {
		require.True(t, slices.ContainsFunc(found, func(uri string) bool { return strings.Contains(uri, m) }), "no %s among %v", m, found)
	}
}

// rootsModule is where the certificates of images come from.
const rootsModule = "golang.org/x/crypto/x509roots/fallback"

func TestAttestationsOfImages(t *testing.T) {
	t.Parallel()
	dir, file := example(t, "hello"), filepath.Join(t.TempDir(), "image.tar")
	name := world.Registry.Ref("test/attested:1")
	build(t, dir, attested(t, dir, "--target=image", twoPlatforms, "-o", "type=oci,name="+name+",dest="+file, "-o", "type=image,push=true,name="+name)...).OK(t)
	blobs := tarFiles(t, file)
	var outer, inner v1.IndexManifest
	require.NoError(t, json.Unmarshal(blobs["index.json"], &outer))
	require.NoError(t, json.Unmarshal(blobs["blobs/sha256/"+outer.Manifests[0].Digest.Hex], &inner))
	found := 0
	for _, m := range inner.Manifests {
		image := m.Annotations["vnd.docker.reference.digest"]
		if image == "" {
			continue
		}
		found++
		var manifest v1.Manifest
		require.NoError(t, json.Unmarshal(blobs["blobs/sha256/"+m.Digest.Hex], &manifest))
		var texts [][]byte
		for _, l := range manifest.Layers {
			texts = append(texts, blobs["blobs/sha256/"+l.Digest.Hex])
		}
		all := statements(t, texts...)
		require.Len(t, all, 3)
		for _, s := range all {
			require.True(t, s.about(strings.TrimPrefix(image, "sha256:")), s.PredicateType)
			require.NotContains(t, string(s.Predicate), canary)
		}
		requireProvenance(t, all[provenanceType], "crossgo/crossgo")
		doc := readSPDX(t, all[spdxType])
		holds := related(doc, common.TypeRelationshipContains)
		require.Subset(t, holds, map[string]string{rootsModule: "etc/ssl/certs/ca-certificates.crt", "hello": ""})
		require.NotContains(t, holds, "zoneinfo", "hello looks for no time zones")
		for _, p := range doc.Packages {
			if p.PackageName == rootsModule {
				require.Regexp(t, `^v0\.0\.0-\d{14}-[0-9a-f]{12}$`, p.PackageVersion)
			}
		}
	}
	require.Equal(t, 2, found)
	said := world.Buildx(t, "imagetools", "inspect", name, "--format", "{{ json .SBOM }}").OK(t)
	var byPlatform map[string]struct{ SPDX struct{ Name string } }
	require.NoError(t, json.Unmarshal([]byte(said.Stdout), &byPlatform))
	require.Equal(t, "image of hello for linux/arm64", byPlatform["linux/arm64"].SPDX.Name)
}

// TestSBOMOfC: what is linked from Debian packages, statically and dynamically.
func TestSBOMOfC(t *testing.T) {
	t.Parallel()
	dir := example(t, "syslib")
	spdxOf := func(args ...string) *spdx.Document {
		out := t.TempDir()
		build(t, dir, append(args, "--sbom=true", "--platform=linux/amd64", "-o", out)...).OK(t)
		text, err := os.ReadFile(filepath.Join(out, "sbom.spdx.json"))
		require.NoError(t, err)
		return readSPDX(t, statements(t, text)[spdxType])
	}
	doc := spdxOf("--target=image")
	require.ElementsMatch(t, []string{"libc6", "zlib1g"}, keys(related(doc, common.TypeRelationshipDynamicLink)))
	require.Subset(t, keys(related(doc, common.TypeRelationshipContains)), []string{"libc6", "zlib1g", "zoneinfo"})
	require.Contains(t, related(doc, common.TypeRelationshipStaticLink)["libc6-dev"], "crt1.o")
	require.NotContains(t, related(doc, common.TypeRelationshipStaticLink), "zlib1g-dev")
	require.Subset(t, keys(related(doc, common.TypeRelationshipBuildToolOf)), []string{"clang-19", "lld-19", "go"})

	write(t, dir, map[string]string{"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\ngo: \"1.26.8\"\nbinaries:\n  - main: .\n    cgo: on\n    libc: musl\n    packages: [zlib1g-dev]\n    ldflags: [\"-s -w\"]\n"})
	doc = spdxOf("--target=bin")
	require.Empty(t, related(doc, common.TypeRelationshipDynamicLink))
	static := related(doc, common.TypeRelationshipStaticLink)
	require.Regexp(t, `libz\.a \(\d+ objects\)`, static["zlib1g-dev"])
	require.Regexp(t, `libc\.a \(\d+ objects\)`, static["musl-dev"])
	require.NotContains(t, static, "linux-libc-dev")
}

func keys(m map[string]string) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// scanner writes what BuildKit asks a generator for (docs/attestations/sbom-protocol.md of BuildKit): one statement.
const scanner = `package main

import "os"

func main() {
	if _, err := os.Stat(os.Getenv("BUILDKIT_SCAN_SOURCE") + "/hello"); err != nil {
		panic(err)
	}
	text := ` + "`" + `{"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document", "predicate": {"spdxVersion": "SPDX-2.3", "name": "by the scanner"}}` + "`" + `
	if err := os.WriteFile(os.Getenv("BUILDKIT_SCAN_DESTINATION")+"/scan.spdx.json", []byte(text), 0o644); err != nil {
		panic(err)
	}
}
`

// TestNamedGeneratorMakesTheSBOM: crossgo's own then stays away; what was verified is said all the same.
func TestNamedGeneratorMakesTheSBOM(t *testing.T) {
	t.Parallel()
	dir, out, name := t.TempDir(), t.TempDir(), world.Registry.Ref("test/scanner:1")
	write(t, dir, map[string]string{
		"go.mod": "module example.com/scanner\n\ngo 1.26\n", "main.go": scanner,
		"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\ngo: \"1.26.8\"\nbinaries: [{main: ., cgo: off}]\nimage: {base: scratch}\n",
	})
	build(t, dir, "-o", "type=image,push=true,name="+name).OK(t)
	hello := example(t, "hello")
	build(t, hello, "--target=bin", "--platform=linux/arm64", "--attest=type=sbom,generator="+name, "-o", out).OK(t)
	require.ElementsMatch(t, []string{"hello", "scan.spdx.json", "verification.json"}, files(t, out))
	text, err := os.ReadFile(filepath.Join(out, "scan.spdx.json"))
	require.NoError(t, err)
	require.Contains(t, string(text), "by the scanner")
	failed := build(t, hello, "--target=bin", "--platform=linux/arm64", "--attest=type=sbom,depth=2", "-o", out)
	require.NotZero(t, failed.Code)
	require.Contains(t, failed.Stderr, "--attest type=sbom: found depth, which is for a generator")
}
