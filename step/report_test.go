package step

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/plan"
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
