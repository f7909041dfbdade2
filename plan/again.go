package plan

import "slices"

// AgainJob builds a unit's binaries once more, with nothing kept and in other folders, and compares them with those below PathIn.
type AgainJob struct {
	CompileJob
	Files []string `json:"files"` // to compare
}

// AgainJob is the second build of a unit whose outputs have to be reproducible. What the step itself changes besides, the time and the
// number of threads, is none of the plan's.
func (p *Plan) AgainJob(u Unit) AgainJob {
	job := AgainJob{CompileJob: CompileJob{Dir: p.Dir, Source: PathElsewhere, Env: u.FullEnv(), Stamp: p.Stamp}}
	job.Env = append(slices.Clone(job.Env), "GOMODCACHE="+PathElseMods)
	for _, b := range u.Builds {
		b.What += ", the second time"
		job.Builds = append(job.Builds, b)
	}
	for _, o := range u.Outputs {
		if o.Again {
			job.Files = append(job.Files, o.Name)
		}
	}
	return job
}

// Again reports whether some output of the unit has to be reproducible.
func (u Unit) Again() bool {
	return slices.ContainsFunc(u.Outputs, func(o VerifyFile) bool { return o.Again })
}
