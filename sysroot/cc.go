package sysroot

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// compiler compiles for a target whose sysroot is still in the making.
type compiler struct {
	host    string // directory with the host toolchain's usr
	sysroot string // absolute path of the sysroot
	arch    Arch
	kind    Kind
}

// unit is one source file. Paths are relative to the directory the compiler runs in, so that none of the machine's
// paths get into the object.
type unit struct {
	source, object string
	cxx            bool
	flags          []string
}

// object is one compiled unit.
type object struct {
	name string
	data []byte
}

// compile compiles the units, as many at a time as there are processors, and returns their objects in the order of
// units. All failures are reported, each with everything that clang wrote.
func (c compiler) compile(dir string, units []unit) ([]object, error) {
	objects := make([]object, len(units))
	errs := make([]error, len(units))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, u := range units {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			objects[i].name = filepath.Base(u.object)
			objects[i].data, errs[i] = c.compileOne(dir, u)
		})
	}
	wg.Wait()
	return objects, errors.Join(errs...)
}

func (c compiler) compileOne(dir string, u unit) ([]byte, error) {
	program := c.arch.CC(c.kind)
	if u.cxx {
		program = c.arch.CXX(c.kind)
	}
	args := append([]string{"--no-default-config"}, targetFlags(c.arch, c.kind, c.sysroot)...)
	args = append(append(args, u.flags...), "-c", u.source, "-o", u.object)
	cmd := exec.Command(filepath.Join(c.host, "usr/bin", program), args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/bin", "LC_ALL=C", "TMPDIR=" + os.TempDir()}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("compile %s for %s: %w\n%s", u.source, c.arch.triple(c.kind), err, strings.TrimSpace(said.String()))
	}
	return os.ReadFile(filepath.Join(dir, u.object))
}
