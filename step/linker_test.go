package step

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuestion(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"/link/x-clang", "-m64", "-o", "/tmp/l/a.out", "-no-pie", "/tmp/l/trivial.c"}, "-no-pie"},
		{[]string{"/link/x-clang", "-m64", "-static", "-o", "/tmp/l/a.out", "-Wl,-z,nobtcfi", "/tmp/l/trivial.c"}, "-Wl,-z,nobtcfi"},
		{[]string{"/link/x-clang", "-m64", "-o", "/tmp/a.out", "-no-pie", "/tmp/go.o", "/tmp/000000.o"}, ""},
		{[]string{"/link/x-clang", "-o", "trivial.c"}, ""},
		{[]string{"/link/x-clang"}, ""},
	} {
		require.Equal(t, c.want, question(c.args), "%v", c.args)
	}
	require.NotContains(t, clangAccepts, "")
}

func TestIsLinker(t *testing.T) {
	require.True(t, isLinker("/link/aarch64-linux-gnu-clang"))
	require.False(t, isLinker("/crossgo"))
	require.False(t, isLinker("crossgo"))
}
