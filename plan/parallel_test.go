package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

func TestParallel(t *testing.T) {
	const gib = int64(1) << 30
	for _, c := range []struct {
		name    string
		said    int
		machine plan.Machine
		want    int
	}{
		{"what the spec says", 7, plan.Machine{Cores: 2, Memory: gib}, 7},
		{"one, when the spec says so", 1, plan.Machine{Cores: 64, Memory: 256 * gib}, 1},
		{"2 cores, 24 GiB: the cores", 0, plan.Machine{Cores: 2, Memory: 24 * gib}, 2},
		{"2 cores, 3 GiB", 0, plan.Machine{Cores: 2, Memory: 3 * gib}, 2},
		{"2 cores, 2 GiB minus a byte", 0, plan.Machine{Cores: 2, Memory: 2*gib - 1}, 1},
		{"4 cores, 16 GiB", 0, plan.Machine{Cores: 4, Memory: 16 * gib}, 4},
		{"4 cores, 7 GiB free", 0, plan.Machine{Cores: 4, Memory: 7 * gib}, 4},
		{"8 cores, 16 GiB: each platform needs more", 0, plan.Machine{Cores: 8, Memory: 16 * gib}, 6},
		{"64 cores, 64 GiB", 0, plan.Machine{Cores: 64, Memory: 64 * gib}, 3},
		{"next to nothing", 0, plan.Machine{Cores: 2, Memory: 1}, 1},
		{"nothing known", 0, plan.Machine{}, 1},
		{"memory not known", 0, plan.Machine{Cores: 8}, 1},
	} {
		require.Equal(t, c.want, plan.Parallel(c.said, c.machine), c.name)
	}
}
