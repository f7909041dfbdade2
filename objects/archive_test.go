package objects

import (
	"testing"

	"github.com/crossgo/crossgo/internal/objectcase"
	"github.com/stretchr/testify/require"
)

func TestHasNative(t *testing.T) {
	require.False(t, HasNative(nil))
	require.False(t, HasNative([]byte("stdout of a compiler")))
	require.False(t, HasNative(objectcase.Archive("__.PKGDEF", "_go_.o")))
	require.True(t, HasNative(objectcase.Archive("__.PKGDEF", "_go_.o", "_x001.o")))
	require.True(t, HasNative(objectcase.Archive("__.PKGDEF", "_go_.o", "add_amd64.o")))
	broken := objectcase.Archive("__.PKGDEF", "_go_.o")
	copy(broken[len(archiveMagic)+48:], "no number ")
	require.True(t, HasNative(broken), "what cannot be read is not trusted")
}

// TestHasC: what Go's assembler wrote is no C.
func TestHasC(t *testing.T) {
	require.False(t, HasC(nil))
	require.False(t, HasC(objectcase.Archive("__.PKGDEF", "_go_.o")))
	require.False(t, HasC(objectcase.Archive("__.PKGDEF", "_go_.o", "add_amd64.o")))
	require.True(t, HasC(objectcase.Archive("__.PKGDEF", "_go_.o", "_x001.o")))
}

func TestIsIndex(t *testing.T) {
	require.True(t, IsIndex([]byte("go index v2\n…")))
	require.False(t, IsIndex(objectcase.Archive("__.PKGDEF")))
	require.False(t, IsIndex(nil))
}
