package llb

import (
	"fmt"
	"path"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// pack is a platform's archive with what speaks of it.
func pack(in Inputs, p *plan.Plan, units []unitOutput) (llb.State, error) {
	e := in.self("pack", fmt.Sprintf("[%s] pack %s", p.Target, p.Release.Archive), p.Release.Where, p.Release.Archive, p.PackJob())
	for i, u := range units {
		e.mount(path.Join(plan.PathIn, fmt.Sprint(i)), u.verified.files)
		e.mount(path.Join(plan.PathReport, fmt.Sprint(i)), u.verified.report)
	}
	for i, f := range p.Release.Files {
		e.mount(path.Join(plan.PathFiles, fmt.Sprint(i)), contextFiles(in, f.From, "release"))
	}
	if p.Release.SBOM {
		described, err := attestations(in, p, units, "")
		if err != nil {
			return llb.State{}, err
		}
		e.mount(path.Join(plan.PathAttest, plan.SBOMFile), described, llb.SourcePath("/"+plan.SBOMFile))
	}
	return e.output(), nil
}

// contextFiles are the files of the context that a pattern matches: what is made of them depends on no other.
func contextFiles(in Inputs, pattern, whose string) llb.State {
	return llb.Scratch().File(llb.Copy(in.Context, "/", "/", &llb.CopyInfo{
		CopyDirContentsOnly: true, IncludePatterns: []string{pattern}, AllowEmptyWildcard: true,
	}), llb.WithCustomNamef("[%s] take %s", whose, pattern), llb.Platform(in.Build))
}

// Publish is a release's folder; packed is what Emit made for each platform.
func Publish(in Inputs, code Code, p plan.Publication, packed []llb.State) llb.State {
	e := in.self("gather", "[release] checksums and lock", "", "the release", p.Gather)
	for i, st := range packed {
		e.mount(path.Join(plan.PathIn, fmt.Sprint(i)), st)
	}
	if p.Gather.GoVersion {
		e.mount(plan.PathGoRoot+"/VERSION", code.Go, llb.SourcePath("/go/VERSION"))
	}
	files := e.output()
	if p.Sign == nil {
		return files
	}
	return files.File(llb.Copy(sign(in, *p.Sign, files), "/", "/", contents), llb.WithCustomName("[release] add the signature"), llb.Platform(in.Build))
}

// sign makes the signatures of one file. Keys are no part of a step's key: were the outcome kept, a new key would change nothing.
func sign(in Inputs, job plan.SignJob, files llb.State) llb.State {
	e := in.self("sign", "[release] sign "+job.File, job.Where, job.File, job).
		mount(path.Join(plan.PathIn, job.File), files, llb.SourcePath("/"+job.File))
	ids := plan.SignSecrets[job.Signer]
	e.secret(plan.PathSignKey, ids[0])
	if ids[1] != "" {
		e.secret(plan.PathSignPass, ids[1])
	}
	if len(job.Prog) > 0 {
		e.reaching().mount(plan.PathSource, in.Context)
	}
	e.options = append(e.options, llb.IgnoreCache)
	return e.output()
}
