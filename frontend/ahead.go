package frontend

import (
	"context"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
)

// ahead has the host's C toolchain made while the go command is still being fetched and asked what the code is, where the
// spec alone says that C is compiled: on an empty builder these are the two long waits before the first compiler starts. The
// graph asks for the same vertex later. stop ends what is still going on, and waits for that.
func (r *request) ahead(ctx context.Context) (stop func()) {
	packages, where, ok := plan.HostAhead(r.spec, r.targets, r.build, r.selection)
	if !ok {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()     // as with errors: whoever does the same later reports it
		_ = r.makeHost(ctx, packages, where) // who needs the toolchain meets the same error, and says whose it is
	}()
	return func() {
		cancel()
		<-done
	}
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
