package frontend

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crossgo/crossgo/internal/parallel"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
)

// pin resolves the packages that the plans ask for. Plans without any fetch nothing.
func (r *request) pin(ctx context.Context, plans []*plan.Plan) error {
	bySuite := plan.RequestsBySuite(plans)
	lock := &sysroot.Lock{}
	locks, err := parallel.Map(ctx, 0, bySuite, r.resolve)
	if err != nil {
		return err
	}
	for _, l := range locks {
		lock.Sets = append(lock.Sets, l.lock.Sets...)
		r.read = append(r.read, l.made)
	}
	var errs []error
	for _, p := range plans {
		errs = append(errs, p.Pin(lock))
	}
	return errors.Join(errs...)
}

// resolved is a suite's lock and the state that it was read from.
type resolved struct {
	lock sysroot.Lock
	made llb.State
}

// resolve pins the requests of one suite: signed index, package indexes by digest, then the choice of files.
func (r *request) resolve(ctx context.Context, s plan.SuiteRequests) (resolved, error) {
	indexes, err := r.indexes(ctx, s)
	if err != nil {
		return resolved{}, err
	}
	job := plan.ResolveJob{Suite: s.Suite, Requests: s.Requests}
	for _, i := range indexes {
		job.Indexes = append(job.Indexes, i.Job)
	}
	done := resolved{made: gollb.Resolve(r.inputs, indexes, job)}
	err = r.readJSON(ctx, done.made, plan.LockFile, &done.lock)
	return done, err
}

// indexes are the package indexes that a suite's requests are looked up in, from each of its archives.
func (r *request) indexes(ctx context.Context, s plan.SuiteRequests) ([]gollb.Index, error) {
	archives, err := r.inputs.Args.Archives(s.Suite)
	if err != nil {
		return nil, err
	}
	lists, err := parallel.Map(ctx, 0, archives, func(ctx context.Context, a plan.Archive) ([]gollb.Index, error) {
		return r.archiveIndexes(ctx, a, s.Archs())
	})
	return slices.Concat(lists...), err
}

func (r *request) archiveIndexes(ctx context.Context, a plan.Archive, archs []string) ([]gollb.Index, error) {
	address := r.inputs.Archives[a.ID]
	release, err := r.release(ctx, address, a)
	if err != nil {
		return nil, fmt.Errorf("%s/dists/%s/InRelease: %w", address, a.Suite, err)
	}
	var list []gollb.Index
	for _, arch := range archs {
		file, err := release.Index("main", arch)
		if err != nil {
			return nil, fmt.Errorf("%s/dists/%s/InRelease: %w", address, a.Suite, err)
		}
		name := a.ID + "-" + arch + ending(file.Path)
		list = append(list, gollb.Index{Address: address, Suite: a.Suite, File: file, Job: plan.ResolveIndex{File: name, Arch: arch, Archive: a.ID}})
	}
	return list, nil
}

// release fetches an archive's signed index and checks who signed it.
func (r *request) release(ctx context.Context, address string, a plan.Archive) (*sysroot.Release, error) {
	ref, err := r.solve(ctx, gollb.SignedIndex(r.inputs, address, a.Suite))
	if err != nil {
		return nil, unreachable(err)
	}
	data, err := dockerui.ReadFile(ctx, ref, "InRelease")
	if err != nil {
		return nil, err
	}
	release, err := r.keys.parse(ctx, data)
	if err != nil {
		return nil, err
	}
	return release, release.Check(a.Suite)
}

// unreachable says whose setting it is.
func unreachable(err error) error {
	return fmt.Errorf("the Debian mirror cannot be read (--build-arg DEBIAN_MIRROR=… and DEBIAN_SECURITY_MIRROR=… name others): %w", err)
}

func ending(path string) string {
	for i := len(path) - 1; i >= 0 && path[i] != '/'; i-- {
		if path[i] == '.' {
			return path[i:]
		}
	}
	return ""
}
