package plan

// Machine is what the machine that compiles has to give.
type Machine struct {
	Cores  int   // that programs may use at once
	Memory int64 // bytes that are free; 0: not known
}

// What one platform needs while it is compiled and linked: see docs/performance.md#memory for the measurement.
const (
	mib            = int64(1) << 20
	platformMemory = 512 * mib // the go command, its directory in memory, and the last link
	coreMemory     = 256 * mib // each compiler: the go command runs one for each core
)

// Parallel is how many platforms are built at once, at least 1: what the spec says, else what fits into the free memory, and no
// more than there are cores, since each go command keeps all of them busy by itself: a second one fills the gaps of the first.
// With the memory not known it is one.
func Parallel(said int, m Machine) int {
	if said > 0 {
		return said
	}
	cores := max(m.Cores, 1)
	fit := m.Memory / (platformMemory + int64(cores)*coreMemory)
	return int(max(1, min(fit, int64(cores))))
}

// MoreMemory is what to do about a process that was killed for want of memory.
const MoreMemory = "build fewer platforms at once (parallel: 1 in the spec) or give the builder more memory"
