package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

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

// asks is the keeper with the salt of C where the step has C: the packages of the C side, what was made of them, and which pkg-config is
// asked. What that says of linking stands in a package's archive, and go does not name the package by it.
func (u Unit) asks(d DepsStep) []string {
	if u.C == nil || d.Bare || len(d.Asks) <= saltAt {
		return d.Asks
	}
	return slices.Concat(d.Asks, []string{pkgConfig(slices.Concat(u.FullEnv(), d.Env)) + "," + u.salt(), PathSysroot, PathHostUsr})
}

// pkgConfig is the program's base name in an environment, empty where none is to be asked.
func pkgConfig(env []string) string {
	name := ""
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "PKG_CONFIG="); ok {
			name = path.Base("/" + value)
		}
	}
	return strings.TrimPrefix(name, "/")
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
