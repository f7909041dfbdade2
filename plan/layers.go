package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/sysroot"
)

// Layer is one of those that an image has on its base, in their order.
type Layer struct {
	Kind LayerKind
	Name string // what the history of the image says of it
	Unit int    // of LayerRuntime and LayerFiles: the position in Units
}

// LayerKind says what is in a layer.
type LayerKind int

// The kinds of layer, in their order.
const (
	LayerBase         LayerKind = iota // what an image without a base stands on
	LayerCertificates                  // the bundles of the base, with the user's own certificates
	LayerRuntime                       // loader and libraries of a unit's files
	LayerFiles                         // a unit's files
	LayerWorkDir                       // the working directory
)

// Layers are all layers that the image has on its base.
func (p *Plan) Layers() []Layer {
	layers := p.FileLayers()
	if dir := p.Image.WorkDir; dir != "" && dir != "/" { // one of the base's own is there, or container runtimes make it
		layers = append(layers, Layer{Kind: LayerWorkDir, Name: "[image] working directory " + dir})
	}
	return layers
}

// FileLayers are the layers that hold files. The working directory, which belongs to the image's user, comes when it is known that
// the image has that user.
func (p *Plan) FileLayers() []Layer {
	var layers []Layer
	switch {
	case p.Image.BaseSet != nil:
		layers = append(layers, Layer{Kind: LayerBase, Name: "[image] base layer"})
	case len(p.Image.Certificates) > 0:
		layers = append(layers, Layer{Kind: LayerCertificates, Name: "[image] certificates"})
	}
	for i, u := range p.Units {
		if p.Image.Base == "" && u.Dynamic {
			layers = append(layers, Layer{Kind: LayerRuntime, Name: fmt.Sprintf("[%s] loader and libraries", p.Target), Unit: i})
		}
	}
	for i, u := range p.Units {
		layers = append(layers, Layer{Kind: LayerFiles, Name: fmt.Sprintf("[%s] copy %s", p.Target, strings.Join(u.Names(), ", ")), Unit: i})
	}
	return layers
}

// LibrariesFrom are the units whose sysroots give the loader and the libraries of a unit's files, in the order in which they are looked
// for. One image has one C library: where it holds programs that were linked with those of several suites, all get the newest one's, which
// runs what was linked with an older one, and never the other way round. So it is with all other libraries that the newer suite has.
func (p *Plan) LibrariesFrom(unit int) []int {
	own := p.Units[unit].C
	from := []int{}
	for i, u := range p.Units {
		if p.Image != nil && u.C != nil && u.Dynamic && u.C.Kind == own.Kind && newer(u.C.Suite, own.Suite) {
			from = append(from, i)
		}
	}
	slices.SortStableFunc(from, func(a, b int) int {
		switch {
		case newer(p.Units[a].C.Suite, p.Units[b].C.Suite):
			return -1
		case newer(p.Units[b].C.Suite, p.Units[a].C.Suite):
			return 1
		}
		return 0
	})
	return append(from, unit)
}

// newer reports whether one suite comes after another.
func newer(one, other string) bool {
	place := func(name string) int {
		return slices.IndexFunc(sysroot.Suites(), func(s sysroot.Suite) bool { return s.Codename == name })
	}
	return place(one) > place(other)
}

// certFile is the variable by which an image says where its CA certificates are; OpenSSL and Go read it.
const certFile = "SSL_CERT_FILE="

// BundleOf is the file with CA certificates that an image's environment names; empty when it names none.
func BundleOf(env []string) string {
	file := ""
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, certFile); ok {
			file = v
		}
	}
	return file
}

// ZonesOfGo is where the time zones are in what step go makes.
const ZonesOfGo = "/go/lib/time/zoneinfo.zip"

// Zones reports whether the image may get time zones.
func (set *BaseSet) Zones() bool { return slices.Contains(set.Parts, sysroot.PartZones) }
