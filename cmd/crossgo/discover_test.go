package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPasswordsAreNotShown: neither by --debug nor by a failure.
func TestPasswordsAreNotShown(t *testing.T) {
	f := found{"GOPROXY", "https://me:secret@proxy.example,direct", "go env"}
	require.Equal(t, "build arg GOPROXY=https://***@proxy.example,direct (go env)", f.String())
	var said strings.Builder
	printFailure(&said, errors.New("https://me:secret@proxy.example/x: 404"), exitFailed)
	require.Equal(t, "crossgo: https://***@proxy.example/x: 404\n", said.String())
}

func TestToolchainThatIsNotUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	t.Setenv("GOENV", file)
	for value, want := range map[string]string{"": "", "auto": "", "local": "", "path": "", "go1.26.3": "1.26.3", "go1.26.3+auto": "1.26.3", "local+auto": ""} {
		t.Setenv("GOTOOLCHAIN", value)
		require.Equal(t, want, unusedToolchain(), value)
	}
	t.Setenv("GOTOOLCHAIN", "")
	require.NoError(t, os.WriteFile(file, []byte("GOFLAGS=-x\nGOTOOLCHAIN=go1.25.1\n"), 0o644))
	require.Equal(t, "1.25.1", unusedToolchain())
}
