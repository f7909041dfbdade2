package rootfs

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// The files of an OCI layout (OCI image specification, image-layout.md), and the list of images that docker save writes.
const (
	layoutFile    = "oci-layout"
	layoutIndex   = "index.json"
	savedManifest = "manifest.json"
)

// isLayout reports whether a directory is an OCI layout.
func isLayout(dir string) bool {
	for _, name := range []string{layoutFile, layoutIndex} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

func openLayout(dir string, limits Limits) (*Source, error) {
	if err := smallFile(filepath.Join(dir, layoutIndex)); err != nil {
		return nil, err
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	blob := func(h v1.Hash) error { return smallFile(filepath.Join(dir, "blobs", h.Algorithm, h.Hex)) }
	return openIndex(index, limits, guard{manifest: blob, config: func(img v1.Image) error {
		manifest, err := img.Manifest()
		if err != nil {
			return err
		}
		return blob(manifest.Config.Digest)
	}})
}

// smallFile refuses a manifest or config of a size that none has: the library reads them whole.
func smallFile(name string) error {
	info, err := os.Stat(name)
	if err == nil && info.Size() > maxManifest {
		err = fmt.Errorf("%s: %w", filepath.Base(name), errLargeManifest)
	}
	return err
}

var errLargeManifest = fmt.Errorf("is a manifest or config of more than %d bytes, more than is looked at", maxManifest)

// layoutMember are the members of an OCI layout's tar; nothing else of it is unpacked.
var layoutMember = regexp.MustCompile(`^(oci-layout|index\.json|blobs/[a-z0-9]+/[0-9a-f]+)$`)

// openLayoutTar unpacks an OCI layout into a temporary directory, since blobs are asked for in no particular order.
func openLayoutTar(s stream) (*Source, error) {
	dir, err := os.MkdirTemp("", "crossgo-*")
	if err != nil {
		return nil, err
	}
	drop := func() error { return os.RemoveAll(dir) }
	source, err := unpackLayout(s, dir)
	if err != nil {
		return nil, errors.Join(err, drop())
	}
	source.drop = append(source.drop, drop)
	return source, nil
}

func unpackLayout(s stream, dir string) (*Source, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	left := s.limits.Spool
	err = s.each(func(h *tar.Header, r io.Reader) (bool, error) {
		name := path.Clean(h.Name)
		if h.Typeflag != tar.TypeReg || !layoutMember.MatchString(name) {
			return true, nil
		}
		if left -= h.Size; left < 0 {
			return false, overLimit("bytes", s.limits.Spool)
		}
		return true, writeMember(root, name, r)
	})
	if err != nil {
		return nil, err
	}
	return openLayout(dir, s.limits)
}

func writeMember(root *os.Root, name string, r io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// errNotSaved is for a manifest.json that is somebody else's.
var errNotSaved = errors.New("manifest.json is not docker's")

// maxManifest bounds a list of images, an index, a manifest and a config.
const maxManifest = 4 << 20

// openSaved opens the images of a tar that docker save wrote.
func openSaved(s stream, sizes map[string]int64) (*Source, error) {
	saved, err := readSaved(s)
	if err != nil {
		return nil, err
	}
	var images []v1.Image
	for _, d := range saved {
		if max(sizes[savedManifest], sizes[path.Clean(d.Config)]) > maxManifest {
			return nil, errLargeManifest
		}
		img, err := savedImage(s, d, len(saved))
		if err != nil {
			return nil, err
		}
		images = append(images, img)
	}
	return imageSource(images, s.limits, guard{config: func(v1.Image) error { return nil }}) // both were looked at above
}

// readSaved reads the list of images.
func readSaved(s stream) (saved tarball.Manifest, err error) {
	err = s.each(func(h *tar.Header, r io.Reader) (bool, error) {
		if path.Clean(h.Name) != savedManifest {
			return true, nil
		}
		raw, err := io.ReadAll(io.LimitReader(r, maxManifest))
		if err != nil {
			return false, err
		}
		if json.Unmarshal(raw, &saved) != nil || len(saved) == 0 || saved[0].Config == "" {
			return false, errNotSaved
		}
		return false, nil
	})
	if err == nil && len(saved) == 0 {
		err = errNotSaved
	}
	return saved, err
}

// savedImage is one of all images of a tar. Where there are several only names tell them apart.
func savedImage(s stream, d tarball.Descriptor, all int) (v1.Image, error) {
	if all == 1 {
		return tarball.Image(s.open, nil)
	}
	if len(d.RepoTags) == 0 {
		return nil, fmt.Errorf("holds %d images, one of them without a name: save them one by one", all)
	}
	tag, err := name.NewTag(d.RepoTags[0])
	if err != nil {
		return nil, err
	}
	return tarball.Image(s.open, &tag)
}
