package frontend

import (
	"context"
	"time"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"golang.org/x/sync/errgroup"
)

// patience is how long what is made ahead waits for the answer that would make it needless: on a warm builder every question
// is answered sooner, and nothing is asked twice.
const patience = 300 * time.Millisecond

// ahead starts work that the graphs ask for later while the request still waits for something else. stop ends what is still
// going on, and waits for that.
func ahead(ctx context.Context, work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // as with errors: whoever does the same later reports it
		select {
		case <-time.After(patience):
			_ = work(ctx) // who needs the outcome meets the same error, and says whose it is
		case <-ctx.Done():
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// hostAhead has the host's C toolchain made while the go command is still being fetched and asked what the code is, where the
// spec alone says that C is compiled: on an empty builder these are the two long waits before the first compiler starts.
func (r *request) hostAhead(ctx context.Context) (stop func()) {
	packages, where, ok := plan.HostAhead(r.spec, r.targets, r.build, r.selection)
	if !ok {
		return func() {}
	}
	return ahead(ctx, func(ctx context.Context) error { return r.makeHost(ctx, packages, where) })
}

// makeHost pins and unpacks the host's C toolchain.
func (r *request) makeHost(ctx context.Context, packages plan.SuiteRequests, where string) error {
	lock, err := r.resolve(ctx, packages)
	if err != nil {
		return err
	}
	for _, set := range lock.Sets {
		if _, err := r.solve(ctx, gollb.HostToolchain(r.inputs, set, where)); err != nil {
			return err
		}
	}
	return nil
}

// compileAhead has compiled what needs no C side while the packages of the C side are still being chosen.
func (r *request) compileAhead(ctx context.Context, plans []*plan.Plan) (stop func()) {
	return ahead(ctx, func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, p := range plans {
			for _, st := range gollb.Bare(r.inputs, p, r.code) {
				group.Go(func() error {
					_, err := r.solve(ctx, st)
					return err
				})
			}
		}
		return group.Wait()
	})
}
