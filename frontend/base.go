package frontend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/platforms"
	"github.com/crossgo/crossgo/plan"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerui"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// base is an image to build on: its files and what it says of itself.
type base struct {
	files *llb.State
	image *dockerspec.DockerOCIImage
}

// baseImage resolves the image that the spec builds on: a named context of that name first, else the registry, for the
// target's platform and pinned by digest.
func (r *request) baseImage(ctx context.Context, p *plan.Image, target ocispecs.Platform) (*base, error) {
	b, err := r.loadBase(ctx, p.Base, target)
	if err == nil {
		err = basePlatform(b.image.Platform, target)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: image: base %s: %w", p.Where, p.Base, err)
	}
	return b, nil
}

// basePlatform refuses an image of another platform. One that names none, such as an empty target of a bake file,
// fits all.
func basePlatform(found, want ocispecs.Platform) error {
	if found.OS == "" && found.Architecture == "" {
		return nil
	}
	found, want = platforms.Normalize(found), platforms.Normalize(want)
	if found.OS != want.OS || found.Architecture != want.Architecture {
		return fmt.Errorf("found an image for %s, want %s", platforms.Format(found), platforms.Format(want))
	}
	return nil
}

func (r *request) loadBase(ctx context.Context, name string, target ocispecs.Platform) (*base, error) {
	opt := dockerui.ContextOpt{Platform: &target, ResolveMode: r.ui.ImageResolveMode.String()}
	named, err := r.ui.NamedContext(name, opt)
	if err != nil {
		return nil, err
	}
	if named == nil {
		return r.pullBase(ctx, name, target)
	}
	st, img, err := named.Load(ctx)
	if err == nil && img == nil {
		img = &dockerspec.DockerOCIImage{Image: ocispecs.Image{Platform: target}}
	}
	return &base{st, img}, err
}

// pullBase asks the registry for an image. The name becomes what docker takes it for before BuildKit reads it as an
// address: "debian:12-slim" is docker.io/library/debian:12-slim.
func (r *request) pullBase(ctx context.Context, name string, target ocispecs.Platform) (*base, error) {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return nil, err
	}
	ref = reference.TagNameOnly(ref)
	found, sum, config, err := r.client.ResolveImageConfig(ctx, ref.String(), sourceresolver.Opt{
		LogName:  fmt.Sprintf("[image] load metadata of base %s", name),
		ImageOpt: &sourceresolver.ResolveImageOpt{Platform: &target, ResolveMode: r.ui.ImageResolveMode.String()},
	})
	if err != nil {
		return nil, err
	}
	pinned, err := pin(found, sum)
	if err != nil {
		return nil, err
	}
	img := new(dockerspec.DockerOCIImage)
	if err := json.Unmarshal(config, img); err != nil {
		return nil, fmt.Errorf("the image's config: %w", err)
	}
	st := llb.Image(pinned, llb.Platform(target), r.ui.ImageResolveMode, llb.WithCustomNamef("[image] base %s", name))
	return &base{&st, img}, nil
}

// pin is the reference that BuildKit found, which a source policy may have changed, with the digest in the place of
// one that it has.
func pin(found string, sum digest.Digest) (string, error) {
	ref, err := reference.ParseNormalizedNamed(found)
	if err != nil {
		return "", fmt.Errorf("found the reference %q: %w", found, err)
	}
	if sum == "" {
		return ref.String(), nil
	}
	pinned, err := reference.WithDigest(ref, sum)
	if err != nil {
		return "", fmt.Errorf("digest %q of %s: %w", sum, found, err)
	}
	return pinned.String(), nil
}

// familiar is a context's name as dockerui looks it up: in docker's short form, without the tag that goes without
// saying. What is no name of an image stays as it is.
func familiar(name string) string {
	name, platform, _ := strings.Cut(name, "::")
	ref, err := reference.ParseNormalizedNamed(name)
	if err == nil {
		name = strings.TrimSuffix(reference.FamiliarString(ref), ":latest")
	}
	if platform != "" {
		name += "::" + platform
	}
	return name
}

// errEmptyInput is what BuildKit's client says when a bake target that is a context has made nothing at all: FROM
// scratch without a file (client/llb/definition.go of 0.33). It names none, and then gives out no other either.
const errEmptyInput = "invalid nil input definition"

var errSomeEmpty = errors.New("one of the contexts is an empty target (FROM scratch with nothing copied into it), " +
	"and BuildKit does not say which: put a file into it, or write image: {base: scratch}")

// Inputs are the targets of a bake file that are contexts here. An only one that is empty, on
// however many platforms, is an image without files.
func (c asked) Inputs(ctx context.Context) (map[string]llb.State, error) {
	inputs, err := c.Client.Inputs(ctx)
	if err == nil || !strings.Contains(err.Error(), errEmptyInput) {
		return inputs, err
	}
	empty, contexts := map[string]llb.State{}, map[string]bool{}
	for key, from := range c.options {
		if input, ok := strings.CutPrefix(from, "input:"); ok && strings.HasPrefix(key, keyContext) {
			name, _, _ := strings.Cut(input, "::")
			empty[input], contexts[name] = llb.Scratch(), true
		}
	}
	if _, more := c.options["input:context"]; len(contexts) != 1 || more { // more: the sources come this way too
		return nil, errSomeEmpty
	}
	return empty, nil
}
