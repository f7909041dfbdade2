package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/verify"
)

var sample = Report{Platform: "linux/arm64", Files: []File{
	{Name: "out/app", SHA256: "ab", Size: 3, Findings: []verify.Finding{
		{Check: "format", Level: verify.Pass, Found: "ELF", Want: "ELF", Text: "format is ELF"},
		{Check: "machine", Level: verify.Fail, Found: "x86-64", Want: "aarch64", Text: "machine is x86-64, want aarch64"},
		{Check: "loader", Level: verify.Fail, Found: "/x\n", Text: "loader is /x\n\x1b[31m <&>"},
		{Check: "build-info", Level: verify.Note, Found: "none", Text: "no Go build info"},
	}},
	{Name: "out/good", Findings: []verify.Finding{{Check: "format", Level: verify.Pass, Found: "ELF", Text: "format is ELF"}}},
}, Layers: []Layer{{Name: "the modules", Bytes: 1234567, Files: 8}}}

func TestText(t *testing.T) {
	var b strings.Builder
	require.NoError(t, sample.Text(&b))
	require.Equal(t, `out/app: machine: machine is x86-64, want aarch64
out/app: loader: loader is /x??[31m <&>
out/app: note: build-info: no Go build info
out/good: ok: linux/arm64, 1 checks
layer: the modules: 1.2 MB in 8 files
`, b.String())
}

func TestJSON(t *testing.T) {
	var first, second strings.Builder
	require.NoError(t, sample.JSON(&first))
	require.NoError(t, sample.JSON(&second))
	require.Equal(t, first.String(), second.String())
	require.Contains(t, first.String(), `"verified": false,`)
	require.Contains(t, first.String(), `<&>`)
	var back Report
	require.NoError(t, json.Unmarshal([]byte(first.String()), &back))
	require.Equal(t, sample, back)

	var empty strings.Builder
	require.NoError(t, Report{Platform: "linux/arm64"}.JSON(&empty))
	require.Equal(t, "{\n  \"verified\": true,\n  \"platform\": \"linux/arm64\",\n  \"files\": []\n}\n", empty.String())
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "script")
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755))
	r := Report{Platform: "linux/amd64"}
	want := verify.Want{GOOS: "linux", GOARCH: "amd64"}
	r.Check("script", file, want)
	r.Check("missing", filepath.Join(dir, "missing"), want)
	r.Check("dir", dir, want)
	require.Len(t, r.Files, 3)
	require.Equal(t, "a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf", r.Files[0].SHA256)
	require.Equal(t, int64(10), r.Files[0].Size)
	require.Equal(t, "cannot be read: no such file or directory", r.Files[1].Findings[0].Text)
	require.Equal(t, "format", r.Files[2].Findings[0].Check)
	require.True(t, r.Failed())
	require.False(t, Report{}.Failed())
}

// TestHugeFileThatIsNoProgram: 4 GiB of zeros are not read to their end.
func TestHugeFileThatIsNoProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "zeros")
	require.NoError(t, os.WriteFile(file, nil, 0o755))
	require.NoError(t, os.Truncate(file, 4<<30))
	r := Report{Platform: "linux/amd64"}
	begin := time.Now()
	r.Check("zeros", file, verify.Want{GOOS: "linux", GOARCH: "amd64"})
	require.Less(t, time.Since(begin), 2*time.Second)
	require.True(t, r.Failed())
	require.Equal(t, int64(4<<30), r.Files[0].Size)
	require.Empty(t, r.Files[0].SHA256)
}
