package llb_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/stretchr/testify/require"
)

// stepName is where a step gets its name in this package.
var stepName = regexp.MustCompile(`(?:\.self\(|\.newExec\(|step: )"([a-z-]+)"`)

// TestStepsAreAll: --no-cache-filter can name each step, and nothing that is none.
func TestStepsAreAll(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var names []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range stepName.FindAllStringSubmatch(string(data), -1) {
			if !strings.HasSuffix(file, "_test.go") {
				names = append(names, m[1])
			}
		}
	}
	slices.Sort(names)
	require.Equal(t, slices.Compact(names), gollb.Steps)
}
