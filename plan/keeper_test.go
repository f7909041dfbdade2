package plan

import (
	"testing"

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

// TestPkgConfigIsInTheSalt: by what it says of linking a static program's archive is another one than a dynamic program's.
func TestPkgConfigIsInTheSalt(t *testing.T) {
	require.Equal(t, "/usr/bin/static-pkg-config", pkgConfig([]string{"A=b", "PKG_CONFIG=/usr/bin/static-pkg-config"}))
	require.Empty(t, pkgConfig([]string{"PKG_CONFIG=/usr/bin/pkg-config", "PKG_CONFIG="}), "none is asked")
	u := Unit{C: &CSide{}}
	require.NotEqual(t, u.salt([]string{"PKG_CONFIG=a"}), u.salt([]string{"PKG_CONFIG=b"}))
	require.Empty(t, Unit{}.salt(nil), "no C")
}
