package main

import (
	"errors"
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
