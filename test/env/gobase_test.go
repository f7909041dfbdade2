package env

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGoBaseImageRunsGoWithoutAShell(t *testing.T) {
	world.GoBaseImage(t)
	dir := write(t, map[string]string{"Dockerfile": "ARG V\nFROM golang:$V\nRUN [\"go\", \"version\"]\n"})
	r := world.Buildx(t, "build", "--progress=plain", "--build-arg", "V="+goVersion(), dir).OK(t)
	require.Contains(t, r.Output(), "go version go"+goVersion())
}
