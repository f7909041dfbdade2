package llb

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
)

// Attestations is the state with what is said of a plan's outputs beside them: plan.SBOMFile, plan.SBOMFolder, plan.VerificationFile and
// plan.SubjectsFile. It hangs on the very vertices that Emit gives.
func Attestations(ctx context.Context, in Inputs, p *plan.Plan, code Code) (llb.State, error) {
	base := ""
	if in.Base != nil {
		var err error
		if base, err = imageDigest(ctx, *in.Base); err != nil {
			return llb.State{}, err
		}
	}
	return attestations(in, p, unitOutputs(in, p, code), base)
}

// attestations has the digest that the image's base is pinned by, if there is one.
func attestations(in Inputs, p *plan.Plan, units []unitOutput, base string) (llb.State, error) {
	job, err := p.AttestJob()
	if err != nil {
		return llb.State{}, err
	}
	var all plan.Unit
	for _, u := range units {
		all.Outputs = append(all.Outputs, u.plan.Outputs...)
	}
	if in.Base != nil {
		job.Image.Digest = base
	}
	e := in.self("attest", fmt.Sprintf("[%s] write the SBOM of %s", p.Target, outputs(all)), all.Outputs[0].Where, outputs(all)+" for "+p.Target, job)
	for i, u := range units {
		dir := path.Join(plan.PathAttest, fmt.Sprint(i))
		mountUnit(in, e, dir, u, job.Units[i])
		if job.Units[i].Shipped != nil {
			e.mount(path.Join(dir, plan.AttestShipped), runtime(in, p, units, i))
		}
	}
	return e.output(), nil
}

// imageDigest is the digest that a state's image is pinned by; empty for a state that is no image by itself.
func imageDigest(ctx context.Context, st llb.State) (string, error) {
	def, err := st.Marshal(ctx)
	if err != nil {
		return "", err
	}
	for _, raw := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(raw); err != nil {
			return "", err
		}
		if name, ok := strings.CutPrefix(op.GetSource().GetIdentifier(), "docker-image://"); ok && len(def.Def) == 2 { // it, and the one that names the result
			_, digest, _ := strings.Cut(name, "@")
			return digest, nil
		}
	}
	return "", nil
}

// mountUnit mounts what a unit's part of the job speaks of.
func mountUnit(in Inputs, e *exec, dir string, u unitOutput, job plan.AttestUnit) {
	e.mount(path.Join(dir, plan.AttestFiles), u.verified.files)
	e.mount(path.Join(dir, plan.AttestReport), u.verified.report)
	if job.Set != nil {
		mountPackages(in, e, path.Join(dir, plan.AttestDebs), *job.Set)
	}
	if u.verified.needs != nil {
		e.mount(path.Join(dir, plan.AttestNeeds), *u.verified.needs)
	}
}

// mountPackages mounts the package files of a set by their names; of source packages there is nothing to read.
func mountPackages(in Inputs, e *exec, dir string, set sysroot.Set) {
	for _, p := range set.Packages {
		if p.Architecture != sysroot.SourceArch {
			name := path.Base(p.Filename)
			e.mount(path.Join(dir, name), packageFile(in, p), llb.SourcePath(name))
		}
	}
}
