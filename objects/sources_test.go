package objects

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/internal/golden"
	"github.com/stretchr/testify/require"
)

// TestSourcesAreFrozen: another text is another program, and with it everybody's dependencies are compiled anew. Write the sum anew
// only for a change that is worth that.
func TestSourcesAreFrozen(t *testing.T) {
	golden.Equal(t, "testdata/sources.golden", fmt.Sprintf("%x\n", sha256.Sum256([]byte(fmt.Sprint(Sources())))))
}

// TestSourcesCompile: the module is whole without what is around it here, and vet finds nothing.
func TestSourcesCompile(t *testing.T) {
	dir := t.TempDir()
	for _, f := range Sources() {
		name := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(f.Text), 0o644))
	}
	cmd := exec.Command("go", "vet", "./...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOPROXY=off", "GOWORK=off", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}
