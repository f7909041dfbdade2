// Package sbom writes down what a build's outputs are made of, as an SPDX 2.3 document in JSON (spdx.github.io/spdx-spec/v2.3):
// the Go modules that the build information of each output names, the Debian packages whose files were linked in or are
// shipped beside it, and the compilers. It reads no file and no clock: the same Input gives the same bytes.
package sbom

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// PredicateType is what an in-toto statement about an SPDX document goes by; BuildKit, buildx and cosign look for it.
const PredicateType = "https://spdx.dev/Document"

// namespace is what document namespaces begin with: a URI of ours, which need not lead anywhere (SPDX 2.3, clause 6.5).
const namespace = "https://github.com/crossgo/crossgo/spdx/"

// Input is all that a document is made from.
type Input struct {
	Name       string   // of the document: "server for linux/arm64"
	Platform   string   // "linux/arm64"
	Created    string   // RFC 3339 in UTC, as SPDX wants it: "1970-01-01T00:00:00Z"
	Exceptions []string // checks that the build left out, a line for each
	Crossgo    string   // version of crossgo: "v1.2.3"; may be empty
	Outputs    []Output
	Image      *Image // what is around the outputs; nil for files
}

// Output is one file that leaves the build.
type Output struct {
	Name       string           // as it leaves: "server", "server.exe"
	SHA1       string           // hex, which SPDX wants for every file
	SHA256     string           // hex
	Build      *debug.BuildInfo // as the file says itself; nil when it has none
	BuiltOn    string           // platform that the Go compiler ran on: "linux/amd64"; may be empty
	Static     []Debian         // packages of which files were linked in
	Dynamic    []Debian         // packages of the libraries that it loads when it starts
	Tools      []Debian         // compilers and linkers that are not Go's
	Unpackaged []string         // names of libraries that it loads and no package has
	Runtime    []string         // objects of crossgo's own C that were linked in: "stat64.o"
}

// Debian is one Debian package file.
type Debian struct {
	Name          string
	Version       string
	Architecture  string // "arm64", "all", "source"
	Suite         string // "trixie"
	SHA256        string // hex, of the package file
	Filename      string // path below the archive
	Archive       string // where the archive has its home, "http://ftp.debian.org/debian"; may be empty
	Source        string // name of the source package; empty: the same
	SourceVersion string // empty: the same
	Licenses      []string
	Files         []string // what of the package is in the output: "usr/lib/libc.a (12 objects)"
}

// Image is the root file system that outputs are in.
type Image struct {
	Base       string   // reference of the image it stands on; empty: none. What is in there stands in that image's own SBOM
	BaseDigest string   // "sha256:…"; may be empty
	Shipped    []Debian // packages of which files are in the image beside the outputs

	Roots        debug.Module // the module that Mozilla's CA certificates come from; zero when the image has none of it
	Zones        string       // version of the Go distribution that the time zones come from; empty when the image has none of it
	Certificates []string     // of the build context, by file or pattern
}

// Make gives the document. An output without digests is an error: nothing could be told of it.
func Make(in Input) ([]byte, error) {
	if len(in.Outputs) == 0 {
		return nil, errors.New("sbom: there is no output to describe")
	}
	d := newDocument(in)
	root := documentRef
	if in.Image != nil {
		var err error
		if root, err = d.image(in); err != nil {
			return nil, fmt.Errorf("sbom: image: %w", err)
		}
	}
	for _, o := range in.Outputs {
		if o.SHA1 == "" || o.SHA256 == "" {
			return nil, fmt.Errorf("sbom: output %q: no digest", o.Name)
		}
		if err := d.output(root, o); err != nil {
			return nil, fmt.Errorf("sbom: output %q: %w", o.Name, err)
		}
	}
	return d.bytes()
}

// bytes ends the document: its namespace holds the digest of all else in it, the outputs' own among that.
func (d *document) bytes() ([]byte, error) {
	d.doc.DocumentNamespace = ""
	data, err := encode(d.doc)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	d.doc.DocumentNamespace = namespace + hex.EncodeToString(sum[:])
	return encode(d.doc)
}

func encode(doc *spdx.Document) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(doc)
	return buf.Bytes(), err
}
