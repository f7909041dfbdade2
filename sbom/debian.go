package sbom

import (
	"strings"

	"github.com/package-url/packageurl-go"
	"github.com/spdx/tools-golang/spdx/v2/common"
)

// libraries enters what is in the output, or loaded by it, and does not come from Go modules.
func (d *document) libraries(output common.ElementID, o Output) {
	for _, deb := range o.Static {
		d.relate(output, common.TypeRelationshipStaticLink, d.debian(deb), deb.Files...)
	}
	if len(o.Runtime) > 0 {
		p := newPackage("crossgo musl compatibility", "")
		p.PrimaryPackagePurpose, p.PackageLicenseDeclared = "LIBRARY", "Apache-2.0"
		p.PackageComment = "Functions of glibc that Debian's static libraries call and musl lacks, from crossgo's own source (sysroot/muslrt/compat)."
		d.relate(output, common.TypeRelationshipStaticLink, d.add("crossgo muslrt", p), o.Runtime...)
	}
	for _, deb := range o.Dynamic {
		d.relate(output, common.TypeRelationshipDynamicLink, d.debian(deb), deb.Files...)
	}
}

// tools enters the C toolchain.
func (d *document) tools(output common.ElementID, o Output) {
	for _, deb := range o.Tools {
		d.relate(d.debian(deb), common.TypeRelationshipBuildToolOf, output)
	}
}

// releases are the numbers of Debian's suites, by which vulnerability data goes.
var releases = map[string]string{"bullseye": "11", "bookworm": "12", "trixie": "13"}

// debian enters a package file.
func (d *document) debian(deb Debian) common.ElementID {
	p := newPackage(deb.Name, deb.Version)
	p.PackageSupplier = &common.Supplier{SupplierType: "Organization", Supplier: "Debian"}
	p.PackageFileName = deb.Filename[strings.LastIndexByte(deb.Filename, '/')+1:]
	p.PackageChecksums = []common.Checksum{sum(common.SHA256, deb.SHA256)}
	p.PackageSourceInfo = "Debian source package " + deb.source(" ")
	p.PackageLicenseDeclared, p.PackageLicenseComments = license(deb.Licenses)
	if deb.Archive != "" {
		p.PackageDownloadLocation = deb.Archive + "/" + deb.Filename
	}
	purl(p, deb.purl())
	return d.add("deb "+deb.Name+" "+deb.Version+" "+deb.Architecture, p)
}

// source is the source package with its version.
func (deb Debian) source(between string) string {
	name, version := deb.Source, deb.SourceVersion
	if name == "" {
		name = deb.Name
	}
	if version == "" {
		version = deb.Version
	}
	return name + between + version
}

// purl is the package's address: pkg:deb/debian/libc6-dev@2.41-12?arch=arm64&distro=debian-13&upstream=glibc%402.41-12.
func (deb Debian) purl() string {
	distro := deb.Suite
	if number, ok := releases[deb.Suite]; ok {
		distro = "debian-" + number
	}
	qualifiers := packageurl.QualifiersFromMap(map[string]string{"arch": deb.Architecture, "distro": distro, "upstream": deb.source("@")})
	return packageurl.NewPackageURL(packageurl.TypeDebian, "debian", deb.Name, deb.Version, qualifiers, "").ToString()
}
