package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// ask has the dependency steps ask for objects that the builder keeps, if anything of it does.
func (u *Unit) ask(in Input, cache Cache) {
	for i := range u.Deps {
		d := &u.Deps[i]
		if d.Asks = cache.Asks; d.Asks {
			d.Includes = d.includes(in)
		}
	}
}

// keeper is the keeper's command line (objects/keeper): where it looks and, where packages with assembly or C are kept, the salts of these.
func (u Unit) keeper(d DepsStep) string {
	words := []string{PathKeeper, PathGoCache, PathObjects}
	if d.Includes != "" {
		words = append(words, d.Includes)
		if u.C != nil && !d.Bare {
			words = append(words, u.salt(slices.Concat(u.FullEnv(), d.Env)), PathSysroot, PathHostUsr)
		}
	}
	return strings.Join(words, " ")
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
