package plan

import (
	"testing"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/stretchr/testify/require"
)

// TestEntrypointOfOneOfSeveral: an image of one program does not start another one that it does not hold.
func TestEntrypointOfOneOfSeveral(t *testing.T) {
	list := func(words ...string) (all []spec.Value[string]) {
		for _, w := range words {
			all = append(all, spec.Value[string]{V: w})
		}
		return all
	}
	api, worker := binary{name: "api", plain: "api"}, binary{name: "worker", plain: "worker"}
	both := []binary{api, worker}
	for name, c := range map[string]struct {
		entrypoint, cmd []spec.Value[string]
		inside          []binary
		want, args      []string
	}{
		"nothing said":       {nil, list("a"), []binary{worker}, []string{"/worker"}, []string{"a"}},
		"itself":             {list("/worker", "-x"), list("a"), []binary{worker}, []string{"/worker", "-x"}, []string{"a"}},
		"another":            {list("/api", "-x"), list("a"), []binary{worker}, []string{"/worker"}, nil},
		"another, by PATH":   {list("api"), nil, []binary{worker}, []string{"/worker"}, nil},
		"another, of all":    {list("/api", "-x"), list("a"), both, []string{"/api", "-x"}, []string{"a"}},
		"a file of the base": {list("/bin/sh", "-c", "/api"), list("a"), []binary{worker}, []string{"/bin/sh", "-c", "/api"}, []string{"a"}},
		"in another folder":  {list("/usr/bin/api"), nil, []binary{worker}, []string{"/usr/bin/api"}, nil},
	} {
		img := &Image{}
		require.NoError(t, img.entrypoint(&spec.Image{Entrypoint: c.entrypoint, Cmd: c.cmd}, both, c.inside, "x"), name)
		require.Equal(t, c.want, img.Entrypoint, name)
		require.Equal(t, c.args, img.Cmd, name)
	}
	require.ErrorContains(t, (&Image{}).entrypoint(&spec.Image{}, both, both, "x"), "x: image: entrypoint: the image holds 2 binaries, say which one it runs: /api, /worker")
}

// TestPIEWithoutCgoNeedsABase: no sysroot has its loader.
func TestPIEWithoutCgoNeedsABase(t *testing.T) {
	arch, err := sysroot.ArchFor("amd64", "")
	require.NoError(t, err)
	pie := binary{name: "app", where: "x:1:1", linking: linking{libc: spec.Glibc, link: spec.LinkPIE, arch: arch}}
	require.ErrorContains(t, (&Image{}).needsLoader([]binary{pie}, "x:1:1"), "x:1:1: image: app is made without cgo and starts by the loader /lib64/ld-linux-x86-64.so.2, which an image without a base does not have")
	require.NoError(t, (&Image{Base: "debian"}).needsLoader([]binary{pie}, "x:1:1"))
	pie.cgo = true
	require.NoError(t, (&Image{}).needsLoader([]binary{pie}, "x:1:1"))
}

// TestLibrariesFrom: the newest suite first, and never one older than the unit's own.
func TestLibrariesFrom(t *testing.T) {
	unit := func(suite string, kind sysroot.Kind) Unit {
		return Unit{Dynamic: true, C: &CSide{Suite: suite, Kind: kind}}
	}
	p := &Plan{Image: &Image{}, Units: []Unit{
		unit("bookworm", sysroot.KindGlibc), unit("bullseye", sysroot.KindGlibc), unit("trixie", sysroot.KindGlibc), unit("trixie", sysroot.KindMusl), {}, {C: &CSide{Suite: "trixie", Kind: sysroot.KindGlibc}},
	}}
	for own, want := range [][]int{{2, 0}, {2, 0, 1}, {2}, {3}} {
		require.Equal(t, want, p.LibrariesFrom(own))
	}
	p.Image = nil // files that leave by themselves share nothing
	require.Equal(t, []int{1}, p.LibrariesFrom(1))
}

// TestImagePlaces: references lead to the key, else to what the image stands on, else to the file.
func TestImagePlaces(t *testing.T) {
	whole, err := spec.Parse("c.yaml", []byte("# syntax=x\nimage:\n  entrypoint: [/a]\n  user: app\n  workdir: /b\n  certificates: [x.pem, y.pem]\n"))
	require.NoError(t, err)
	bare, err := spec.Parse("c.yaml", []byte("# syntax=x\nimage:\n  base: scratch\n"))
	require.NoError(t, err)
	none, err := spec.Parse("c.yaml", []byte("# syntax=x\n"))
	require.NoError(t, err)
	for ref, want := range map[string]string{EntrypointPlace: "c.yaml:3:16", UserPlace: "c.yaml:4:9", WorkDirPlace: "c.yaml:5:12", certificateRef(1): "c.yaml:6:25"} {
		require.Equal(t, want+": x", Places(whole, ref+": x"))
		require.Equal(t, "c.yaml:3:9: x", Places(bare, ref+": x"))
		require.Equal(t, "c.yaml: x", Places(none, ref+": x"))
		require.Equal(t, "x", WithoutReferences(ref+": x"))
	}
}
