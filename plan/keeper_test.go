package plan

import (
	"testing"

	"github.com/crossgo/crossgo/spec"
	"github.com/stretchr/testify/require"
)

// TestIncludes: packages with assembly are kept for builds that have the same modules in place of others.
func TestIncludes(t *testing.T) {
	foreign := DepsStep{ID: "foreign"}
	of := func(text string) string {
		return foreign.includes(Input{Mods: Mods{GoMod: []byte("module m\n" + text)}})
	}
	plain := of("require a.b/c v1.0.0\n")
	require.Equal(t, asNamed, plain)
	require.Equal(t, asNamed, DepsStep{ID: "heavy"}.includes(Input{Mods: Mods{GoMod: []byte("replace a.b/c => d.e/f v1.0.0\n")}}), "another go.mod is no other key")
	require.Equal(t, plain, of(""))
	replaced := of("replace a.b/c => d.e/f v1.0.0\n")
	require.NotContains(t, []string{"", plain}, replaced)
	require.NotEqual(t, replaced, of("replace a.b/c => d.e/f v1.0.1\n"))
	require.Empty(t, of("modul\n"))
	require.Empty(t, foreign.includes(Input{Vendor: true, Mods: Mods{GoMod: []byte("module m\n")}}))
	require.Empty(t, foreign.includes(Input{Mods: Mods{GoMod: []byte("module m\n"), GoWork: []byte("use .\n")}}))
}

// TestKeeperAhead: only for what will ask it.
func TestKeeperAhead(t *testing.T) {
	for _, c := range []struct {
		mode  spec.CacheMode
		goes  string
		ahead bool
	}{
		{spec.CacheAuto, "1.26.8", true}, {spec.CacheBoth, "1.24", true}, {spec.CacheAuto, "1.23.1", false},
		{spec.CacheLayers, "1.26.8", false}, {spec.CacheMounts, "1.26.8", false},
	} {
		file := &spec.File{}
		file.Cache.Mode.V = c.mode
		k, ok := KeeperAhead(file, Go{Version: c.goes, Build: "linux/arm64"})
		require.Equal(t, c.ahead, ok, c)
		if ok {
			require.Contains(t, k.Env, "GOARCH=arm64")
		}
	}
	_, err := NewKeeper(Go{Build: "plan9"})
	require.ErrorContains(t, err, "build machine")
}
