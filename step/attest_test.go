package step

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
	"github.com/stretchr/testify/require"
)

// debFile writes a Debian package with the files, and what it says of its source.
func debFile(t *testing.T, path, source string, files ...string) {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("!<arch>\n")
	for _, part := range []struct{ name, data string }{{"debian-binary", "2.0\n"}, {"control.tar", tarText(t, "control", "Source: "+source+"\n")}, {"data.tar", tarText(t, files...)}} {
		fmt.Fprintf(&out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n%s%s", part.name, 0, 0, 0, "100644", len(part.data), part.data, strings.Repeat("\n", len(part.data)%2))
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
}

// tarText is an archive of files, each a name and its content.
func tarText(t *testing.T, files ...string) string {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: "./" + files[i], Mode: 0o644, Size: int64(len(files[i+1]))}))
		_, err := w.Write([]byte(files[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return buf.String()
}

// described is a job about one dynamic program with C, in an image, with all that it speaks of below dir.
func described(t *testing.T, dir string) plan.AttestJob {
	t.Helper()
	unit := filepath.Join(dir, "0")
	require.NoError(t, os.MkdirAll(filepath.Join(unit, plan.AttestFiles), 0o755))
	file := program(t, filepath.Join(unit, plan.AttestFiles), "app", "package main\n\nfunc main() {}\n", "-buildmode=pie", "-ldflags=-I /lib64/ld-linux-x86-64.so.2")
	want := verify.Want{GOOS: "linux", GOARCH: "amd64", RequireGo: true}
	rep := report.Report{Platform: "linux/amd64"}
	rep.Check("app", file, want)
	writeFiles(t, unit, map[string]string{
		"report/links.json":                      `{"app": [{"name": "usr/lib/x86_64-linux-gnu/libc.a", "members": ["exit.o", "printf.o"]}, {"name": "usr/lib/gcc/x86_64-linux-gnu/14/libgcc.a", "members": ["stat64.o"]}]}`,
		"shipped/usr/lib64/ld-linux-x86-64.so.2": "x",
		"needs/needs.json":                       `{"parts": ["zones"]}`,
	})
	require.NoError(t, writeReports(filepath.Join(unit, plan.AttestReport), []report.Report{rep}))
	set := sysroot.Set{Name: "s", Kind: sysroot.KindGlibc, Arch: "amd64", Suite: "trixie", Packages: []sysroot.Package{
		{Name: "libc6", Version: "2.41-12", Architecture: "amd64", Filename: "pool/libc6.deb", Archive: "main"},
		{Name: "libc6-dev", Version: "2.41-12", Architecture: "amd64", Filename: "pool/libc6-dev.deb", Archive: "security"},
		{Name: "libgcc-14-dev", Version: "14", Architecture: "amd64", Filename: "pool/libgcc.deb", Archive: "main"}}}
	debFile(t, filepath.Join(unit, "debs/libc6.deb"), "glibc", "usr/lib64/ld-linux-x86-64.so.2", "x")
	debFile(t, filepath.Join(unit, "debs/libc6-dev.deb"), "glibc", "usr/lib/x86_64-linux-gnu/libc.a", "x")
	debFile(t, filepath.Join(unit, "debs/libgcc.deb"), "gcc-14 (14.2)", "usr/lib/gcc/x86_64-linux-gnu/14/libgcc.a", "x")
	return plan.AttestJob{Name: "image of app for linux/amd64", Platform: "linux/amd64", Created: 86400, BuiltOn: "linux/amd64",
		Units: []plan.AttestUnit{{Files: []plan.VerifyFile{{Name: "app", Where: "@{binaries[0].main[0]}", Want: want}}, Set: &set, Shipped: []int{0}, Suite: "trixie",
			Tools: []sysroot.Package{{Name: "lld-19", Version: "1:19-3+b1", Architecture: "amd64", Filename: "pool/main/l/llvm-toolchain-19/lld.deb", Archive: "main"}}}},
		Image: &plan.AttestImage{Keep: []string{"roots"}, Certificates: []string{"ca/company.pem"}}}
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
}

// spdxDocument is what these tests look at of a document.
type spdxDocument struct {
	CreationInfo  struct{ Created string }
	Packages      []struct{ Name, SPDXID, DownloadLocation, SourceInfo string }
	Relationships []struct{ SPDXElementID, RelationshipType, RelatedSPDXElement, Comment string }
}

// relations are the document's, by the names of packages.
func (d spdxDocument) relations() []string {
	names := map[string]string{"SPDXRef-DOCUMENT": "document"}
	for _, p := range d.Packages {
		names[p.SPDXID] = p.Name
	}
	var list []string
	for _, r := range d.Relationships {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", names[r.SPDXElementID], r.RelationshipType, names[r.RelatedSPDXElement], r.Comment)))
	}
	return list
}

func TestAttest(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	job := described(t, dir)
	require.NoError(t, attestations{job, dir, to}.write())
	var doc spdxDocument
	require.NoError(t, readJSON(filepath.Join(to, plan.SBOMFile), &doc))
	require.Equal(t, "1970-01-02T00:00:00Z", doc.CreationInfo.Created)
	require.Equal(t, []string{
		"document DESCRIBES image of app for linux/amd64",
		"image of app for linux/amd64 CONTAINS libc6 usr/lib64/ld-linux-x86-64.so.2",
		"image of app for linux/amd64 CONTAINS zoneinfo usr/share/zoneinfo",
		"image of app for linux/amd64 CONTAINS golang.org/x/crypto/x509roots/fallback etc/ssl/certs/ca-certificates.crt",
		"image of app for linux/amd64 CONTAINS app",
		"app CONTAINS",
		"lld-19 BUILD_TOOL_OF app",
		"app STATIC_LINK libc6-dev usr/lib/x86_64-linux-gnu/libc.a (2 objects)",
		"app STATIC_LINK crossgo musl compatibility stat64.o",
		"app DYNAMIC_LINK libc6 ld-linux-x86-64.so.2",
		"app GENERATED_FROM example.com/app main package example.com/app",
		"app STATIC_LINK stdlib",
		"go BUILD_TOOL_OF app",
	}, doc.relations())
	for _, p := range doc.Packages {
		if p.Name == "lld-19" {
			require.Equal(t, "Debian source package llvm-toolchain-19 1:19-3", p.SourceInfo)
		}
		if p.Name == "libc6-dev" {
			require.Equal(t, "https://security.debian.org/debian-security/pool/libc6-dev.deb", p.DownloadLocation)
			require.Equal(t, "Debian source package glibc 2.41-12", p.SourceInfo)
		}
	}
	require.NoError(t, readJSON(filepath.Join(to, plan.SBOMFolder, "app.spdx.json"), &doc))
	require.Equal(t, "document DESCRIBES app", doc.relations()[0])
	var subjects []plan.Subject
	require.NoError(t, readJSON(filepath.Join(to, plan.SubjectsFile), &subjects))
	require.Len(t, subjects, 1)
	require.Regexp(t, "^[0-9a-f]{64}$", subjects[0].SHA256)
}

func TestVerificationStatement(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	job := described(t, dir)
	job.Archives = []plan.ReadArchive{{Archive: "security", Suite: "trixie-security", Date: "2026-11-24T20:02:11Z", SignedBy: "4A5B", Without: []string{"armel"}}}
	require.NoError(t, attestations{job, dir, to}.write())
	var got struct {
		Archives []plan.ReadArchive
		Verifier struct{ ID string }
		Platform string
		Verified bool
		Want     map[string]verify.Want
		Files    []report.File
	}
	require.NoError(t, readJSON(filepath.Join(to, plan.VerificationFile), &got))
	require.Equal(t, "https://github.com/crossgo/crossgo", got.Verifier.ID)
	require.Equal(t, "linux/amd64", got.Platform)
	require.True(t, got.Verified)
	require.Equal(t, job.Archives, got.Archives)
	require.Equal(t, job.Units[0].Files[0].Want, got.Want["app"])
	require.Equal(t, "app", got.Files[0].Name)
	require.NotEmpty(t, got.Files[0].Findings)
}

// TestAttestTwice: the same inputs give the same bytes.
func TestAttestTwice(t *testing.T) {
	dir := t.TempDir()
	job := described(t, dir)
	var all []string
	for range 2 {
		to := t.TempDir()
		require.NoError(t, attestations{job, dir, to}.write())
		var text string
		for _, name := range []string{plan.SBOMFile, plan.VerificationFile, plan.SubjectsFile, plan.SBOMFolder + "/app.spdx.json"} {
			data, err := os.ReadFile(filepath.Join(to, name))
			require.NoError(t, err)
			require.True(t, json.Valid(data))
			text += string(data)
		}
		all = append(all, text)
	}
	require.Equal(t, all[0], all[1])
}

func TestAttestErrors(t *testing.T) {
	dir := t.TempDir()
	job := described(t, dir)
	links := filepath.Join(dir, "0", plan.AttestReport, plan.LinksFile)
	for _, c := range []struct{ links, want string }{
		{`{}`, "@{binaries[0].main[0]}: describe app for linux/amd64: the link left no record of what it took"},
		{`{"app": [{"name": "usr/lib/libodd.a"}]}`, "@{binaries[0].main[0]}: describe app for linux/amd64: usr/lib/libodd.a was linked in, and no package has it"},
		{`{`, "what was linked: "},
	} {
		require.NoError(t, os.WriteFile(links, []byte(c.links), 0o644))
		require.ErrorContains(t, attestations{job, dir, t.TempDir()}.write(), c.want)
	}
	require.NoError(t, os.WriteFile(links, []byte(`{"app": []}`), 0o644))
	writeFiles(t, filepath.Join(dir, "0"), map[string]string{"shipped/usr/lib/libodd.so.1": "x"})
	require.ErrorContains(t, attestations{job, dir, t.TempDir()}.write(), "usr/lib/libodd.so.1 is in the image, and no package has it")
	job.Units[0].Set.Packages = job.Units[0].Set.Packages[:1]
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0/debs/libc6.deb"), []byte("x"), 0o644))
	require.ErrorContains(t, attestations{job, dir, t.TempDir()}.write(), "describe packages: libc6.deb: not a Debian package")
}
