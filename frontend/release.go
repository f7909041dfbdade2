package frontend

import (
	"context"

	"github.com/crossgo/crossgo/internal/parallel"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// publish is one result for all platforms: exporters write one folder for each platform of a result, and a release is one folder
// with one file of checksums.
func (r *request) publish(ctx context.Context, plans []*plan.Plan) (*gwclient.Result, error) {
	publication, err := plan.Publish(r.planInput(0), plans)
	if err != nil {
		return nil, distinct(err)
	}
	packed, err := parallel.Map(ctx, 0, plans, r.pack)
	if err != nil {
		return nil, err
	}
	r.warn(ctx, plans)
	ref, err := r.solve(ctx, gollb.Publish(r.inputs, r.code, publication, packed))
	if err != nil {
		return nil, err
	}
	return r.single(ctx, ref)
}

// pack has a platform's archive made, so that no more platforms are compiled at once than the memory allows, and reads what the gate
// warns of.
func (r *request) pack(ctx context.Context, p *plan.Plan) (llb.State, error) {
	in := r.inputs
	in.Read = r.read
	st, err := gollb.Emit(in, p, r.code)
	if err != nil {
		return llb.State{}, err
	}
	if _, err = r.solveLimited(ctx, st); err != nil {
		return llb.State{}, err
	}
	return st, r.readWarnings(ctx, in, p)
}

// single is a result of files that belong to no platform. Exporters ask every result for one: it is the one that was asked for, or of
// several the build machine's. Of these BuildKit says as a warning that the result is not for several platforms.
func (r *request) single(ctx context.Context, ref gwclient.Reference) (*gwclient.Result, error) {
	platform := oci(r.build)
	if len(r.targets) == 1 {
		platform = oci(r.targets[0])
	}
	r.ui.TargetPlatforms, r.ui.MultiPlatformRequested = []ocispecs.Platform{platform}, false
	rb, err := r.ui.Build(ctx, func(context.Context, *ocispecs.Platform, int) (*dockerui.BuildResult, error) {
		img := &dockerspec.DockerOCIImage{Image: ocispecs.Image{Platform: platform, RootFS: ocispecs.RootFS{Type: "layers"}}}
		return &dockerui.BuildResult{Reference: ref, Image: img}, nil
	})
	if err != nil {
		return nil, err
	}
	return rb.Finalize()
}
