package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/crossgo/crossgo/objects"
	"github.com/crossgo/crossgo/spec"
	"golang.org/x/mod/modfile"
)

// Keeper is the program that the go commands of dependency steps ask for objects that the builder keeps, as a module and how it is
// compiled. It is no part of our own binary, which no key of a layer may hang on: each release would compile all layers anew.
type Keeper struct {
	Files []TextFile // below PathSource
	Args  []string   // go's
	Env   []string
}

// NewKeeper is the keeper for the machine that compiles, which Go is for; one that no Go is known for is an error.
func NewKeeper(g Go) (Keeper, error) {
	build, err := spec.ParsePlatform(g.Build)
	if err != nil {
		return Keeper{}, fmt.Errorf("build machine: %w", err)
	}
	target, err := TargetEnv(build)
	if err != nil {
		return Keeper{}, fmt.Errorf("build machine: %w", err)
	}
	k := Keeper{
		Args: []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", PathOut + PathKeeper, "./objects/keeper"},
		// Go keeps the standard library of this machine where the keeper finds it for programs; but no index of folders, see objects.IsIndex.
		Env: slices.Concat(offlineEnv(), target, []string{"CGO_ENABLED=0", "GOCACHE=" + PathObjects, "GODEBUG=goindex=0"}),
	}
	for _, f := range objects.Sources() {
		k.Files = append(k.Files, TextFile(f))
	}
	return k, nil
}

// KeeperAhead is the keeper where the spec and Go say that dependency steps will ask it, if there are any.
func KeeperAhead(file *spec.File, g Go) (Keeper, bool) {
	cache, err := decideCache(Input{File: file, Go: g})
	if err != nil || !cache.Layers || !cache.Asks {
		return Keeper{}, false
	}
	k, err := NewKeeper(g)
	return k, err == nil
}

// ask has the dependency steps ask for objects that the builder keeps, if anything of it does.
func (u *Unit) ask(in Input, cache Cache) {
	if !cache.Asks {
		return
	}
	for i, d := range u.Deps {
		u.Deps[i].Asks = []string{PathKeeper, PathGoCache, PathObjects}
		if salt := d.includes(in); salt != "" {
			u.Deps[i].Asks = append(u.Deps[i].Asks, salt)
		}
	}
}

// saltAt is where the keeper has the salt of assembly.
const saltAt = 3

// asks is the keeper with the salt of C where the step has C: the packages of the C side, and what was made of them.
func (u Unit) asks(d DepsStep) []string {
	if u.C == nil || d.Bare || len(d.Asks) <= saltAt {
		return d.Asks
	}
	return slices.Concat(d.Asks, []string{u.salt(), PathSysroot, PathHostUsr})
}

// asNamed is the salt of assembly that is known by its module's version and its own files, as go names it with -trimpath: of the
// standard library, and of modules that nothing stands in for.
const asNamed = "as-named"

// includes stands for what assembly that the step compiles may include from other folders of its module. Only foreign packages may be
// another module's than go says. A vendored one can be anything, and of a workspace not all go.mod files are known: then nothing
// stands for it, and the text is empty. (Folders that replace modules are compiled with the user's code.)
func (d DepsStep) includes(in Input) string {
	if d.ID != "foreign" {
		return asNamed
	}
	mod, err := modfile.Parse(in.Mods.GoModName, in.Mods.GoMod, nil)
	if err != nil || in.Vendor || in.Mods.GoWork != nil {
		return ""
	}
	if len(mod.Replace) == 0 {
		return asNamed
	}
	h := sha256.New()
	for _, r := range mod.Replace {
		fmt.Fprintf(h, "%s => %s\n", r.Old, r.New)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
