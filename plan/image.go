package plan

import (
	"cmp"
	"errors"
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
	Created    string   `json:"created"` // of the image and of what its history says: seconds since 1970, or RFC 3339

	Certificates []ContextFile `json:"certificates,omitempty"` // that the image trusts beside those that it has
}

// ContextFile is what the spec names of the build context.
type ContextFile struct {
	From  string `json:"from"` // file or pattern
	Where string `json:"where"`
}

// Label is one label of an image.
type Label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// decideImage settles the image: block, or its defaults when the request asks for an image that the spec does not mention.
// all are the spec's binaries, inside those that the image holds.
func decideImage(in Input, all, inside []binary) (*Image, error) {
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
	img := &Image{Where: imagePlace(in.File), User: block.User.V, WorkDir: block.WorkDir.V}
	for _, b := range inside {
		if b.linking.mode.Library() {
			return nil, fmt.Errorf("%s: image: %s is a library, and images hold programs: ask for --target bin or release, or name the program, as in --target NAME/image", b.where, b.name)
		}
		img.Dynamic = img.Dynamic || b.linking.dynamic()
	}
	if img.Created, err = imageTime(in); err != nil {
		return nil, err
	}
	for _, e := range block.Env {
		img.Env = append(img.Env, e.Name.V+"="+e.Value.V)
	}
	for _, l := range block.Labels {
		img.Labels = append(img.Labels, Label{l.Name.V, l.Value.V})
	}
	for i, c := range block.Certificates {
		img.Certificates = append(img.Certificates, ContextFile{From: c.V, Where: certificateRef(i)})
	}
	if err := img.entrypoint(block, all, inside, where); err != nil {
		return nil, err
	}
	img.base(in, block, inside)
	return img, img.needsLoader(inside, where)
}

// needsLoader refuses what cannot start: a program made without cgo that has a loader, because it is position independent or loads
// libraries by itself. There is no sysroot whose loader could be put into the image.
func (img *Image) needsLoader(inside []binary, where string) error {
	var errs []error
	for _, b := range inside {
		if img.Base == "" && b.linking.dynamic() && !b.cgo {
			errs = append(errs, fmt.Errorf("%s: image: %s is made without cgo and starts by the loader %s, which an image without "+
				"a base does not have: name a base that has it, as in base: debian:12-slim, or say cgo: on or link: static",
				where, b.name, b.linking.loader()))
		}
	}
	return errors.Join(errs...)
}

// imageTime is SOURCE_DATE_EPOCH, else the commit's time where the spec asks for the repository, else the beginning of 1970: a clock would
// make another image of the same sources each time.
func imageTime(in Input) (string, error) {
	if epoch := in.Args["SOURCE_DATE_EPOCH"]; epoch != "" {
		_, err := epochSeconds(epoch)
		return epoch, err
	}
	return cmp.Or(in.VCS.value(spec.VCSTime), "0"), nil
}

// entrypoint is the spec's, else the only binary. An image of one of several binaries starts that one where the spec's entrypoint is
// another of them: its arguments and cmd are for the other.
func (img *Image) entrypoint(block *spec.Image, all, inside []binary, where string) error {
	img.Entrypoint, img.Cmd = values(block.Entrypoint), values(block.Cmd)
	if len(img.Entrypoint) > 0 && !startsAnother(img.Entrypoint[0], all, inside) {
		return nil
	}
	if len(inside) != 1 {
		var names []string
		for _, b := range inside {
			names = append(names, "/"+b.name)
		}
		return fmt.Errorf("%s: image: entrypoint: the image holds %d binaries, say which one it runs: %s; or ask for an image of one of them, as in --target %s/image",
			where, len(inside), strings.Join(names, ", "), inside[0].plain)
	}
	if len(img.Entrypoint) > 0 {
		img.Cmd = nil
	}
	img.Entrypoint = []string{"/" + inside[0].name}
	return nil
}

// startsAnother reports whether a program is one that the spec builds and the image does not hold.
func startsAnother(program string, all, inside []binary) bool {
	named := func(b binary) bool { return program == b.name || program == "/"+b.name }
	return slices.ContainsFunc(all, named) && !slices.ContainsFunc(inside, named)
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
	img.BaseSet = newBaseSet(in, all, img)
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/"}
	if slices.Contains(img.BaseSet.Parts, sysroot.PartRoots) {
		env = append(env, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt")
	}
	img.Env = append(env, img.Env...)
}
