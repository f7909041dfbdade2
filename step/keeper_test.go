package step

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/golden"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// keeperGo compiled the keepers that are kept. The go command fetches it where another one is installed.
const keeperGo = "go1.26.8"

// TestKeepersAreMadeOfTheirSources, by that Go, byte for byte.
func TestKeepersAreMadeOfTheirSources(t *testing.T) {
	module := t.TempDir()
	copySources(t, "../objects", filepath.Join(module, "objects"))
	copySources(t, "../objects/keeper", filepath.Join(module, "objects/keeper"))
	require.NoError(t, os.WriteFile(filepath.Join(module, "go.mod"), []byte("module github.com/crossgo/crossgo\n\ngo 1.24\n"), 0o644))
	for _, build := range plan.BuildArchs {
		t.Run(build, func(t *testing.T) {
			made := compileKeeper(t, module, build)
			if golden.Updating() {
				require.NoError(t, os.WriteFile("keeper/"+strings.ReplaceAll(build, "/", "_")+".gz", zipped(t, made), 0o644))
				return
			}
			kept, err := keeperFor(build)
			require.NoError(t, err)
			require.True(t, bytes.Equal(made, kept), "the sources give another program: -update keeps it, and everybody's dependencies are compiled anew")
		})
	}
	_, err := keeperFor("plan9/amd64")
	require.EqualError(t, err, "build machine: found plan9/amd64, want one of linux/amd64, linux/arm64")
}

// copySources copies a package without its tests.
func copySources(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(to, 0o755))
	files, err := filepath.Glob(filepath.Join(from, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, filepath.Base(f)), text, 0o644))
	}
}

func compileKeeper(t *testing.T, module, build string) []byte {
	t.Helper()
	goos, goarch, _ := strings.Cut(build, "/")
	file := filepath.Join(t.TempDir(), "keeper")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", file, "./objects/keeper")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+keeperGo, "GOWORK=off", "GOFLAGS=", "GOEXPERIMENT=", "CGO_ENABLED=0",
		"GOOS="+goos, "GOARCH="+goarch, "GOAMD64=v1", "GOARM64=v8.0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	made, err := os.ReadFile(file)
	require.NoError(t, err)
	return made
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	_, err = z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return packed.Bytes()
}
