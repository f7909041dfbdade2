package env

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// OutOfStep is a package index that the machine's own mirror does not have as its signed index names it, under
// neither of its two names.
type OutOfStep struct {
	Dir  string // "dists/trixie/main/binary-arm64"
	Date string // of the signed index: "2026-11-21"
}

// MirrorOutOfStep asks the machine's mirror, by apt's own client, for the indexes of a release and its security
// updates for some of Debian's architectures, and returns those that are out of step.
func MirrorOutOfStep(t testing.TB, codename string, archs ...string) []OutOfStep {
	t.Helper()
	up, err := machineMirrors()
	require.NoError(t, err)
	return up.outOfStep(t, codename, archs...)
}

func (u *upstream) outOfStep(t testing.TB, codename string, archs ...string) []OutOfStep {
	t.Helper()
	var all []OutOfStep
	for archive, suite := range map[string]string{"/debian": codename, "/debian-security": codename + "-security"} {
		dists := path.Join(archive, "dists", suite)
		file := filepath.Join(t.TempDir(), "InRelease")
		require.NoError(t, u.fetch(t.Context(), dists+"/InRelease", "", file))
		signed, err := os.ReadFile(file)
		require.NoError(t, err)
		release, err := signedText(signed)
		require.NoError(t, err)
		date, err := time.Parse(time.RFC1123, field(release, "Date"))
		require.NoError(t, err)
		for _, arch := range archs {
			if !u.inStep(t, dists, release, arch) {
				dir := path.Join("dists", suite, "main/binary-"+arch)
				all = append(all, OutOfStep{Dir: dir, Date: date.Format(time.DateOnly)})
			}
		}
	}
	return all
}

// inStep reports whether the mirror has an architecture's index with the digest that the signed index gives it.
func (u *upstream) inStep(t testing.TB, dists string, release []byte, arch string) bool {
	t.Helper()
	dir := "main/binary-" + arch
	named := namedIndexes(release, dir)
	plain := "Packages" + indexNames[0]
	if named[plain] == "" {
		plain = "Packages" + indexNames[1]
	}
	digest := named[plain]
	require.NotEmpty(t, digest, "%s/InRelease names no index in %s", dists, dir)
	for _, name := range []string{"by-hash/SHA256/" + digest, plain} {
		err := u.fetch(t.Context(), path.Join(dists, dir, name), digest, filepath.Join(t.TempDir(), "index"))
		if err == nil {
			return true
		}
		known := errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "Hash Sum mismatch")
		require.True(t, known, fmt.Sprintf("the machine's mirror does not say whether it is in step: %v", err))
	}
	return false
}
