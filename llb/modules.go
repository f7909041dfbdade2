package llb

import (
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// moduleFiles are what the download of modules depends on: nothing else may make it run again. By vendor/modules.txt is seen that
// there is nothing to download.
var moduleFiles = []string{"go.mod", "go.sum", "go.work", "go.work.sum", "**/go.mod", "**/go.sum", "**/go.work", "**/go.work.sum",
	"vendor/modules.txt", "**/vendor/modules.txt"}

// ModuleFiles are the module files of the context.
func ModuleFiles(in Inputs) llb.State {
	return llb.Scratch().File(llb.Copy(in.Context, "/", "/", &llb.CopyInfo{
		CopyDirContentsOnly: true, IncludePatterns: moduleFiles, AllowEmptyWildcard: true,
	}), llb.WithCustomName("[internal] read the module files"), llb.Platform(in.Build))
}

// Modules are the downloaded modules.
func Modules(in Inputs, goState llb.State, where string, job plan.ModulesJob) llb.State {
	e := in.self("modules", "[modules] go mod download", where, "the modules", job).online().
		goRoot(goState).mount(plan.PathSource, ModuleFiles(in)).scratch(plan.PathGoCache)
	if job.Keep {
		e.keep(plan.PathDownload, "downloads")
	}
	run := e.run()
	run.AddMount(plan.PathOut, llb.Scratch())
	return run.AddMount(plan.PathModules, llb.Scratch())
}

// GitFiles are a few of the files that the context's repository consists of; st is a context that has them.
func GitFiles(st llb.State, in Inputs, patterns []string) llb.State {
	return llb.Scratch().File(llb.Copy(st, "/", "/", &llb.CopyInfo{
		CopyDirContentsOnly: true, IncludePatterns: patterns, AllowEmptyWildcard: true,
	}), llb.WithCustomName("[internal] read what git says of the sources"), llb.Platform(in.Build))
}

// vendorFiles are the module files and the vendor directory, which stands in for downloaded modules.
func vendorFiles(in Inputs) llb.State {
	return llb.Scratch().File(llb.Copy(in.Context, "/", "/", &llb.CopyInfo{
		CopyDirContentsOnly: true, IncludePatterns: append([]string{"vendor", "**/vendor"}, moduleFiles...), AllowEmptyWildcard: true,
	}), llb.WithCustomName("[internal] read the vendored modules"), llb.Platform(in.Build))
}
