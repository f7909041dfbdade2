package sysroot

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// What Debian's packages lack for musl, as source. compat gives the names back that its static libraries, compiled
// against glibc's headers, ask for; see compat/compat.h.
//
//go:embed muslrt
var muslrt embed.FS

const compatDir = "muslrt/compat"

// addCompat compiles the compatibility functions for the target and appends them to the sysroot's libgcc.a. That is
// the one library that clang links into every program and shared library, static or dynamic, after all others; only
// members that a program calls end up in it.
func addCompat(t *tree, c compiler) error {
	found, err := fs.Glob(t.root.FS(), "usr/lib/gcc/"+c.arch.gcc()+"/*/libgcc.a")
	if err != nil || len(found) != 1 {
		return fmt.Errorf("packages have %d of usr/lib/gcc/%s/N/libgcc.a, want 1", len(found), c.arch.gcc())
	}
	dir, err := os.MkdirTemp("", "compat-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	units, err := compatUnits(dir)
	if err != nil {
		return err
	}
	objects, err := c.compile(dir, units)
	if err != nil {
		return err
	}
	old, err := t.root.ReadFile(found[0])
	if err != nil {
		return err
	}
	return t.writeString(found[0], string(appendArchive(old, objects)), 0o644)
}

// compatFlags make objects that fit into every kind of link. Nothing is exported from what they are linked into, and
// nothing unwinds through them.
var compatFlags = []string{"-O2", "-fPIC", "-fvisibility=hidden", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-Wall", "-Werror"}

// compatUnits writes the sources into dir, where the compiler can read them.
func compatUnits(dir string) ([]unit, error) {
	files, err := muslrt.ReadDir(compatDir)
	if err != nil {
		return nil, err
	}
	var units []unit
	for _, f := range files {
		text, err := muslrt.ReadFile(path.Join(compatDir, f.Name()))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(path.Join(dir, f.Name()), text, 0o644); err != nil {
			return nil, err
		}
		if name, ok := strings.CutSuffix(f.Name(), ".c"); ok {
			units = append(units, unit{source: f.Name(), object: name + ".o", flags: compatFlags})
		}
	}
	return units, nil
}
