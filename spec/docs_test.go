package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSpecsInDocs: every whole spec that README and the docs show is one. It begins with the line of the frontend's image.
func TestSpecsInDocs(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	found := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, rest := range strings.Split(string(text), "```yaml\n")[1:] {
			block, _, _ := strings.Cut(rest, "```")
			if !strings.Contains(block, "# syntax=ghcr.io/crossgo/crossgo:1\n") {
				continue
			}
			_, err := Parse(filepath.Base(page), []byte(block))
			require.NoError(t, err, "%s\n%s", page, block)
			found++
		}
	}
	require.GreaterOrEqual(t, found, 5)
}
