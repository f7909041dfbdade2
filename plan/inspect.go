package plan

import (
	"strings"

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
		for i, b := range file.Binaries {
			target.Binaries = append(target.Binaries, inspectBinary(i, b, t))
		}
		job.Targets = append(job.Targets, target)
	}
	return job, nil
}

func inspectBinary(entry int, b spec.Binary, target spec.Platform) InspectBinary {
	job := InspectBinary{CGO: string(b.CGO.V), Tags: values(b.Tags)}
	if target.OS == "linux" && b.Libc.V.Name == spec.Glibc && (b.Link.V == spec.LinkStatic || b.Link.V == spec.LinkStaticPIE) {
		job.Tags = tags(b, linking{libc: spec.Glibc, link: b.Link.V})
	}
	for i, m := range b.Main {
		job.Patterns = append(job.Patterns, m.V)
		job.Where = append(job.Where, mainRef(entry, i))
	}
	return job
}

// HasC reports whether there is a C toolchain for a platform ("linux/arm64").
func HasC(platform string) bool { return strings.HasPrefix(platform, "linux/") }

// DecideCGO is the rule for cgo: auto: on when a package outside the standard library has files that import "C"; where
// there is no C toolchain, only when such a package is of no use without.
func DecideCGO(word, platform string, users, needs []string) bool {
	if word != string(spec.CGOAuto) {
		return word == string(spec.CGOOn)
	}
	if HasC(platform) {
		return len(users) > 0
	}
	return len(needs) > 0
}

// Stubs are packages that compile without cgo and then fail at run time, whatever is asked of them.
var Stubs = []string{"github.com/mattn/go-sqlite3"}

// Modules is the job that downloads the module's dependencies. Nothing is kept beside the layer when layers alone were asked for.
func Modules(file *spec.File, proxy Proxy) ModulesJob {
	return ModulesJob{Dir: file.Module.V, Env: append(baseEnv(), proxy.env()...), Keep: file.Cache.Mode.V != spec.CacheLayers}
}

// env is the proxy as the go command reads it; what is not set has the go command's own default.
func (p Proxy) env() []string {
	var env []string
	for _, v := range []struct{ name, value string }{
		{"GOPROXY", p.GOPROXY}, {"GOSUMDB", p.GOSUMDB}, {"GONOSUMDB", p.GONOSUMDB}, {"GONOPROXY", p.GONOPROXY}, {"GOPRIVATE", p.GOPRIVATE},
	} {
		if v.value != "" {
			env = append(env, v.name+"="+v.value)
		}
	}
	return env
}
