package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnusedSettings: what go build would heed is named, what Go would take anyway is not.
func TestUnusedSettings(t *testing.T) {
	for _, u := range unusedSettings {
		t.Setenv(u.name, "")
	}
	t.Setenv("GOENV", "off")
	said := func() string {
		var out bytes.Buffer
		tellUnused(&out)
		return out.String()
	}
	require.NotContains(t, said(), "GOFLAGS")
	t.Setenv("GOFLAGS", "-tags=foo")
	t.Setenv("GOAMD64", "v3")
	t.Setenv("CGO_CFLAGS", "-DX")
	t.Setenv("GOTOOLCHAIN", "go1.99.0")
	t.Setenv("PKG_CONFIG_PATH", "/opt")
	t.Setenv("GOARM64", "v8.0")
	for _, want := range []string{
		"note: GOFLAGS=-tags=foo of this machine is not used: the spec has tags:", "note: GOAMD64=v3 of this machine is not used: say it with the platform, as in linux/amd64/v3\n",
		"note: CGO_CFLAGS=-DX of this machine is not used: write it as a #cgo CFLAGS: line", "note: GOTOOLCHAIN=go1.99.0 of this machine", "note: PKG_CONFIG_PATH=/opt",
	} {
		require.Contains(t, said(), want)
	}
	t.Setenv("GOAMD64", "v1")
	require.NotContains(t, said(), "GOAMD64")

	t.Setenv("PATH", t.TempDir()) // no Go on this machine
	require.Contains(t, said(), "note: GOFLAGS=-tags=foo")
	require.Contains(t, said(), "note: CGO_CFLAGS=-DX")
}

// TestUnusedSettingsThatGoKeeps: go env -w counts as well.
func TestUnusedSettingsThatGoKeeps(t *testing.T) {
	file := t.TempDir() + "/env"
	write(t, file, "GOFLAGS=-mod=mod\n")
	t.Setenv("GOENV", file)
	t.Setenv("GOFLAGS", "")
	var out bytes.Buffer
	tellUnused(&out)
	require.Contains(t, out.String(), "note: GOFLAGS=-mod=mod of this machine is not used")
}
