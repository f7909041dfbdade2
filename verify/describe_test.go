package verify

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDescribe(t *testing.T) {
	version := strings.TrimSpace(goEnv(t, "GOVERSION"))
	for _, c := range []struct {
		platform, format, machine, kind, link string
		systems                               []string
		section                               string
	}{
		{"linux/amd64", "ELF", "x86-64", "executable", "static", nil, ".text"},
		{"linux/s390x", "ELF", "s390", "executable", "static", nil, ".gopclntab"},
		{"freebsd/amd64", "ELF", "x86-64", "executable", "static", []string{"freebsd"}, ".text"},
		{"windows/amd64", "PE", "x86-64", "windows console program", "", []string{"windows"}, ".text"},
		{"darwin/arm64", "Mach-O", "aarch64", "executable", "", []string{"darwin"}, "__TEXT,__text"},
		{"wasip1/wasm", "WebAssembly", "wasm", "module with the entry _start", "", []string{"wasip1"}, "code"},
	} {
		raw := readReal(t, c.platform)
		f, err := Describe(bytes.NewReader(raw), int64(len(raw)))
		require.NoError(t, err, c.platform)
		require.Equal(t, []any{c.format, c.machine, c.kind, c.link, c.systems, ""}, []any{f.Format, f.Machine, f.Kind, f.Link, f.Systems, f.Bad}, c.platform)
		sum := int64(0)
		names := []string{}
		for _, s := range f.Sections {
			sum += s.Size
			names = append(names, s.Name)
			require.Positive(t, s.Size, "%s %s", c.platform, s.Name)
		}
		require.Contains(t, names, c.section)
		require.LessOrEqual(t, sum, f.Size, c.platform)
		require.Greater(t, sum, f.Size*8/10, "%s: most of the file is in some section", c.platform)
		require.NotNil(t, f.Build, c.platform)
		require.Equal(t, []any{version, "example.com/tiny", Module{Path: "example.com/tiny", Version: "(devel)"}, []Module(nil)},
			[]any{f.Build.GoVersion, f.Build.Path, f.Build.Main, f.Build.Modules}, c.platform)
		require.Contains(t, f.Build.Settings, Setting{"GOARCH", strings.Split(c.platform, "/")[1]})
		again, err := Describe(bytes.NewReader(raw), int64(len(raw)))
		require.NoError(t, err)
		require.Equal(t, marshal(t, f), marshal(t, again))
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

func TestDescribeELF(t *testing.T) {
	raw := elfSpec{machine: elf.EM_X86_64, interp: "/lib64/ld-linux-x86-64.so.2", runpath: "/opt/lib:$ORIGIN",
		needed: []string{"libstdc++.so.6", "libc.so.6"},
		needs:  []versionNeed{{"libstdc++.so.6", []string{"GLIBCXX_3.4.9", "GLIBCXX_3.4.29", "CXXABI_1.3"}}, {"libc.so.6", []string{"GLIBC_2.34", "GLIBC_2.4"}}}}.build()
	f, err := Describe(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	require.Equal(t, []Floor{{"CXXABI", "1.3"}, {"GLIBC", "2.34"}, {"GLIBCXX", "3.4.29"}}, f.Floors)
	require.Equal(t, []any{"dynamic", "glibc", []string{"/opt/lib", "$ORIGIN"}, []string{"libstdc++.so.6", "libc.so.6"}},
		[]any{f.Link, f.Libc, f.RunPath, f.Needed})
	require.Nil(t, f.Build)

	for text, raw := range map[string]string{"an empty file": "", "a script": "#!/bin/sh\n", "a damaged ELF file": "\x7fELF"} {
		_, err := Describe(strings.NewReader(raw), int64(len(raw)))
		require.ErrorContains(t, err, text)
	}
}
