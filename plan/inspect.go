package plan

import (
	"slices"

	"github.com/crossgo/crossgo/spec"
)

// Inspect is the job that finds the facts for all targets of a request. A platform that Go does not know is an error.
func Inspect(file *spec.File, targets []spec.Platform, dir string) (InspectJob, error) {
	job := InspectJob{Dir: dir, Env: offlineEnv()}
	for _, t := range targets {
		env, err := TargetEnv(t)
		if err != nil {
			return InspectJob{}, err
		}
		target := InspectTarget{Platform: t.String(), Env: env}
		for _, b := range file.Binaries {
			target.Binaries = append(target.Binaries, inspectBinary(file, b, t))
		}
		job.Targets = append(job.Targets, target)
	}
	return job, nil
}

func inspectBinary(file *spec.File, b spec.Binary, target spec.Platform) InspectBinary {
	job := InspectBinary{CGO: string(b.CGO.V), Tags: values(b.Tags), MainOnly: !b.Main[0].Pos.Known()}
	if target.OS == "linux" && b.Libc.V.Name == spec.Glibc && (b.Link.V == spec.LinkStatic || b.Link.V == spec.LinkStaticPIE) {
		job.Tags = tags(b, linking{libc: spec.Glibc, link: b.Link.V})
	}
	for _, m := range b.Main {
		job.Patterns = append(job.Patterns, m.V)
		job.Where = append(job.Where, place(file, at(m.Pos, b.Pos)))
	}
	return job
}

// DecideCGO is the rule for cgo: auto: on when a package outside the standard library has files that import "C".
func DecideCGO(word string, users []string) bool {
	return word == string(spec.CGOOn) || word == string(spec.CGOAuto) && len(users) > 0
}

// Modules is the job that downloads the module's dependencies.
func Modules(mods Mods, dir string) ModulesJob {
	where := mods.GoModName
	if mods.GoWork != nil {
		where = mods.GoWorkName
	}
	return ModulesJob{Dir: dir, Env: slices.Clone(baseEnv()), Where: where}
}
