package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/internal/reportcase"
	"github.com/crossgo/crossgo/verify/report"
)

// runReportCommand gives the exit code, stdout and stderr.
func runReportCommand(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), append([]string{"report"}, args...), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// leave writes a report as a build does.
func leave(t *testing.T, dir string, reports []report.Report) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, reportFlags{output: dir, format: "json"}.writeAll(reports))
	return filepath.Join(dir, "report.json")
}

func TestReport(t *testing.T) {
	dir, many := t.TempDir(), reportcase.Many()
	good := leave(t, filepath.Join(dir, "ci", "linux_arm64"), reportcase.One())
	leave(t, filepath.Join(dir, "ci", "others"), many[:4])

	code, out, message := runReportCommand(t, good)
	require.Equal(t, 0, code, message)
	require.Contains(t, out, "PLATFORM     FILE    SIZE")
	require.Contains(t, out, "server: ok: linux/arm64, ")

	code, out, message = runReportCommand(t, "--format", "html", filepath.Join(dir, "ci"))
	require.Equal(t, 1, code, "a check does not hold")
	require.Empty(t, message)
	require.Contains(t, out, "1 of 9 files are not what was asked for")

	all := filepath.Join(dir, "all") + string(filepath.Separator)
	code, out, _ = runReportCommand(t, "-o", all, filepath.Join(dir, "ci"))
	require.Equal(t, 1, code)
	require.Empty(t, out)
	for _, f := range report.Formats {
		if f.File != "" {
			require.FileExists(t, filepath.Join(all, f.File))
		}
	}
	back, err := readReports(all)
	require.NoError(t, err)
	require.Equal(t, append(reportcase.One(), many[:4]...), back)

	one := filepath.Join(dir, "one.sarif")
	code, _, _ = runReportCommand(t, "--format", "sarif", "--output", one, good)
	require.Equal(t, 0, code)
	require.FileExists(t, one)
}

func TestReportUsage(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte("text"), 0o644))
	for want, args := range map[string][]string{
		"no reports given":                 nil,
		"found no report.json in it":       {dir},
		"no such file or directory":        {filepath.Join(dir, "none")},
		"text: is no report":               {text},
		`--format: found "pdf", want text`: {"--format", "pdf", text},
		"unknown flag":                     {"--what"},
	} {
		code, out, message := runReportCommand(t, args...)
		require.Equal(t, 2, code, want)
		require.Contains(t, message, want)
		require.Empty(t, out)
	}
}
