package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/version"
	"path"
	"slices"
	"strings"
)

// heavyStep compiles the packages of the modules in a synthetic module. Its go.mod replaces each module by the directory
// that the module cache has it in, and an overlay replaces their own go.mod files by ones without requirements: so the go
// command needs neither go.sum nor the module graph. With -trimpath the go command knows a package by its module, version,
// files and flags (cmd/go/internal/work, buildActionID), all of which are those of the user's build.
//
// What only the link decides is left out, so that the same C code serves static and dynamic programs.
func heavyStep(g Go, modules []HeavyModule, b binary) (DepsStep, error) {
	h := &Heavy{Modules: modules}
	var mod strings.Builder
	fmt.Fprintf(&mod, "module crossgo.invalid/heavy\n\ngo %s\n", newestGo(g.Version, modules))
	overlay := map[string]string{}
	var packages []string
	for i, m := range modules {
		dir, name := path.Join(PathModules, m.Dir), fmt.Sprintf("%d.mod", i)
		fmt.Fprintf(&mod, "\nrequire %s %s\n\nreplace %s => %s\n", m.Path, m.Version, m.Path, dir)
		overlay[dir+"/go.mod"] = path.Join(PathHeavy, name)
		h.Files = append(h.Files, TextFile{name, m.goMod()})
		packages = append(packages, m.Packages...)
	}
	replaced, err := json.MarshalIndent(map[string]map[string]string{"Replace": overlay}, "", "\t") // sorts the keys
	if err != nil {
		return DepsStep{}, err
	}
	h.Files = append(h.Files, TextFile{"go.mod", mod.String()}, TextFile{overlayFile, string(replaced) + "\n"})
	args := slices.Concat([]string{"build"}, b.compileFlags(b.userTags), []string{"-overlay=" + path.Join(PathHeavy, overlayFile)}, sortedUnique(packages))
	// The go command overlays nothing in its own module cache: here it has none.
	env := []string{"GOMODCACHE=/tmp/modules"}
	if !slices.ContainsFunc(modules, func(m HeavyModule) bool { return m.PkgConfig }) {
		env = append(env, "PKG_CONFIG=")
	}
	return DepsStep{ID: "heavy", Args: args, Env: env, Heavy: h}, nil
}

// goMod is a go.mod without requirements. A module without a go line gets none: the line is part of what a package is
// known by.
func (m HeavyModule) goMod() string {
	text := "module " + m.Path + "\n"
	if m.GoVersion != "" {
		text += "\ngo " + m.GoVersion + "\n"
	}
	return text
}

// newestGo is the go line that none of the modules is ahead of, which the go command would refuse: "1.26", the newest patch of
// which is asked for, is older than a module's "1.26.0" (go.dev/ref/mod#go-mod-file-go).
func newestGo(newest string, modules []HeavyModule) string {
	for _, m := range modules {
		if version.Compare("go"+m.GoVersion, "go"+newest) > 0 {
			newest = m.GoVersion
		}
	}
	return newest
}

// overlayFile is what go build -overlay reads (go help build), below PathHeavy.
const overlayFile = "overlay.json"

// mergeHeavy joins the modules of several entries: one row per module, with the packages of all.
func mergeHeavy(list []HeavyModule) []HeavyModule {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b HeavyModule) int { return cmp.Compare(a.Path, b.Path) })
	var merged []HeavyModule
	for _, m := range list {
		if n := len(merged); n > 0 && merged[n-1].Path == m.Path {
			merged[n-1].PkgConfig = merged[n-1].PkgConfig || m.PkgConfig
			merged[n-1].Packages = sortedUnique(append(slices.Clone(merged[n-1].Packages), m.Packages...))
			continue
		}
		merged = append(merged, m)
	}
	return merged
}
