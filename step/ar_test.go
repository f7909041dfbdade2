package step

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// compiledC compiles C texts, each to an object of the given name.
func compiledC(t *testing.T, texts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range texts {
		source := filepath.Join(dir, strings.TrimSuffix(name, ".o")+".c")
		require.NoError(t, os.WriteFile(source, []byte(text), 0o644))
		tool(t, dir, "gcc", "-c", "-o", name, filepath.Base(source))
	}
	return dir
}

func tool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// TestStaticLibrary: GNU ld finds functions by the index, ar and nm read what is there, and the same objects give the same bytes.
func TestStaticLibrary(t *testing.T) {
	long := "an-object-with-a-long-name.o"
	dir := compiledC(t, map[string]string{
		"go.o": "int two(void);\nstatic int hidden(void) { return 1; }\nint one(void) { return hidden() + two() - 2; }\n",
		long:   "int two(void) { return 2; }\n__attribute__((weak)) int soft(void) { return 3; }\n",
	})
	library := filepath.Join(dir, "libsum.a")
	args := []string{"-q", "-c", "-s", library, filepath.Join(dir, "go.o"), filepath.Join(dir, long)}
	require.Equal(t, 0, archiveMain(args))
	require.Equal(t, "go.o\n"+long+"\n", tool(t, dir, "ar", "t", library))
	index := tool(t, dir, "nm", "--print-armap", library)
	for _, symbol := range []string{"one in go.o", "two in " + long, "soft in " + long} {
		require.Contains(t, index, symbol+"\n")
	}
	require.NotContains(t, index, "hidden in")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.c"), []byte("int one(void);\nint main(void) { return one() == 1 ? 0 : 1; }\n"), 0o644))
	tool(t, dir, "gcc", "-o", "main", "main.c", library)
	tool(t, dir, "./main")

	first, err := os.ReadFile(library)
	require.NoError(t, err)
	require.Equal(t, 0, archiveMain(args))
	second, err := os.ReadFile(library)
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestStaticLibraryOfNonsense(t *testing.T) {
	dir := tree(t, map[string]string{"x.o": "text"})
	require.ErrorContains(t, writeLibrary(filepath.Join(dir, "l.a"), []string{filepath.Join(dir, "x.o")}), "x.o: ")
	require.ErrorContains(t, writeLibrary(filepath.Join(dir, "l.a"), []string{filepath.Join(dir, "y.o")}), "y.o: ")
	require.Equal(t, 1, archiveMain([]string{"-q", "l.a"}))
}
