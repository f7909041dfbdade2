package main

import (
	"archive/tar"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/test/env"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Blob is a layer that was pulled from the cache.
type Blob struct {
	Bytes  int64    `json:"bytes"`            // compressed, as pulled
	Digest string   `json:"digest"`           //
	Step   string   `json:"step,omitempty"`   // vertex that needed it; empty where the progress does not say
	Within string   `json:"within,omitempty"` // the directory that all its files are below
	Files  int      `json:"files"`            //
	Large  []string `json:"large,omitempty"`  // its largest files
}

// notFrom says of a pull whether it is of another repository.
func notFrom(repo string) func(env.Pull) bool {
	return func(p env.Pull) bool { return p.Repo != repo }
}

func sum(pulls []env.Pull) int64 {
	var n int64
	for _, p := range pulls {
		n += p.Bytes
	}
	return n
}

// largest describes the n largest blobs.
func (b *bench) largest(pulls []env.Pull, p progress, n int) []Blob {
	slices.SortFunc(pulls, func(a, b env.Pull) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Digest, b.Digest))
	})
	var blobs []Blob
	for _, pull := range pulls[:min(n, len(pulls))] {
		blob := Blob{Bytes: pull.Bytes, Digest: pull.Digest, Step: p.pulls[pull.Digest]}
		ref := must(name.NewDigest(b.env.Registry.Ref(pull.Repo)+"@"+pull.Digest, name.Insecure))
		files := must(must(remote.Layer(ref)).Uncompressed())
		err := blob.look(files)
		b.check(errors.Join(files.Close(), ignore(err, tar.ErrHeader, io.ErrUnexpectedEOF))) // a cache's config is a blob too, and no tar
		blobs = append(blobs, blob)
	}
	return blobs
}

// ignore drops some errors.
func ignore(err error, some ...error) error {
	if slices.ContainsFunc(some, func(e error) bool { return errors.Is(err, e) }) {
		return nil
	}
	return err
}

// look fills in what a layer's tar says of itself.
func (blob *Blob) look(r io.Reader) error {
	type file struct {
		name string
		size int64
	}
	var all []file
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeDir {
			all = append(all, file{strings.TrimPrefix(path.Clean(h.Name), "/"), h.Size})
		}
	}
	slices.SortStableFunc(all, func(a, b file) int { return cmp.Compare(b.size, a.size) })
	for i, f := range all {
		if i == 0 {
			blob.Within = path.Dir(f.name)
		}
		blob.Within = common(blob.Within, path.Dir(f.name))
		if i < 3 {
			blob.Large = append(blob.Large, fmt.Sprintf("%s (%s)", f.name, mega(f.size)))
		}
	}
	blob.Files = len(all)
	return nil
}

// common is the directory that both are below, or are; "." when there is none.
func common(a, b string) string {
	for a != "." && b != a && !strings.HasPrefix(b, a+"/") {
		a = path.Dir(a)
	}
	return a
}

// mega writes bytes as MB, which are a million.
func mega[T int64 | float64](bytes T) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// frontendBytes is the sum of the layers of our frontend image, compressed.
func (b *bench) frontendBytes() int64 {
	var n int64
	for _, img := range b.env.Registry.Images(b, "crossgo/crossgo:1") {
		for _, layer := range must(img.Layers()) {
			n += must(layer.Size())
		}
	}
	return n
}
