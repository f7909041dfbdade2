package verify

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What one file of 50 MB may cost. The time is of the processor: three times what is promised.
const (
	largeFile   = 50 << 20
	largeMemory = 100 << 20
	largeTime   = 900 * time.Millisecond
)

// largeData is a file of random bytes that makes a program with it as large as promised for.
func largeData(t *testing.T) string {
	random := rand.New(rand.NewPCG(1, 2))
	raw := make([]byte, largeFile-1<<20)
	for i := 0; i+8 <= len(raw); i += 8 {
		v := random.Uint64()
		for j := range 8 {
			raw[i+j] = byte(v >> (8 * j))
		}
	}
	file := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.WriteFile(file, raw, 0o644))
	return file
}

// largePrograms have 50 MB of data or code: from Go's linker, and from C's with all that is searched for.
func largePrograms(t *testing.T) map[string]string {
	data := largeData(t)
	all := map[string]string{}
	for name, section := range map[string]string{"data": ".data", "code": ".text"} {
		source := "#include <dlfcn.h>\n__asm__(\".pushsection " + section + "\\n.incbin \\\"" + data + "\\\"\\n.popsection\");\nint main(int c, char **v) { return c > 9 && dlopen(v[0], 0) == 0; }\n"
		all["static C with much "+name] = cc(t, source, "-static")
		all["static C with much "+name+", stripped"] = cc(t, source, "-static", "-s")
	}
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		b := forPlatform(platform)
		b.name, b.source = "large-"+b.name, "package main\n\nimport _ \"embed\"\n\n//go:embed data\nvar data string\n\nfunc main() { println(len(data)) }\n"
		b.files = map[string]string{"data": data}
		all["Go on "+platform] = b.path(t)
	}
	return all
}

// processorTime is what this process has had so far, which other programs on a busy machine do not lengthen as they do the wall's time.
func processorTime(t *testing.T) time.Duration {
	var use syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func TestLargeFiles(t *testing.T) {
	for name, file := range largePrograms(t) {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Greater(t, info.Size(), int64(largeFile-1<<20))
		var took time.Duration
		var findings []Finding
		used := allocated(func() {
			begin := processorTime(t)
			findings, err = File(file, Want{GOOS: "linux", GOARCH: runtime.GOARCH, GlibcFloor: "2.31", CGO: "off"})
			took = processorTime(t) - begin
		})
		require.NoError(t, err)
		require.Equal(t, strings.HasPrefix(name, "Go"), get(t, findings, "build-info").Level == Pass, name)
		t.Logf("%s: %d MB in %v, %d KiB allocated", name, info.Size()>>20, took, used>>10)
		require.Less(t, used, uint64(largeMemory), name)
		require.Less(t, took, largeTime, name)
	}
}
