package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// pipe is a standard output that is no terminal.
func pipe(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func TestOutputs(t *testing.T) {
	for _, test := range []struct {
		value, exporter, dir string
		file                 bool
		attrs                map[string]string
	}{
		{value: "dist", exporter: "local", dir: "dist"},
		{value: "a b/c", exporter: "local", dir: "a b/c"},
		{value: "type=local,dest=dist", exporter: "local", dir: "dist"},
		{value: "-", exporter: "tar", file: true},
		{value: "type=tar,dest=-", exporter: "tar", file: true},
		{value: "type=oci,dest=i.tar", exporter: "oci", file: true},
		{value: "type=oci,tar=false,dest=layout", exporter: "oci", dir: "layout", attrs: map[string]string{"tar": "false"}},
		{value: "type=docker", exporter: "docker", file: true},
		{value: "type=image,name=r/a:1,push=true", exporter: "image", attrs: map[string]string{"name": "r/a:1", "push": "true"}},
		{value: "type=registry,name=r/a:1", exporter: "image", attrs: map[string]string{"name": "r/a:1", "push": "true"}},
	} {
		entries, err := parseOutputs([]string{test.value}, pipe(t))
		require.NoError(t, err, test.value)
		require.Len(t, entries, 1)
		e := entries[0]
		require.Equal(t, test.exporter, e.Type, test.value)
		require.Equal(t, test.dir, e.OutputDir, test.value)
		require.Equal(t, test.file, e.Output != nil || e.file != "", test.value)
		if test.attrs == nil {
			test.attrs = map[string]string{}
		}
		require.Equal(t, test.attrs, e.Attrs, test.value)
	}
}

func TestOutputMistakes(t *testing.T) {
	for value, want := range map[string]string{
		"type=zip,dest=x":    `type "zip" is unknown, known are cacheonly, docker, image, local, oci, registry, tar`,
		"dest=x":             "type= is missing",
		"type=local":         "dest= is missing",
		"type=image,dest=x":  "dest= has no meaning",
		"type=local,x":       `found "x", want KEY=VALUE`,
		"type=oci,dest=/tmp": "/tmp is a folder, want a file",
	} {
		_, err := parseOutputs([]string{value}, pipe(t))
		require.ErrorContains(t, err, want, value)
		require.ErrorContains(t, err, "-o "+value)
	}
	_, err := parseOutputs([]string{"type=zip", "dest=x"}, pipe(t))
	require.ErrorContains(t, err, "type=zip")
	require.ErrorContains(t, err, "dest=x", "every mistake is told at once")
}

func TestCacheOnlyExportsNothing(t *testing.T) {
	entries, err := parseOutputs([]string{"type=cacheonly"}, pipe(t))
	require.NoError(t, err)
	require.Empty(t, entries)
}
