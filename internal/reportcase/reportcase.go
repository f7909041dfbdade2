// Package reportcase has reports that the tests of their forms share: one as a build makes it, one over many platforms with all that
// can be wrong, and one whose every text is hostile.
package reportcase

import (
	"fmt"
	"strings"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
	"github.com/crossgo/crossgo/verify/size"
)

// One is the report of a build for one platform in which all is well.
func One() []report.Report {
	r := build("linux/arm64")
	r.Files = []report.File{file("server", "linux/arm64", 0)}
	return []report.Report{r}
}

// Platforms are those of Many.
var Platforms = []string{
	"linux/amd64", "linux/amd64/v3", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5", "linux/386", "linux/riscv64", "linux/ppc64le", "linux/s390x",
	"linux/mips64le", "linux/loong64", "windows/amd64", "windows/arm64", "darwin/amd64", "darwin/arm64", "freebsd/amd64", "wasip1/wasm",
}

// checks are more than there are rules, so that the form is tested with room to grow.
var checks = strings.Fields(`platform read format machine class endianness type os loader libc link needed glibc-floor cpu float-abi signature
	rpath exec-stack relro pie text-relocations segment-alignment debug start-address nss kernel-floor subsystem aslr nx minimum-os
	build-info goos goarch variant cgo go-version main-path vcs trimpath replace fits-loader fits-needed`)

// Many is a report over 18 platforms with two programs and every level of finding.
func Many() []report.Report {
	var all []report.Report
	for i, platform := range Platforms {
		r := build(platform)
		for j, name := range []string{"server", "a-helper-with-a-name-that-is-much-longer-than-anybody-would-like-it-to-be"} {
			if strings.HasPrefix(platform, "windows/") {
				name += ".exe"
			}
			f := file(name, platform, i+j)
			spoil(&f, i, j)
			r.Files = append(r.Files, f)
		}
		all = append(all, r)
	}
	return all
}

// spoil makes some findings what is not well.
func spoil(f *report.File, i, j int) {
	for k := range f.Findings {
		finding := &f.Findings[k]
		switch {
		case i == 3 && j == 0 && finding.Check == "machine":
			*finding = verify.Finding{Check: "machine", Level: verify.Fail, Found: "x86-64", Want: "arm", Text: "machine is x86-64, want arm (GOARCH=amd64 in build info)"}
		case i%5 == 2 && finding.Check == "exec-stack":
			finding.Level, finding.Text = verify.Warn, "the stack is executable: an object file without a .note.GNU-stack section was linked in"
		case i == 7 && finding.Check == "glibc-floor":
			finding.Level, finding.Text = verify.Fail, "needs GLIBC_2.38 (__isoc23_strtol, __isoc23_strtoul, __isoc23_sscanf), want nothing above GLIBC_2.31"
		case (i+k)%11 == 4:
			finding.Level, finding.Text = verify.Note, finding.Check+" cannot be known of this file"
		}
	}
}

// Hostile is a report with what an attacker would like to have in a page, a terminal or an XML file, in every text.
func Hostile() []report.Report {
	r := build(evil)
	f := file(evil, evil, 0)
	for i := range f.Findings {
		f.Findings[i].Text, f.Findings[i].Found = evil, evil
		f.Findings[i].Level = []verify.Level{verify.Fail, verify.Warn, verify.Note, verify.Pass}[i%4]
	}
	f.Findings = append(f.Findings, verify.Finding{Check: evil, Level: verify.Fail, Text: evil}, verify.Finding{Check: "odd", Level: evil, Text: "of a level that is none"})
	f.SHA256, f.Where = evil, evil
	for i := range f.Decisions {
		f.Decisions[i] = report.Decision{Name: evil, Value: evil, Why: evil, Where: evil}
	}
	for i := range f.Sizes.Packages {
		f.Sizes.Packages[i].Name = fmt.Sprint(evil, i)
	}
	f.Sizes.Sections[0].Name, f.Sizes.Sections[0].Kind = evil, evil
	r.Files, r.Build.Components[0].Name, r.Build.Components[2].Version = []report.File{f}, evil, evil
	r.Layers[0].Name, r.Build.Exceptions[0] = evil, report.Exception{Setting: evil, Value: evil, Unchecked: evil}
	return []report.Report{r}
}

// evil has markup, an end of CDATA, a link, placeholders, letters that drive terminals and turn text about, and bytes that are no text.
const evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>]]>&lt;{{.}}[x](javascript:alert(1)){0}\x1b[31m\r\n\u202etxt\x00\xff\u2028`rm`"

func build(platform string) report.Report {
	return report.Report{Platform: platform,
		Build: &report.Build{Platform: "linux/amd64", Components: []report.Component{
			{Group: "crossgo", Name: "crossgo", Version: "v1.2.3"}, {Group: "Go", Name: "go", Version: "1.26.8"},
			{Group: "C toolchain for linux/amd64", Name: "clang-19", Version: "1:19.1.7-3", SHA256: strings.Repeat("5a", 32)},
			{Group: "C toolchain for linux/amd64", Name: "lld-19", Version: "1:19.1.7-3", SHA256: strings.Repeat("a5", 32)},
		}, Exceptions: []report.Exception{
			{Setting: "GOSUMDB", Value: "off", Unchecked: "modules and Go itself are not compared with the checksum database"},
			{Setting: "verify.allow", Value: "exec-stack", Unchecked: "this check may fail for server"},
		}, Archives: []report.Archive{
			{Archive: "main", Suite: "trixie", Date: "2026-11-21T09:31:05Z"},
			{Archive: "security", Suite: "trixie-security", Date: "2026-11-24T20:02:11Z", SignedBy: strings.Repeat("4A", 20), Expired: "2026-12-01T20:02:11Z", Without: []string{"armel"}},
		}},
		Layers: []report.Layer{{Name: "Go", Bytes: 241_000_000, Files: 9_800}, {Name: "the modules", Bytes: 31_200_000, Files: 1_204}, {Name: "dependencies, compiled", Bytes: 18_900_000, Files: 412}},
	}
}

func file(name, platform string, n int) report.File {
	f := report.File{Name: name, SHA256: fmt.Sprintf("%064x", 0xabcdef12345+n), Where: "crossgo.yaml:7:11", Sizes: sizes(n)}
	f.Size = f.Sizes.Bytes
	for i, id := range checks {
		if (i*7+n)%13 != 5 { // not every check is for every file
			f.Findings = append(f.Findings, verify.Finding{Check: id, Level: verify.Pass, Found: "as asked", Text: id + " is as asked"})
		}
	}
	f.Decisions = []report.Decision{
		{Name: "main", Value: "github.com/example/server/cmd/" + strings.TrimSuffix(name, ".exe"), Where: "crossgo.yaml:7:11"},
		{Name: "go", Value: "1.26.8", Where: "go.mod:3"},
		{Name: "target", Value: "GOOS and GOARCH of " + platform, Why: "the platform " + platform},
		{Name: "cgo", Value: "on", Why: "used by github.com/mattn/go-sqlite3"},
		{Name: "link", Value: "static", Why: "default with musl"},
		{Name: "ldflags", Value: "-s -X main.version=v1.2.3 -linkmode=external -extld=/link/aarch64-linux-musl-clang -extldflags=-static", Where: "crossgo.yaml:9:15"},
	}
	return f
}

// packages are as a program with a database has them.
var packages = []size.Package{
	{Name: size.Foreign, Bytes: 1_420_000, Code: 1_100_000}, {Name: "runtime", Bytes: 498_000, Code: 488_000}, {Name: "net/http", Bytes: 419_000, Code: 415_000}, {Name: "crypto/tls", Bytes: 355_000, Code: 352_000},
	{Name: "github.com/aws/aws-sdk-go-v2/service/s3", Bytes: 702_000, Code: 690_000}, {Name: "github.com/aws/aws-sdk-go-v2/service/internal/checksum", Bytes: 42_000, Code: 41_000},
	{Name: "google.golang.org/protobuf/internal/impl", Bytes: 212_000, Code: 210_000}, {Name: "google.golang.org/grpc", Bytes: 150_000, Code: 149_000}, {Name: "google.golang.org/grpc/internal/transport", Bytes: 130_000, Code: 129_000},
	{Name: "github.com/example/server/internal/store", Bytes: 96_000, Code: 91_000}, {Name: "github.com/example/server/internal/web", Bytes: 88_000, Code: 80_000}, {Name: "main", Bytes: 31_000, Code: 30_000},
	{Name: "github.com/mattn/go-sqlite3", Bytes: 61_000, Code: 60_000}, {Name: "github.com/prometheus/client_golang/prometheus", Bytes: 120_000, Code: 118_000}, {Name: "golang.org/x/net/http2", Bytes: 99_000, Code: 98_000},
	{Name: "golang.org/x/text/unicode/norm", Bytes: 77_000, Code: 28_000}, {Name: "crypto/internal/fips140/nistec", Bytes: 154_000, Code: 66_000}, {Name: "net", Bytes: 144_000, Code: 143_000}, {Name: "reflect", Bytes: 71_000, Code: 70_000},
	{Name: "encoding/json", Bytes: 66_000, Code: 65_000}, {Name: "time", Bytes: 62_000, Code: 61_000}, {Name: "math/big", Bytes: 60_000, Code: 58_000}, {Name: "fmt", Bytes: 41_000, Code: 40_000}, {Name: "strconv", Bytes: 33_000, Code: 31_000},
	{Name: "go.opentelemetry.io/otel", Bytes: 58_000, Code: 57_000}, {Name: "go.uber.org/zap", Bytes: 49_000, Code: 48_000}, {Name: "gopkg.in/yaml.v3", Bytes: 70_000, Code: 69_000}, {Name: "k8s.io/api/core/v1", Bytes: 310_000, Code: 305_000},
	{Name: size.Shared, Bytes: 25_000}, {Name: "os", Bytes: 22_000, Code: 21_000}, {Name: "errors", Bytes: 2_000, Code: 2_000},
}

func sizes(n int) *size.Map {
	m := size.Map{Symbols: n%2 == 0}
	for _, p := range packages {
		p.Module = module(p.Name)
		p.Bytes, p.Code = p.Bytes+int64(n)*p.Bytes/97, p.Code+int64(n)*p.Code/97
		m.Packages = append(m.Packages, p)
	}
	m.Sections = []size.Section{
		{Name: ".text", Kind: size.Code, Bytes: 5_300_000 + int64(n)*61_000}, {Name: ".gopclntab", Kind: size.Tables, Bytes: 3_100_000}, {Name: ".rodata", Kind: size.Data, Bytes: 1_900_000},
		{Name: ".debug_info", Kind: size.Debug, Bytes: 1_200_000}, {Name: ".data", Kind: size.Data, Bytes: 310_000}, {Name: ".dynsym", Kind: size.Link, Bytes: 9_000},
	}
	m.Headers = 12_000
	m.Bytes = m.Headers
	for _, s := range m.Sections {
		m.Bytes += s.Bytes
	}
	return &m
}

// module is of some packages: a report may say none.
func module(path string) string {
	for _, m := range []string{"github.com/example/server", "github.com/aws/aws-sdk-go-v2/service/s3", "google.golang.org/grpc"} {
		if strings.HasPrefix(path, m) {
			return m
		}
	}
	if path == "main" {
		return "github.com/example/server"
	}
	return ""
}
