package verify_test

import (
	"os"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/verify"
	"github.com/stretchr/testify/require"
)

// TestBuildInfoOfAProgram reads this test's own program, and what is none.
func TestBuildInfoOfAProgram(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	f, err := os.Open(exe)
	require.NoError(t, err)
	defer f.Close()
	stat, err := f.Stat()
	require.NoError(t, err)
	info, err := verify.BuildInfo(f, stat.Size())
	require.NoError(t, err)
	require.Equal(t, "github.com/crossgo/crossgo", info.Main.Path)
	for _, text := range []string{"", "text", "\x00asm", "\x7fELF\x02\x01\x01"} {
		_, err := verify.BuildInfo(strings.NewReader(text), int64(len(text)))
		require.Error(t, err, text)
	}
}
