package frontend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/containerd/platforms"
	"github.com/crossgo/crossgo/internal/parallel"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// results solves every platform's graph and gathers what the exporters need.
func (r *request) results(ctx context.Context, plans []*plan.Plan) (*gwclient.Result, error) {
	each := make([]*dockerui.BuildResult, len(plans))
	attested := make([][]gwclient.Attestation, len(plans))
	rb, err := r.ui.Build(ctx, func(ctx context.Context, _ *ocispecs.Platform, i int) (_ *dockerui.BuildResult, err error) {
		defer parallel.Recover(&err)
		each[i], attested[i], err = r.result(ctx, plans[i], oci(r.targets[i]))
		return each[i], err
	})
	if err != nil {
		return nil, err
	}
	r.warn(ctx, plans)
	if r.selection.Kind == plan.KindReport && len(plans) > 1 {
		return r.overall(ctx, plans, each)
	}
	addAttestations(rb, r.ui.TargetPlatforms, attested)
	return rb.Finalize()
}

// overall is one report over all platforms, with theirs in folders of the names that exporters give to platforms. For the exporter it
// is a result without platforms: it would make a folder for each and leave no place beside them.
func (r *request) overall(ctx context.Context, plans []*plan.Plan, each []*dockerui.BuildResult) (*gwclient.Result, error) {
	var targets []string
	var reports []llb.State
	for i, p := range plans {
		st, err := each[i].Reference.ToState()
		if err != nil {
			return nil, err
		}
		targets, reports = append(targets, p.Target), append(reports, st)
	}
	ref, err := r.solve(ctx, gollb.Reports(r.inputs, targets, reports))
	if err != nil {
		return nil, err
	}
	res := gwclient.NewResult()
	res.SetRef(ref)
	return res, nil
}

// result is one platform's output, and what is said of it.
func (r *request) result(ctx context.Context, p *plan.Plan, target ocispecs.Platform) (*dockerui.BuildResult, []gwclient.Attestation, error) {
	in := r.inputs
	in.Read = r.read
	img := &dockerspec.DockerOCIImage{Image: ocispecs.Image{Platform: platforms.Normalize(target)}}
	if p.Image != nil && p.Image.Base != "" {
		b, err := r.baseImage(ctx, p.Image, target)
		if err != nil {
			return nil, nil, err
		}
		in.Base, img = b.files, b.image
	}
	img.Platform = target
	built := dockerui.BuildResult{Image: img}
	if p.Image != nil {
		var err error
		if built.Epoch, built.BaseImage, err = dateImage(img, p); err != nil {
			return nil, nil, err
		}
		configure(img, p.Image)
		in.Process = plan.Process{User: img.Config.User, Dir: img.Config.WorkingDir, Env: img.Config.Env}
	}
	label(img, r.ui.Labels)
	st, err := gollb.Emit(in, p, r.code)
	if err != nil {
		return nil, nil, err
	}
	ref, err := r.solveLimited(ctx, st)
	if err != nil {
		return nil, nil, err
	}
	attested, err := r.attest(ctx, in, p)
	if err != nil {
		return nil, nil, err
	}
	built.Reference = ref
	return &built, attested, r.readWarnings(ctx, in, p)
}

// dateImage says when the image was made, by the plan and not by a clock, and which layers it has on its base: BuildKit would say it from
// its own records, which differ between builders. What the base says of its layers stays as it is; the base as it was is for the
// exporter, which would clamp their times.
func dateImage(img *dockerspec.DockerOCIImage, p *plan.Plan) (*time.Time, *dockerspec.DockerOCIImage, error) {
	created, err := imageTime(p.Image.Created)
	if err != nil {
		return nil, nil, err
	}
	var base *dockerspec.DockerOCIImage
	if p.Image.Base != "" {
		was := *img
		was.History = slices.Clone(img.History)
		base = &was
	}
	img.Created = &created
	for _, l := range p.Layers() {
		img.History = append(img.History, ocispecs.History{Created: &created, CreatedBy: l.Name, Comment: "crossgo"})
	}
	return &created, base, nil
}

// imageTime reads the time that the plan has for an image.
func imageTime(text string) (time.Time, error) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("time of the image: found %q, want seconds since 1970 or RFC 3339", text)
	}
	return t.UTC(), nil
}

// configure writes the plan's image settings over those of the base.
func configure(img *dockerspec.DockerOCIImage, p *plan.Image) {
	c := &img.Config
	c.Entrypoint, c.Cmd, c.ArgsEscaped = p.Entrypoint, p.Cmd, false //nolint:staticcheck // windows bases set it
	c.Env = append(c.Env, p.Env...)
	if p.User != "" {
		c.User = p.User
	}
	if p.WorkDir != "" {
		c.WorkingDir = p.WorkDir
	}
	for _, l := range p.Labels {
		label(img, map[string]string{l.Name: l.Value})
	}
	img.RootFS.Type = "layers"
}

// label writes labels over those that the image has: the base's come first, then the spec's, then the request's.
func label(img *dockerspec.DockerOCIImage, labels map[string]string) {
	if img.Config.Labels == nil && len(labels) > 0 {
		img.Config.Labels = map[string]string{}
	}
	maps.Copy(img.Config.Labels, labels)
}
