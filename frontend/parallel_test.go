package frontend

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crossgo/crossgo/plan"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/stretchr/testify/require"
)

// TestParallel: no more platforms are compiled at once than the spec says, or the machine has room for.
func TestParallel(t *testing.T) {
	machine := func(cfg *config) {
		cfg.machine = func() plan.Machine { return plan.Machine{Cores: 2, Memory: 16 << 30} }
	}
	for spec, want := range map[string]int32{"parallel: 1\n": 1, "parallel: 3\n": 3, "parallel: 9\n": 4, "": 2} {
		var now, most atomic.Int32
		compile := func(*pb.Op, []byte) error {
			n := now.Add(1)
			for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
			}
			time.Sleep(time.Second) // in a bubble: until all others sleep or wait
			now.Add(-1)
			return nil
		}
		f := newFake(spec, "platform", "linux/amd64,linux/arm64,linux/386,windows/amd64")
		f.fails = map[string]func(*pb.Op, []byte) error{
			"[linux/amd64] compile app": compile, "[linux/arm64] compile app": compile, "[linux/386] compile app": compile, "[windows/amd64] compile app.exe": compile,
		}
		synctest.Test(t, func(t *testing.T) { f.ok(t, machine) })
		require.Equal(t, want, most.Load(), spec)
	}
}

// TestKilledForWantOfMemory: by the exit code, by BuildKit's words, and by the kernel's count.
func TestKilledForWantOfMemory(t *testing.T) {
	const (
		step   = "crossgo.yaml: compile of app for linux/amd64 "
		advice = "build fewer platforms at once (parallel: 1 in the spec) or give the builder more memory"
		hint   = "\nhint: meanwhile the kernel killed a process for want of memory: " + advice
	)
	one, killed := &gwpb.ExitError{ExitCode: 1}, &gwpb.ExitError{ExitCode: 137}
	watched := fmt.Errorf("process \"go build\" did not complete successfully: %w", &gwpb.ExitError{ExitCode: 1, Err: errors.New("cannot allocate memory")})
	for _, c := range []struct {
		why   error
		kills int64  // meanwhile
		left  string // by the step
		want  string
	}{
		{one, 0, "", step + "failed, the reason stands above"},
		{one, 1, "", step + "failed, the reason stands above" + hint},
		{watched, 0, "", step + "failed, the reason stands above" + hint},
		{killed, 0, "", step + "was killed, most likely for want of memory: " + advice},
		{killed, 2, "", step + "was killed for want of memory: " + advice},
		{one, 0, "undefined: x", "crossgo.yaml: undefined: x"},
		{one, 1, "undefined: x", "crossgo.yaml: undefined: x" + hint},
		{one, 1, "it was killed: " + plan.MoreMemory, "crossgo.yaml: it was killed: " + advice},
	} {
		f, count := newFake("", "platform", "linux/amd64"), int64(5)
		f.problem = c.left
		f.fails = map[string]func(*pb.Op, []byte) error{"[linux/amd64] compile app": func(op *pb.Op, raw []byte) error {
			count += c.kills
			return failedBy("crossgo.yaml", c.why)(op, raw)
		}}
		_, err := f.build(t, func(cfg *config) { cfg.kills = func() int64 { return count } })
		require.EqualError(t, err, c.want)
	}
}
