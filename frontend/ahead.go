package frontend

import (
	"context"
	"sync"
	"time"

	"github.com/crossgo/crossgo/internal/parallel"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// patience is how long what is made ahead waits for the answer that would make it needless: on a warm builder every question
// is answered sooner, and nothing is asked twice.
const patience = 300 * time.Millisecond

// early is work that the graphs ask for later, begun while the request still waits for something else.
type early struct {
	answered func() // what it waits for is there: what has not begun is needless
	stop     func() // ends what is still going on, and waits for that
}

// ahead begins work early, but not with a remote cache: what is there would be pulled and unpacked though nothing may need it, and a
// pull that is cut off at its end leaves a file behind that the next one asks the registry to go on with where nothing more is (416).
func (r *request) ahead(ctx context.Context, work func(context.Context) error) early {
	if len(r.ui.CacheImports) > 0 {
		return early{answered: func() {}, stop: func() {}}
	}
	return ahead(ctx, work)
}

// ahead begins the work after some patience. Its errors are dropped: who needs the outcome meets the same error, and says whose
// it is.
func ahead(ctx context.Context, work func(context.Context) error) early {
	ctx, cancel := context.WithCancel(ctx)
	needless, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-time.After(patience):
			var err error
			defer parallel.Recover(&err)
			err = work(ctx)
		case <-needless:
		case <-ctx.Done():
		}
	}()
	return early{
		answered: sync.OnceFunc(func() { close(needless) }),
		stop: func() {
			cancel()
			<-done
		},
	}
}

// hostAhead has the host's C toolchain made while the go command is still being fetched and asked what the code is, where the
// spec alone says that C is compiled: on an empty builder these are the two long waits before the first compiler starts.
func (r *request) hostAhead(ctx context.Context) early {
	packages, where, ok := plan.HostAhead(r.spec, r.targets, r.build, r.selection)
	return r.ahead(ctx, func(ctx context.Context) error {
		if !ok {
			return nil
		}
		return r.makeHost(ctx, packages, where)
	})
}

// makeHost pins and unpacks the host's C toolchain.
func (r *request) makeHost(ctx context.Context, packages plan.SuiteRequests, where string) error {
	packaged, err := r.resolve(ctx, packages)
	if err != nil {
		return err
	}
	for _, set := range packaged.lock.Sets {
		if _, err := r.solve(ctx, gollb.HostToolchain(r.inputs, set, where)); err != nil {
			return err
		}
	}
	return nil
}

// compileAhead has compiled what needs no C side while the packages of the C side are still being chosen.
func (r *request) compileAhead(ctx context.Context, plans []*plan.Plan) early {
	var all []llb.State
	for _, p := range plans {
		all = append(all, gollb.Bare(r.inputs, p, r.code)...)
	}
	return r.ahead(ctx, func(ctx context.Context) error {
		_, err := parallel.Map(ctx, 0, all, r.solveLimited)
		return err
	})
}
