package plan

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/modfile"
)

// Outside refuses module files that name directories above the build context: go says of such a one that there is no
// /lib/go.mod.
func Outside(mods Mods) error {
	return errors.Join(replacedOutside(mods), usedOutside(mods))
}

const fromAbove = "is outside of the build context: build from the folder above that holds both, " +
	"with the module's directory as module: in the spec"

// replacedOutside looks at the replacements of modules that go.mod requires: of others go reads nothing.
func replacedOutside(mods Mods) error {
	file, err := modfile.Parse(mods.GoModName, mods.GoMod, nil)
	if err != nil || mods.GoMod == nil {
		return nil // ChooseGo has told the mistakes
	}
	required := map[string]string{}
	for _, r := range file.Require {
		required[r.Mod.Path] = r.Mod.Version
	}
	var errs []error
	for _, r := range file.Replace {
		version, needed := required[r.Old.Path]
		if !needed || r.Old.Version != "" && r.Old.Version != version || r.New.Version != "" {
			continue
		}
		if leaves(path.Dir(mods.GoModName), r.New.Path) {
			errs = append(errs, fmt.Errorf("%s:%d: replace %s => %s %s",
				mods.GoModName, r.Syntax.Start.Line, r.Old.Path, r.New.Path, fromAbove))
		}
	}
	return errors.Join(errs...)
}

func usedOutside(mods Mods) error {
	file, err := modfile.ParseWork(mods.GoWorkName, mods.GoWork, nil)
	if err != nil || mods.GoWork == nil {
		return nil
	}
	var errs []error
	for _, u := range file.Use {
		if leaves(path.Dir(mods.GoWorkName), u.Path) {
			errs = append(errs, fmt.Errorf("%s:%d: use %s %s", mods.GoWorkName, u.Syntax.Start.Line, u.Path, fromAbove))
		}
	}
	return errors.Join(errs...)
}

// leaves reports whether a path in a module file, seen from the file's directory, lies outside of the context.
func leaves(dir, name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	joined := path.Join(dir, name)
	return path.IsAbs(name) || joined == ".." || strings.HasPrefix(joined, "../")
}
