package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/internal/golden"
)

// TestGenerated keeps docs/checks in step with the rules; -update writes it anew.
func TestGenerated(t *testing.T) {
	const dir = "../docs/checks"
	golden.Equal(t, filepath.Join(dir, "README.md"), Table())
	want := []string{"README.md"}
	for _, r := range Rules() {
		golden.Equal(t, filepath.Join(dir, r.ID+".md"), r.Page())
		want = append(want, r.ID+".md")
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	require.ElementsMatch(t, want, found, "a page without a rule")
}

func TestRulesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		require.False(t, seen[r.ID], "%s is there twice", r.ID)
		seen[r.ID] = true
		require.Contains(t, []Level{Fail, Warn, Note}, r.Severity, r.ID)
		for _, text := range []string{r.ID, r.Title, r.Reads, r.Fails, r.Why, r.Mend} {
			require.NotEmpty(t, text, r.ID)
			require.False(t, strings.HasSuffix(text, "."), "%s: %q ends with a full stop", r.ID, text)
		}
	}
	require.True(t, seen[RunID] && seen[ReproducibleID])
}

// TestAllow shows that an allowed rule gives a note, and that a fixed one cannot be allowed.
func TestAllow(t *testing.T) {
	foreign := elfSpec{machine: plain.machine, interp: "/nix/store/x/ld.so", needed: []string{"libx.so"}}.build()
	require.Contains(t, failures(readBytes(t, foreign, "linux/amd64", Want{})), "loader")
	allowed := readBytes(t, foreign, "linux/amd64", Want{Allow: []string{"loader"}})
	require.NotContains(t, failures(allowed), "loader")
	require.Equal(t, Note, get(t, allowed, "loader").Level)
	require.Contains(t, get(t, allowed, "loader").Text, "(allowed)")
	require.Contains(t, failures(readBytes(t, foreign, "linux/arm64", Want{Allow: []string{"machine"}})), "machine")

	require.Empty(t, CheckAllowed("loader"))
	require.Contains(t, CheckAllowed("machine"), "cannot be allowed to fail")
	require.Contains(t, CheckAllowed("lodaer"), "no check; allowed are loader")
}
