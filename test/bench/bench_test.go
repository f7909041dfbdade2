package main

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommandLine(t *testing.T) {
	o, err := parse([]string{"-cases", "cold,edit", "-runs", "3"})
	require.NoError(t, err)
	require.True(t, o.wants(edited))
	require.False(t, o.wants(unchanged))
	require.Equal(t, 3, (&bench{options: o}).times(5))
	require.Equal(t, 1, (&bench{options: o}).times(1))
	o, err = parse(nil)
	require.NoError(t, err)
	require.Equal(t, caseNames(true), o.cases)
	require.Equal(t, columnNames(columns), columnNames(o.chosen(columns...)))
	o, err = parse([]string{"-rivals", "crossgo,go build"})
	require.NoError(t, err)
	require.Equal(t, []string{"go build", "crossgo"}, columnNames(o.chosen(columns...)))
	_, err = parse([]string{"-rivals", "crossgo build"})
	require.ErrorContains(t, err, `-rivals: "crossgo build" shares the daemon of "crossgo"`)
	_, err = parse([]string{"-rivals", "make"})
	require.ErrorContains(t, err, `-rivals: found "make", allowed are Dockerfile,`)
	_, err = parse([]string{"-cases", "warm"})
	require.ErrorContains(t, err, `-cases: found "warm", allowed are cold,`)
}

func TestBlob(t *testing.T) {
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	for _, f := range []struct {
		name string
		size int
	}{{"out/go/bin/go", 3_000_000}, {"out/go/VERSION", 8}, {"out/go/pkg/x", 500_000}} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: f.name, Size: int64(f.size), Mode: 0o644, Typeflag: tar.TypeReg}))
		_, err := w.Write(make([]byte, f.size))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	var blob Blob
	require.NoError(t, blob.look(&data))
	require.Equal(t, Blob{Within: "out/go", Files: 3, Large: []string{"out/go/bin/go (3.0 MB)", "out/go/pkg/x (0.5 MB)", "out/go/VERSION (0.0 MB)"}}, blob)
	require.Error(t, new(Blob).look(bytes.NewReader(make([]byte, 100))), "half a header")
}

func TestCommon(t *testing.T) {
	require.Equal(t, "a/b", common("a/b/c", "a/b/d"))
	require.Equal(t, "a", common("a", "a/b"))
	require.Equal(t, ".", common("a", "b"))
	require.Equal(t, "a", common("a/bc", "a/b"))
}

func TestSums(t *testing.T) {
	const sum = "m v1 h1:a=\nm v1/go.mod h1:b=\nm v10 h1:c=\nmm v1 h1:d=\n"
	require.Equal(t, "m v1 h1:a=\nm v1/go.mod h1:b=\n", sumsOf(sum, "m v1"))
	require.Empty(t, sumsOf(sum, "n v1"))
}

// What an edit for a new module needs stands in crossgo's own go.sum.
func TestModulesAreKnown(t *testing.T) {
	sum, err := os.ReadFile(filepath.Join("..", "..", "go.sum"))
	require.NoError(t, err)
	for _, m := range modules {
		require.Equal(t, 2, bytes.Count([]byte(sumsOf(string(sum), m.path+" "+m.version)), []byte("\n")), m.path)
	}
}

func TestScript(t *testing.T) {
	require.Equal(t, "CC='clang --target=arm-linux-gnueabihf -fuse-ld=lld' CGO_ENABLED=1 GOOS=linux GOARCH=arm go build -trimpath -buildvcs=false "+
		"-tags sqlite_fts5 -ldflags '-X main.version=v1' -o /out/linux/arm/v7/sqlite .\n",
		request{platforms: []string{"linux/arm/v7"}, version: "v1"}.script())
	require.Equal(t, "mkdir -p /out/windows/arm64; CGO_ENABLED=0 GOOS=windows GOARCH=arm64 go build -trimpath -buildvcs=false -o /out/windows/arm64/ ./cmd/...\n",
		request{platforms: []string{"windows/arm64"}, pure: true}.script())
}

func TestRequired(t *testing.T) {
	const mod = "module m\n\nrequire (\n\texample.com/a v1.2.3\n\texample.com/ab v2.0.0 // indirect\n)\n"
	version, err := required(mod, "example.com/a")
	require.NoError(t, err)
	require.Equal(t, "v1.2.3", version)
	_, err = required(mod, "example.com/b")
	require.ErrorContains(t, err, "example.com/b")
}

func TestPrettyName(t *testing.T) {
	name, err := prettyName("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n")
	require.NoError(t, err)
	require.Equal(t, "Debian GNU/Linux 12 (bookworm)", name)
	_, err = prettyName("ID=debian\n")
	require.ErrorContains(t, err, "PRETTY_NAME")
}

func columnNames(list []rival) []string {
	var names []string
	for _, r := range list {
		names = append(names, r.name)
	}
	return names
}

func TestIgnore(t *testing.T) {
	require.NoError(t, ignore(tar.ErrHeader, tar.ErrHeader, os.ErrExist))
	require.NoError(t, ignore(nil, tar.ErrHeader))
	require.ErrorIs(t, ignore(os.ErrNotExist, tar.ErrHeader, os.ErrExist), os.ErrNotExist)
}
