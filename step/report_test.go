package step

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
	"github.com/stretchr/testify/require"
)

func TestMeasure(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"0/a/file": "1234", "1/object": "12", "2/object": "12", "2/sub/more": "123"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	require.NoError(t, os.Symlink("file", filepath.Join(dir, "0/a/link")))
	got, err := measure(dir, []plan.ReportLayer{{Name: "Go"}, {Name: "foreign"}, {Name: "std", Grows: true}})
	require.NoError(t, err)
	require.Equal(t, []report.Layer{{Name: "Go", Bytes: 4, Files: 1}, {Name: "foreign", Bytes: 2, Files: 1}, {Name: "std", Bytes: 3, Files: 1}}, got)
	_, err = measure(dir, make([]plan.ReportLayer, 4))
	require.Error(t, err)
}

// TestReports goes the way of a report: what verify wrote of two units of each of two platforms, completed, and all together.
func TestReports(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	program, err := os.ReadFile(exe)
	require.NoError(t, err)
	reports := t.TempDir()
	var job plan.ReportsJob
	for i, platform := range []string{"linux/amd64", "linux/arm/v7"} {
		root := t.TempDir()
		put(t, filepath.Join(root, "in/0/server"), program)
		for unit, name := range []string{"server", "script"} {
			put(t, filepath.Join(root, "report", string(rune('0'+unit)), "report.json"), verifiedJSON(t, platform, name))
		}
		put(t, filepath.Join(root, "layers/0/go"), []byte("go"))
		rep, err := composed(plan.ReportJob{
			Platform: platform, Build: "linux/amd64", Components: []plan.Component{{Group: "Go", Name: "go", Version: "1.26.8"}}, Layers: []plan.ReportLayer{{Name: "Go"}},
			Units: []plan.ReportUnit{{Files: []plan.ReportedFile{{Name: "server", Where: "crossgo.yaml:2:3", Decisions: []plan.Decision{{Name: "cgo", Value: "off"}}}}}, {}},
		}, root)
		require.NoError(t, err)
		require.Equal(t, "crossgo.yaml:2:3", rep.Files[0].Where)
		require.Equal(t, []report.Decision{{Name: "cgo", Value: "off"}}, rep.Files[0].Decisions)
		require.NotEmpty(t, rep.Files[0].Sizes.Packages)
		require.Nil(t, rep.Files[1].Sizes)
		require.Equal(t, []report.Layer{{Name: "Go", Bytes: 2, Files: 1}}, rep.Layers)
		require.Equal(t, "crossgo", rep.Build.Components[0].Name)
		one := filepath.Join(reports, string(rune('0'+i)))
		require.NoError(t, os.MkdirAll(one, 0o755))
		require.NoError(t, writeReports(one, []report.Report{rep}))
		job.Dirs = append(job.Dirs, strings.ReplaceAll(platform, "/", "_"))
	}
	out := t.TempDir()
	require.NoError(t, together(job, reports, out))
	for _, f := range report.Formats {
		if f.File != "" {
			require.FileExists(t, filepath.Join(out, f.File))
			require.FileExists(t, filepath.Join(out, "linux_arm_v7", f.File))
		}
	}
	all, err := readReports(filepath.Join(out, "report.json"))
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Error(t, together(plan.ReportsJob{Dirs: []string{"a", "b", "none"}}, reports, t.TempDir()))
	_, err = composed(plan.ReportJob{Units: []plan.ReportUnit{{}}}, t.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)
}

func put(t *testing.T, name string, data []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, data, 0o644))
}

// verifiedJSON is what the gate writes of one file.
func verifiedJSON(t *testing.T, platform, name string) []byte {
	t.Helper()
	var b strings.Builder
	r := report.Report{Platform: platform, Files: []report.File{{Name: name, Findings: []verify.Finding{{Check: "format", Level: verify.Pass, Text: "format is ELF"}}}}}
	require.NoError(t, r.JSON(&b))
	return []byte(b.String())
}
