package test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/moby/buildkit/client"
	"github.com/stretchr/testify/require"
)

// needy looks for what an image from scratch does not have, and says what it found.
const needy = `package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"os/user"
	"time"
)

func main() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	fmt.Println("zone:", berlin, err)
	who, err := user.Current()
	fmt.Println("user:", who.Username, err)
	f, err := os.CreateTemp("", "")
	fmt.Println("temporary file:", f != nil, err)
	roots, err := x509.SystemCertPool()
	fmt.Println("roots:", len(roots.Subjects()) > 50, err)
}
`

func writeNeedy(t *testing.T, image string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod": "module example.com/needy\n\ngo 1.26\n", "main.go": needy,
		"crossgo.yaml": "# syntax=ghcr.io/crossgo/crossgo:1\nbinaries: [{main: ., cgo: off, ldflags: [-s -w]}]\nimage:\n  " + image + "\n",
	})
	return dir
}

// TestAutoImageHasWhatTheProgramNeeds: the program finds all of it, as the image's user.
func TestAutoImageHasWhatTheProgramNeeds(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	built := build(t, writeNeedy(t, "base: auto"), "--platform=linux/"+runtime.GOARCH, "-o", root).OK(t)
	require.NotContains(t, built.Stderr, "WARNING")
	require.Contains(t, built.Stderr, "note: needy: without the C library users and groups are looked up in /etc/passwd")
	require.Subset(t, files(t, root), []string{"needy", "etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo/Europe/Berlin", "etc/passwd"})
	require.NoError(t, os.Chmod(root, 0o755))
	require.NoError(t, os.Chmod(filepath.Join(root, "tmp"), 0o1777|os.ModeSticky)) // the local exporter writes as the user of the client
	said := env.Run(t, env.Cmd{Root: root, Dir: "/", User: 65532, Env: []string{"TMPDIR="}, Args: []string{"/needy"}}).OK(t).Stdout
	requireLines(t, said, "zone: Europe/Berlin <nil>", "user: nonroot <nil>", "temporary file: true <nil>", "roots: true <nil>")
}

// TestScratchImageIsWarnedOf: the warnings come through buildx with the line that chose the base, and come again when nothing is built.
func TestScratchImageIsWarnedOf(t *testing.T) {
	t.Parallel()
	dir := writeNeedy(t, "base: scratch")
	for range 2 {
		built := build(t, dir, twoPlatforms, "--progress=rawjson", "-o", "type=cacheonly").OK(t)
		var found []string
		for _, w := range warningsOf(t, built.Stderr) {
			require.Equal(t, "crossgo.yaml", w.SourceInfo.Filename)
			require.Equal(t, int32(4), w.Range[0].Start.Line)
			require.Contains(t, string(w.Detail[1]), "what to do: ")
			found = append(found, strings.SplitN(string(w.Short), ": the program", 2)[0])
		}
		const about = "needy for linux/amd64, linux/arm64: "
		require.Equal(t, []string{about + "needs-roots", about + "needs-zones", about + "needs-users", about + "needs-tmp"}, found)
	}
}

// warningsOf are the warnings in a build's raw progress.
func warningsOf(t *testing.T, progress string) []client.VertexWarning {
	t.Helper()
	var all []client.VertexWarning
	for lines := bufio.NewScanner(strings.NewReader(progress)); lines.Scan(); {
		var status client.SolveStatus
		if json.Unmarshal(lines.Bytes(), &status) != nil {
			continue
		}
		for _, w := range status.Warnings {
			all = append(all, *w)
		}
	}
	return all
}
