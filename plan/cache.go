package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/version"
	"path"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// Cache is where compiled packages are kept from one build to the next.
type Cache struct {
	Layers bool     `json:"layers,omitempty"` // dependencies are compiled in steps of their own, whose GOCACHE is a layer
	Asks   bool     `json:"asks,omitempty"`   // the compile step's go asks another program for objects: Prog, or ours, which keeps them in a cache mount
	Prog   []string `json:"prog,omitempty"`   // the user's GOCACHEPROG: a file below PathSource, and its arguments
}

// progGo is the first Go with GOCACHEPROG (go.dev/doc/go1.24#go-command).
const progGo = "1.24"

// caches are the modes of the spec; CacheAuto stands for another row.
var caches = map[spec.CacheMode]Cache{
	spec.CacheLayers: {Layers: true},
	spec.CacheMounts: {Asks: true},
	spec.CacheBoth:   {Layers: true, Asks: true},
	spec.CacheProg:   {Asks: true},
}

// decideCache is the spec's mode for the Go that compiles. All but layers need a Go that asks another program for its objects.
func decideCache(in Input) (Cache, error) {
	mode, able := in.File.Cache.Mode, version.Compare("go"+in.Go.Version, "go"+progGo) >= 0
	switch {
	case mode.V == spec.CacheAuto && able:
		mode.V = spec.CacheBoth
	case mode.V == spec.CacheAuto:
		mode.V = spec.CacheLayers
	}
	c, ok := caches[mode.V]
	switch {
	case !ok:
		return Cache{}, fmt.Errorf("%s: cache: mode %q is unknown", place(in.File, mode.Pos), mode.V)
	case c.Asks && !able:
		return Cache{}, fmt.Errorf("%s: cache: found %s with Go %s, which needs Go %s or newer: allowed are auto and layers", place(in.File, mode.Pos), mode.V, in.Go.Version, progGo)
	}
	var err error
	c.Prog, err = cacheProg(in)
	return c, err
}

// cacheProg is the user's program where it stands in the build, and its arguments.
func cacheProg(in Input) ([]string, error) {
	var prog []string
	for i, word := range in.File.Cache.Prog {
		w, err := spec.Expand(word.V, variables(in))
		if err != nil {
			return nil, fmt.Errorf("%s: cache: prog[%d]: %w", place(in.File, word.Pos), i, err)
		}
		if i == 0 {
			file := path.Join(PathSource, w)
			if !strings.HasPrefix(file, PathSource+"/") {
				return nil, fmt.Errorf("%s: cache: prog[%d]: found %q, want a file of the build context", place(in.File, word.Pos), i, w)
			}
			w = file
		}
		prog = append(prog, w)
	}
	if _, err := quoteFlags(prog); err != nil {
		return nil, fmt.Errorf("%s: cache: prog: %w", place(in.File, in.File.Cache.Mode.Pos), err)
	}
	return prog, nil
}

// CompileJob is what the compile step of a pinned plan's unit is told.
func (p *Plan) CompileJob(u Unit) (CompileJob, error) {
	job := CompileJob{Dir: p.Dir, Env: u.FullEnv(), Builds: u.Builds, Stamp: p.Stamp}
	if !p.Cache.Asks {
		return job, nil
	}
	job.Objects = &Objects{Layer: p.Cache.Layers, Salt: u.salt(u.FullEnv()), Own: u.OwnC}
	if len(p.Cache.Prog) == 0 {
		job.Objects.First = u.First
		return job, nil
	}
	prog, err := quoteFlags(p.Cache.Prog)
	job.Prog = p.Cache.Prog[0]
	job.Env = slices.Concat(job.Env, []string{"GOCACHEPROG=" + prog, "CROSSGO_CACHE_SECRET=" + PathProg})
	return job, err
}

// salt names what the unit's C code is compiled with and the go command does not look at: the package files of its C side, and the
// pkg-config that an environment has. What that says of linking stands in a package's archive.
func (u Unit) salt(env []string) string {
	if u.C == nil {
		return ""
	}
	h := sha256.New()
	fmt.Fprintln(h, pkgConfig(env))
	for _, set := range []sysroot.Set{u.C.HostSet, u.C.Set} {
		var sums []string
		for _, p := range set.Packages {
			sums = append(sums, p.SHA256)
		}
		slices.Sort(sums) // they are in the order in which the spec names them
		fmt.Fprintln(h, set.Kind, sums)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// pkgConfig is the last word of an environment on PKG_CONFIG, empty where none is to be asked.
func pkgConfig(env []string) (program string) {
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "PKG_CONFIG="); ok {
			program = value
		}
	}
	return program
}
