package frontend

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFreeMemory: what the machine has, or the least that one of the cgroups around this process allows.
func TestFreeMemory(t *testing.T) {
	const info = "MemTotal:       2000000 kB\nMemFree:           1000 kB\nMemAvailable:    1000000 kB\n"
	const v1 = "sys/fs/cgroup/memory/"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing known", nil, 0},
		{"no cgroup", map[string]string{"proc/meminfo": info}, 1000000 << 10},
		{"version 2 without a limit", map[string]string{"proc/meminfo": info, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 1000000 << 10},
		{"version 2, limited above", map[string]string{"proc/meminfo": info, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
			"sys/fs/cgroup/a/memory.max": "500000\n", "sys/fs/cgroup/a/memory.current": "300000\n", "sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 100000\n"}, 300000},
		{"version 2 of a container", map[string]string{"proc/meminfo": info, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "4000\n", "sys/fs/cgroup/memory.current": "1000\n"}, 3000},
		{"version 1", map[string]string{"proc/meminfo": info, "proc/self/cgroup": "5:cpu:/a\n4:memory:/a\n0::/\n", v1 + "a/memory.limit_in_bytes": "500000\n",
			v1 + "a/memory.usage_in_bytes": "400000\n", v1 + "a/memory.stat": "inactive_file 7\ntotal_inactive_file 50000\n"}, 150000},
		{"version 1 without a limit", map[string]string{"proc/meminfo": info, "proc/self/cgroup": "4:memory:/\n", v1 + "memory.limit_in_bytes": "9223372036854771712\n"}, 1000000 << 10},
		{"more than there is", map[string]string{"proc/meminfo": info, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "900000000000\n"}, 1000000 << 10},
	} {
		root := t.TempDir()
		for name, text := range c.files {
			file := filepath.Join(root, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		}
		require.Equal(t, c.want, freeMemory(root), c.name)
	}
}

func TestThisMachine(t *testing.T) {
	m := thisMachine()
	require.Positive(t, m.Cores)
	require.Positive(t, m.Memory, "Linux says what is free")
}
