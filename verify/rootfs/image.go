package rootfs

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// IsReference says whether text that is no path of this machine is meant as an image: "host/name" with a host that has a dot, a port
// or is localhost, or any name with a tag or digest.
func IsReference(text string) bool {
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, ".") || strings.ContainsAny(text, "\\") {
		return false
	}
	host, _, slash := strings.Cut(text, "/")
	last := text[strings.LastIndex(text, "/")+1:]
	named := slash && (host == "localhost" || strings.ContainsAny(host, ".:"))
	if !named && !strings.ContainsAny(last, ":@") {
		return false
	}
	_, err := name.ParseReference(text)
	return err == nil
}

// OpenReference asks the registry for an image. The login is that of docker's configuration (docker login); a registry of this
// machine is spoken to in plain http.
func OpenReference(ctx context.Context, text string, limits Limits) (*Source, error) {
	ref, err := name.ParseReference(text)
	if err != nil {
		return nil, err
	}
	desc, err := remote.Get(ref, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	switch {
	case err != nil:
		return nil, err
	case desc.MediaType.IsIndex():
		index, err := desc.ImageIndex()
		if err != nil {
			return nil, err
		}
		return openIndex(index, limits, ofRegistry)
	case !desc.MediaType.IsImage():
		return nil, fmt.Errorf("is of type %s, want an image", desc.MediaType)
	}
	img, err := desc.Image()
	if err != nil {
		return nil, err
	}
	return imageSource([]v1.Image{img}, limits, ofRegistry)
}

// guard refuses what is too large to be read whole, as the library does, before it is: the manifest of an index or image, and the
// config of an image.
type guard struct {
	manifest func(v1.Hash) error
	config   func(v1.Image) error
}

// ofRegistry trusts the registry with its manifests; they say how large the config is.
var ofRegistry = guard{func(v1.Hash) error { return nil }, smallConfig}

func smallConfig(img v1.Image) error {
	manifest, err := img.Manifest()
	if err == nil && manifest.Config.Size > maxManifest {
		err = errLargeManifest
	}
	return err
}

// openIndex takes the images of an index and of those that it names.
func openIndex(index v1.ImageIndex, limits Limits, g guard) (*Source, error) {
	items, err := indexItems(index, limits, g, 0)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, errors.New("holds no image")
	}
	return &Source{Kind: Image, Items: items}, nil
}

// maxNested is how deep an index may lie in others: buildx writes two levels.
const maxNested = 4

func indexItems(index v1.ImageIndex, limits Limits, g guard, depth int) ([]Item, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, d := range manifest.Manifests {
		var more []Item
		switch {
		case isAttestation(d):
			continue
		case g.manifest(d.Digest) != nil:
			return nil, g.manifest(d.Digest)
		case d.MediaType.IsIndex() && depth < maxNested:
			inner, err := index.ImageIndex(d.Digest)
			if err != nil {
				return nil, err
			}
			if more, err = indexItems(inner, limits, g, depth+1); err != nil {
				return nil, err
			}
		case d.MediaType.IsImage():
			img, err := index.Image(d.Digest)
			if err != nil {
				return nil, err
			}
			item, err := imageItem(img, d.Platform, limits, g)
			if err != nil {
				return nil, err
			}
			more = []Item{item}
		}
		items = append(items, more...)
	}
	return items, nil
}

// isAttestation tells what buildx stores beside images, provenance and SBOMs, from images.
func isAttestation(d v1.Descriptor) bool {
	return d.Annotations["vnd.docker.reference.type"] != "" || d.Platform != nil && d.Platform.OS == "unknown"
}

func imageSource(images []v1.Image, limits Limits, g guard) (*Source, error) {
	s := &Source{Kind: Image}
	for _, img := range images {
		item, err := imageItem(img, nil, limits, g)
		if err != nil {
			return nil, err
		}
		s.Items = append(s.Items, item)
	}
	return s, nil
}

// imageItem reads an image's config. listed is what the index says of its platform.
func imageItem(img v1.Image, listed *v1.Platform, limits Limits, g guard) (Item, error) {
	if err := g.config(img); err != nil {
		return Item{}, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return Item{}, fmt.Errorf("its config: %w", err)
	}
	says := platformWords(v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant})
	item := Item{Platform: says, Says: says, open: func(context.Context) (*Tree, error) { return readImage(img, config, limits) }}
	if listed != nil {
		item.Platform = platformWords(*listed)
	}
	return item, nil
}

func platformWords(p v1.Platform) string {
	return strings.TrimSuffix(p.OS+"/"+p.Architecture+"/"+p.Variant, "/")
}

// readImage puts an image's layers on top of each other.
func readImage(img v1.Image, config *v1.ConfigFile, limits Limits) (*Tree, error) {
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	left := limits.Read
	tree, err := fill(limits, func(x *index) error {
		for i, layer := range layers {
			if err := addLayer(x, layer, i+1, &left); err != nil {
				return fmt.Errorf("layer %d: %w", i+1, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c := config.Config
	tree.Config = &Config{User: c.User, Args: slices.Concat(c.Entrypoint, c.Cmd), Env: c.Env, WorkDir: c.WorkingDir}
	return tree, nil
}

func addLayer(x *index, layer v1.Layer, number int, left *int64) error {
	r, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	in := &limited{Reader: r, left: *left, limit: x.limits.Read, close: r.Close}
	defer in.Close()
	err = eachMember(in, func(h *tar.Header, r io.Reader) (bool, error) { return true, x.add(h, r, number) })
	*left = in.left
	return err
}
