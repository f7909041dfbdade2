package sbom

import (
	"crypto/sha1" //nolint:gosec // SPDX's verification code is defined with it
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// unknown is what SPDX says where nothing is claimed.
const unknown = "NOASSERTION"

// documentRef is the document's own id.
const documentRef = common.ElementID("DOCUMENT")

// document is one in the making.
type document struct {
	doc *spdx.Document
	ids map[string]common.ElementID // of packages that are in it, by what tells them apart
	has map[common.ElementID]bool
}

func newDocument(in Input) *document {
	creators := []common.Creator{{CreatorType: "Organization", Creator: "crossgo"}, {CreatorType: "Tool", Creator: "crossgo" + dashed(in.Crossgo)}}
	return &document{
		ids: map[string]common.ElementID{}, has: map[common.ElementID]bool{documentRef: true},
		doc: &spdx.Document{
			SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: documentRef, DocumentName: in.Name,
			CreationInfo: &spdx.CreationInfo{Creators: creators, Created: in.Created, CreatorComment: exceptions(in.Exceptions)},
		},
	}
}

// exceptions are the document's comment: what the build did not check, or that it checked everything.
func exceptions(lines []string) string {
	if len(lines) == 0 {
		return "Exceptions: none. The build left no check out."
	}
	return "Exceptions: " + strings.Join(lines, "; ")
}

func dashed(version string) string {
	if version == "" {
		return ""
	}
	return "-" + version
}

// notID matches what an SPDX id may not have in it (SPDX 2.3, clause 3.2.2).
var notID = regexp.MustCompile(`[^a-zA-Z0-9.-]+`)

// id is a new id made from words. Words that differ only in what ids cannot hold get a number.
func (d *document) id(words ...string) common.ElementID {
	base := notID.ReplaceAllString(strings.Join(words, "-"), "-")
	id := common.ElementID(base)
	for n := 2; d.has[id]; n++ {
		id = common.ElementID(fmt.Sprintf("%s-%d", base, n))
	}
	d.has[id] = true
	return id
}

// add enters a package unless one with that key is there, and gives its id.
func (d *document) add(key string, p *spdx.Package) common.ElementID {
	if id, ok := d.ids[key]; ok {
		return id
	}
	p.PackageSPDXIdentifier = d.id("Package", key)
	d.ids[key] = p.PackageSPDXIdentifier
	d.doc.Packages = append(d.doc.Packages, p)
	return p.PackageSPDXIdentifier
}

// relate says what two elements have to do with each other. What was said is not said again.
func (d *document) relate(a common.ElementID, how string, b common.ElementID, comment ...string) {
	r := &spdx.Relationship{
		RefA: common.DocElementID{ElementRefID: a}, RefB: common.DocElementID{ElementRefID: b},
		Relationship: how, RelationshipComment: strings.Join(comment, ", "),
	}
	for _, old := range d.doc.Relationships {
		if *old == *r {
			return
		}
	}
	d.doc.Relationships = append(d.doc.Relationships, r)
}

// newPackage is a package of which no files are listed and nothing more is known.
func newPackage(name, version string) *spdx.Package {
	return &spdx.Package{
		PackageName: name, PackageVersion: version, PackageDownloadLocation: unknown, IsFilesAnalyzedTagPresent: true,
		PackageSupplier:         &common.Supplier{Supplier: unknown},
		PackageLicenseConcluded: unknown, PackageLicenseDeclared: unknown, PackageCopyrightText: unknown,
	}
}

func sum(algorithm common.ChecksumAlgorithm, hex string) common.Checksum {
	return common.Checksum{Algorithm: algorithm, Value: hex}
}

// purl gives the package an address that scanners know (github.com/package-url/purl-spec).
func purl(p *spdx.Package, address string) {
	p.PackageExternalReferences = append(p.PackageExternalReferences, &spdx.PackageExternalReference{
		Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: address,
	})
}

// image enters the image around the outputs.
func (d *document) image(in Input) (common.ElementID, error) {
	p := newPackage(in.Name, "")
	p.PrimaryPackagePurpose = "CONTAINER"
	p.PackageComment = "Root file system of an image for " + in.Platform + ". The image's digest is the subject of the statement that this document comes in."
	id := d.add("image "+in.Platform, p)
	d.relate(documentRef, common.TypeRelationshipDescribe, id)
	for _, deb := range in.Image.Shipped {
		d.relate(id, common.TypeRelationshipContains, d.debian(deb), deb.Files...)
	}
	if in.Image.Base != "" {
		d.relate(id, common.TypeRelationshipDescendantOf, d.base(in.Image))
	}
	if in.Image.Zones != "" {
		d.relate(id, common.TypeRelationshipContains, d.zones(in.Image.Zones), "usr/share/zoneinfo")
	}
	if len(in.Image.Certificates) > 0 {
		p.PackageComment += " Certificates of the build context are in its bundle: " + strings.Join(in.Image.Certificates, ", ") + "."
	}
	if in.Image.Roots.Path == "" {
		return id, nil
	}
	roots, err := d.module(in.Image.Roots)
	d.relate(id, common.TypeRelationshipContains, roots, "etc/ssl/certs/ca-certificates.crt")
	return id, err
}

// zones enters the time zones of a Go distribution. They are no code, so no address that scanners look up names them.
func (d *document) zones(version string) common.ElementID {
	p := newPackage("zoneinfo", "go"+version)
	p.PackageComment, p.PackageSourceInfo = "The IANA time zones, as Go's distribution has them.", "lib/time/zoneinfo.zip of Go "+version
	p.PackageSupplier = &common.Supplier{SupplierType: "Organization", Supplier: "The Go Project"}
	return d.add("zones "+version, p)
}

// base enters the image that another stands on, by name and digest only.
func (d *document) base(img *Image) common.ElementID {
	p := newPackage(img.Base, img.BaseDigest)
	p.PrimaryPackagePurpose = "CONTAINER"
	p.PackageComment = "What is in the base image is not listed here: its own SBOM does that."
	if algorithm, hex, ok := strings.Cut(img.BaseDigest, ":"); ok && algorithm == "sha256" {
		p.PackageChecksums = []common.Checksum{sum(common.SHA256, hex)}
	}
	return d.add("base "+img.Base, p)
}

// output enters a file: as a package, which is what others can relate to, that holds the one file.
func (d *document) output(root common.ElementID, o Output) error {
	p := newPackage(o.Name, "")
	p.PackageFileName, p.PrimaryPackagePurpose = o.Name, "APPLICATION"
	p.PackageChecksums = []common.Checksum{sum(common.SHA256, o.SHA256)}
	p.FilesAnalyzed, p.PackageVerificationCode = true, verificationCode(o.SHA1)
	id := d.add("output "+o.Name, p)
	if root == documentRef {
		d.relate(root, common.TypeRelationshipDescribe, id)
	} else {
		d.relate(root, common.TypeRelationshipContains, id)
	}
	d.relate(id, common.TypeRelationshipContains, d.file(o))
	d.tools(id, o)
	d.libraries(id, o)
	p.PackageComment = comment(o)
	if o.Build == nil {
		return nil
	}
	p.PackageVersion = released(o.Build.Main.Version)
	return d.modules(id, o)
}

// comment says what the document cannot tell of a file.
func comment(o Output) string {
	var texts []string
	if o.Build == nil {
		texts = append(texts, "The file has no Go build information: which modules it is made from is not known.")
	}
	if len(o.Unpackaged) > 0 {
		texts = append(texts, "It loads libraries that are of no package: "+strings.Join(o.Unpackaged, ", "))
	}
	return strings.Join(texts, " ")
}

// verificationCode is SPDX's digest of a package's files (SPDX 2.3, clause 7.9.4), of which there is one.
func verificationCode(fileSHA1 string) *common.PackageVerificationCode {
	code := sha1.Sum([]byte(fileSHA1)) //nolint:gosec // see above
	return &common.PackageVerificationCode{Value: hex.EncodeToString(code[:])}
}

func (d *document) file(o Output) common.ElementID {
	id := d.id("File", o.Name)
	d.doc.Files = append(d.doc.Files, &spdx.File{
		FileName: "./" + o.Name, FileSPDXIdentifier: id, FileTypes: []string{"BINARY"},
		Checksums:        []common.Checksum{sum(common.SHA1, o.SHA1), sum(common.SHA256, o.SHA256)},
		LicenseConcluded: unknown, LicenseInfoInFiles: []string{unknown}, FileCopyrightText: unknown,
	})
	return id
}
