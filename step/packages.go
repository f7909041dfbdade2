package step

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/crossgo/crossgo/internal/parallel"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
)

// resolve pins the package files that the job's requests need.
func resolve(ctx context.Context, job plan.ResolveJob) error {
	read, err := parallel.Map(ctx, 0, job.Indexes, func(_ context.Context, x plan.ResolveIndex) (*sysroot.Index, error) {
		return readIndex(x)
	})
	if err != nil {
		return err
	}
	indexes := map[string][]*sysroot.Index{}
	for i, x := range job.Indexes {
		indexes[x.Arch] = append(indexes[x.Arch], read[i])
	}
	lock, err := sysroot.Resolve(job.Suite, job.Requests, indexes)
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(plan.PathOut, plan.LockFile), lock)
}

func readIndex(x plan.ResolveIndex) (*sysroot.Index, error) {
	f, err := os.Open(filepath.Join(plan.PathIn, x.File))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := sysroot.Open(x.File, bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, err
	}
	if x.Arch == sysroot.SourceArch {
		return sysroot.ReadSources(r, x.Archive)
	}
	return sysroot.ReadIndex(r, x.Archive)
}

// unpack makes a root of package files.
func unpack(_ context.Context, job plan.UnpackJob) error {
	debs := make([]string, len(job.Files))
	for i, f := range job.Files {
		debs[i] = filepath.Join(plan.PathIn, f)
	}
	if err := sysroot.Unpack(plan.PathOut, debs, sysroot.UnpackOptions{Kind: job.Kind, Arch: job.Arch, CXX: job.CXX, HostRoot: "/"}); err != nil {
		return fmt.Errorf("unpack %s %s: %w", job.Kind, job.Arch, err)
	}
	return nil
}

// runtimeTree copies the loader and libraries that files need out of sysroots.
func runtimeTree(_ context.Context, job plan.RuntimeJob) error {
	files := make([]string, len(job.Files))
	for i, f := range job.Files {
		files[i] = filepath.Join(plan.PathIn, f)
	}
	sysroots := make([]string, job.Sysroots)
	for i := range sysroots {
		sysroots[i] = filepath.Join(plan.PathSysroots, strconv.Itoa(i))
	}
	return sysroot.CopyRuntime(sysroots, plan.PathOut, files)
}
