package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/size"
)

// base is a dynamic program.
func base() Program {
	return Program{
		SHA256: "1",
		Facts: verify.Facts{
			Size: 1000, Format: "ELF", Machine: "x86-64", Bits: 64, ByteOrder: "little endian", Kind: "executable", Link: "dynamic", Libc: "glibc",
			Loader: "/lib64/ld-linux-x86-64.so.2", Needed: []string{"libc.so.6", "libz.so.1"}, Floors: []verify.Floor{{Name: "GLIBC", Version: "2.31"}}, CGO: true,
			Build: &verify.Build{GoVersion: "go1.26.7", Path: "example.com/app", Main: verify.Module{Path: "example.com/app", Version: "v1.0.0"},
				Modules:  []verify.Module{{Path: "example.com/a", Version: "v1.0.0"}, {Path: "example.com/gone", Version: "v1.0.0"}},
				Settings: []verify.Setting{{Key: "-tags", Value: "x"}, {Key: "GOARCH", Value: "amd64"}}},
		},
		Sizes: &size.Map{Sections: []size.Section{{Name: ".text", Bytes: 500}, {Name: ".data", Bytes: 100}},
			Packages: []size.Package{{Name: "main", Code: 100, Bytes: 200}, {Name: "fmt", Code: 300}}},
		Findings: []verify.Finding{{Check: "machine", Level: verify.Pass, Text: "machine is x86-64"}, {Check: "glibc-floor", Level: verify.Pass, Text: "requires 2.31"}},
		Config:   map[string]string{"user": "65532"},
	}
}

func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p *Program)
		want   []Change
	}{
		{"size", func(p *Program) { p.Facts.Size = 900 }, []Change{{What: Size, Old: "1000", New: "900", Bytes: -100}}},
		{"a library more and one less", func(p *Program) { p.Facts.Needed = []string{"libc.so.6", "libm.so.6"} },
			[]Change{{What: Needed, Name: "libm.so.6", New: "yes"}, {What: Needed, Name: "libz.so.1", Old: "yes"}}},
		{"order of libraries", func(p *Program) { p.Facts.Needed = []string{"libz.so.1", "libc.so.6"} }, []Change{{What: Content, Old: "1", New: "2"}}},
		{"floor", func(p *Program) {
			p.Facts.Floors = []verify.Floor{{Name: "GLIBC", Version: "2.34"}, {Name: "GLIBCXX", Version: "3.4"}}
		},
			[]Change{{What: Floor, Name: "GLIBC", Old: "2.31", New: "2.34"}, {What: Floor, Name: "GLIBCXX", New: "3.4"}}},
		{"linked statically", func(p *Program) { p.Facts.Link, p.Facts.Loader, p.Facts.Libc, p.Facts.CGO = "static", "", "", false },
			[]Change{{What: "link", Old: "dynamic", New: "static"}, {What: "loader", Old: "/lib64/ld-linux-x86-64.so.2"}, {What: "libc", Old: "glibc"},
				{What: "cgo", Old: "runtime/cgo is linked"}}},
		{"go", func(p *Program) { p.Facts.Build.GoVersion = "go1.26.8" }, []Change{{What: GoVersion, Old: "go1.26.7", New: "go1.26.8"}}},
		{"modules", func(p *Program) {
			p.Facts.Build.Main.Version = "v1.1.0"
			p.Facts.Build.Modules = []verify.Module{{Path: "example.com/a", Version: "v1.0.0", Replace: &verify.Module{Path: "../a"}}, {Path: "example.com/new", Version: "v0.1.0"}}
		}, []Change{{What: Module, Name: "example.com/a", Old: "v1.0.0", New: "v1.0.0 => ../a"}, {What: Module, Name: "example.com/app", Old: "v1.0.0", New: "v1.1.0"},
			{What: Module, Name: "example.com/gone", Old: "v1.0.0"}, {What: Module, Name: "example.com/new", New: "v0.1.0"}}},
		{"settings", func(p *Program) {
			p.Facts.Build.Settings = []verify.Setting{{Key: "-tags", Value: "x"}, {Key: "-tags", Value: "y"}, {Key: "CGO_CFLAGS"}}
		}, []Change{{What: Setting, Name: "-tags", Old: "x", New: "x, y"}, {What: Setting, Name: "CGO_CFLAGS", New: `""`}, {What: Setting, Name: "GOARCH", Old: "amd64"}}},
		{"no build info", func(p *Program) { p.Facts.Build.Modules, p.Facts.Build.Settings = nil, nil; p.Facts.Build = nil }, []Change{
			{What: GoVersion, Old: "go1.26.7"}, {What: "main package", Old: "example.com/app"},
			{What: Module, Name: "example.com/a", Old: "v1.0.0"}, {What: Module, Name: "example.com/app", Old: "v1.0.0"}, {What: Module, Name: "example.com/gone", Old: "v1.0.0"},
			{What: Setting, Name: "-tags", Old: "x"}, {What: Setting, Name: "GOARCH", Old: "amd64"}}},
		{"sections and packages, the largest first", func(p *Program) {
			p.Sizes = &size.Map{Sections: []size.Section{{Name: ".text", Bytes: 490}, {Name: ".new", Bytes: 50}, {Name: ".data", Bytes: 100}},
				Packages: []size.Package{{Name: "fmt", Code: 300, Bytes: 999}, {Name: "net", Code: 80}}}
		}, []Change{{What: Section, Name: ".new", New: "50", Bytes: 50}, {What: Section, Name: ".text", Old: "500", New: "490", Bytes: -10},
			{What: Package, Name: "main", Old: "100", Bytes: -100}, {What: Package, Name: "net", New: "80", Bytes: 80}}},
		{"a check", func(p *Program) {
			p.Findings = []verify.Finding{{Check: "glibc-floor", Level: verify.Pass, Text: "ok"}, {Check: "glibc-floor", Level: verify.Fail, Text: "requires 2.34"},
				{Check: "new", Level: verify.Pass}, {Check: "pie", Level: verify.Warn, Text: "is no PIE"}}
		}, []Change{{What: Check, Name: "glibc-floor", Old: "pass", New: "fail", Text: "requires 2.34"}, {What: Check, Name: "pie", New: "warn", Text: "is no PIE"}}},
		{"config", func(p *Program) { p.Config = map[string]string{"user": "0", "env A": "b"} },
			[]Change{{What: Config, Name: "env A", New: "b"}, {What: Config, Name: "user", Old: "65532", New: "0"}}},
		{"nothing but bytes", func(*Program) {}, []Change{{What: Content, Old: "1", New: "2"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := base()
			p.SHA256 = "2"
			c.change(&p)
			require.Equal(t, c.want, Programs(base(), p))
		})
	}
	require.Empty(t, Programs(base(), base()))
	failing := base()
	failing.Findings = append(failing.Findings, verify.Finding{Check: "fits-loader", Level: verify.Fail, Text: "is missing"})
	require.Equal(t, []Change{{What: Check, Name: "fits-loader", New: "fail", Text: "is missing"}}, Programs(base(), failing), "the same bytes in another image")
	require.Equal(t, []Change{{What: Check, Name: "fits-loader", Old: "fail", Text: "is missing"}}, Programs(failing, base()))
}

func TestText(t *testing.T) {
	var many []Change
	for i := range 20 {
		many = append(many, Change{What: Section, Name: fmt.Sprint(".s", i), Old: "1", New: "2", Bytes: 1})
	}
	r := Result{Old: "a", New: "b", Files: []File{
		{Name: "same", Status: Equal},
		{Name: "x", Status: Changed, Old: &Side{Name: "a/x"}, New: &Side{Name: "b/x\n\x1b[31m"}, Changes: append(many,
			Change{What: Needed, Name: "libz.so.1", New: "yes"}, Change{What: "link", Old: "static", New: "pie"}, Change{What: Module, Name: "m", Old: "v1.0.0"},
			Change{What: Check, Name: "pie", Old: "pass", New: "warn", Text: "is no PIE"}, Change{What: Package, Name: "net", New: "80", Bytes: 80})},
		{Name: "y", Status: Added, New: &Side{Name: "b/y", Platform: "linux/amd64"}},
	}}
	var b strings.Builder
	require.NoError(t, r.Text(&b))
	text := b.String()
	require.True(t, strings.HasPrefix(text, "--- a/x\n+++ b/x??[31m\n~ section      .s0 1 -> 2 (+1 bytes)\n"), text)
	require.Contains(t, text, "~ section      .s11 1 -> 2 (+1 bytes)\n  section      8 more, together +8 bytes\n+ needed       libz.so.1\n")
	require.Contains(t, text, "~ link         static -> pie\n- module       m v1.0.0\n~ check        pie pass -> warn: is no PIE\n+ package      net +80 bytes\n")
	require.True(t, strings.HasSuffix(text, "\n\n+++ b/y (linux/amd64)\n"), text)
	require.False(t, r.Equal())

	var raw bytes.Buffer
	require.NoError(t, r.JSON(&raw))
	var back struct {
		Equal *bool
		Result
	}
	require.NoError(t, json.Unmarshal(raw.Bytes(), &back))
	require.False(t, *back.Equal)
	require.Equal(t, r, back.Result)
	raw.Reset()
	require.NoError(t, Result{}.JSON(&raw))
	require.Contains(t, raw.String(), `"equal": true`)
	require.Contains(t, raw.String(), `"files": []`)
}
