package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// NonRoot is the user that images run as unless the spec or their base says otherwise; the number is the one distroless images use.
const NonRoot = "65532:65532"

// Image is the image around the binaries.
type Image struct {
	Base       string   `json:"base,omitempty"`    // image reference; empty: built from scratch with BaseSet
	BaseSet    *BaseSet `json:"baseSet,omitempty"` // what an image without a base stands on; nil for scratch
	Where      string   `json:"where"`
	Dynamic    bool     `json:"dynamic"` // some binary needs a loader: it must be in the image
	Entrypoint []string `json:"entrypoint"`
	Cmd        []string `json:"cmd,omitempty"`
	Env        []string `json:"env,omitempty"` // added to the base's
	User       string   `json:"user,omitempty"`
	WorkDir    string   `json:"workdir,omitempty"`
	Labels     []Label  `json:"labels,omitempty"`
}

// Label is one label of an image.
type Label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// packaged reports whether some of the image comes from packages.
func (img *Image) packaged() bool {
	return img != nil && img.BaseSet != nil && len(img.BaseSet.Parts) > 0
}

// decideImage settles the image: block, or its defaults when the request asks for an image that the spec does not mention.
func decideImage(in Input, all []binary) (*Image, error) {
	in, err := in.filled("image.")
	if err != nil {
		return nil, err
	}
	block := in.File.Image
	if block == nil {
		block = &spec.Image{}
	}
	where := place(in.File, at(block.Pos))
	if in.Target.OS != "linux" {
		return nil, fmt.Errorf("%s: image: images are made for linux, not for %s: ask for --target bin there", where, in.Target)
	}
	img := &Image{Where: imagePlace(in.File), User: block.User.V, WorkDir: block.WorkDir.V, Cmd: values(block.Cmd)}
	for _, b := range all {
		if b.linking.mode.Library() {
			return nil, fmt.Errorf("%s: image: %s is a library, and images hold programs: ask for --target bin or release, or name the program, as in --target NAME/image", b.where, b.name)
		}
		if b.linking.dynamic() && !b.cgo && ownBase(block) {
			return nil, fmt.Errorf("%s: image: %s needs a loader and is made without cgo, which brings no C library: name an image that has one, as in base: debian:12-slim", where, b.name)
		}
		img.Dynamic = img.Dynamic || b.linking.dynamic()
	}
	for _, e := range block.Env {
		img.Env = append(img.Env, e.Name.V+"="+e.Value.V)
	}
	for _, l := range block.Labels {
		img.Labels = append(img.Labels, Label{l.Name.V, l.Value.V})
	}
	if err := img.entrypoint(block, all, where); err != nil {
		return nil, err
	}
	img.base(in, block, all)
	return img, nil
}

// entrypoint is the spec's, else the only binary.
func (img *Image) entrypoint(block *spec.Image, all []binary, where string) error {
	img.Entrypoint = values(block.Entrypoint)
	if len(img.Entrypoint) > 0 {
		return nil
	}
	if len(all) != 1 {
		var names []string
		for _, b := range all {
			names = append(names, "/"+b.name)
		}
		return fmt.Errorf("%s: image: entrypoint: the image holds %d binaries, say which one it runs: %s; or ask for an image of one of them, as in --target %s/image",
			where, len(all), strings.Join(names, ", "), all[0].plain)
	}
	img.Entrypoint = []string{"/" + all[0].name}
	return nil
}

// ownBase reports whether the image stands on nothing but what crossgo puts there.
func ownBase(block *spec.Image) bool {
	return slices.Contains([]string{"", "auto", "scratch"}, block.Base.V)
}

// base takes the named image with its user and directory, or nothing at all, or by default nothing with what a program expects of a
// system.
func (img *Image) base(in Input, block *spec.Image, all []binary) {
	if !ownBase(block) {
		img.Base = block.Base.V
		return
	}
	img.User, img.WorkDir = cmp.Or(img.User, NonRoot), cmp.Or(img.WorkDir, "/")
	if block.Base.V == "scratch" {
		return
	}
	img.BaseSet = newBaseSet(in, all, img.Env)
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/"}
	if slices.Contains(img.BaseSet.Parts, sysroot.PartRoots) {
		env = append(env, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt")
	}
	img.Env = append(env, img.Env...)
}
