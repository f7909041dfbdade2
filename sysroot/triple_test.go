package sysroot

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefinesAreThoseOfTheSuitesLibraries(t *testing.T) {
	for _, c := range []struct {
		arch  string
		kind  Kind
		suite string
		want  []string
	}{
		{"armhf", KindGlibc, "trixie", []string{"-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64"}},
		{"armhf", KindGlibc, "bookworm", nil},
		{"i386", KindGlibc, "trixie", nil},
		{"arm64", KindGlibc, "trixie", nil},
		{"armhf", KindMusl, "trixie", []string{"-D_FILE_OFFSET_BITS=64", "-D_LFS64_LARGEFILE=1"}},
		{"i386", KindMusl, "bookworm", []string{"-D_FILE_OFFSET_BITS=64", "-D_LFS64_LARGEFILE=1"}},
		{"amd64", KindMusl, "trixie", nil},
	} {
		a, err := ArchOf(c.arch)
		require.NoError(t, err)
		require.Equal(t, c.want, a.Defines(c.kind, c.suite), "%s %s %s", c.arch, c.kind, c.suite)
	}
}
