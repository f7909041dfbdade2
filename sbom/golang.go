package sbom

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path"
	"runtime/debug"
	"strings"

	"github.com/package-url/packageurl-go"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// goLicense is what Go's distribution says in its LICENSE file.
const goLicense = "BSD-3-Clause"

// released is a module's version, empty where the build information has only a word for "unknown".
func released(version string) string {
	if version == "(devel)" {
		return ""
	}
	return version
}

// modules enters what the build information names: the main module, what it was linked with, the standard library and the compiler.
func (d *document) modules(output common.ElementID, o Output) error {
	if o.Build.Main.Path != "" {
		main, err := d.module(o.Build.Main)
		if err != nil {
			return err
		}
		d.relate(output, common.TypeRelationshipGeneratedFrom, main, "main package "+o.Build.Path)
	}
	for _, m := range o.Build.Deps {
		id, err := d.module(*m)
		if err != nil {
			return err
		}
		d.relate(output, common.TypeRelationshipStaticLink, id)
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(o.Build.GoVersion, "go"), " ")
	if version == "" {
		return nil
	}
	d.relate(output, common.TypeRelationshipStaticLink, d.standardLibrary(version))
	d.relate(d.compiler(version, o.BuiltOn), common.TypeRelationshipBuildToolOf, output)
	return nil
}

// module enters a Go module; where another one stood in for it, that one.
func (d *document) module(m debug.Module) (common.ElementID, error) {
	used := m
	if m.Replace != nil {
		used = *m.Replace
	}
	if isLocal(used.Path) {
		return d.localModule(m, used.Path), nil
	}
	p := newPackage(used.Path, released(used.Version))
	p.PrimaryPackagePurpose = "LIBRARY"
	if m.Replace != nil {
		p.PackageComment = fmt.Sprintf("Stands in for %s %s by a replace directive.", m.Path, m.Version)
	}
	purl(p, modulePURL(used.Path, p.PackageVersion))
	if err := moduleSum(p, used.Sum); err != nil {
		return "", fmt.Errorf("module %s: %w", used.Path, err)
	}
	return d.add("go "+used.Path+" "+used.Version, p), nil
}

// isLocal tells a directory from a module path, as go.mod does (go.dev/ref/mod#go-mod-file-replace).
func isLocal(p string) bool {
	return path.IsAbs(p) || p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../")
}

// localModule enters a module whose code is a directory of the build context: no version names it.
func (d *document) localModule(m debug.Module, dir string) common.ElementID {
	p := newPackage(m.Path, "")
	p.PrimaryPackagePurpose = "LIBRARY"
	p.PackageComment = fmt.Sprintf("A directory of the build context by a replace directive: %s", dir)
	return d.add("go "+m.Path+" "+dir, p)
}

func modulePURL(module, version string) string {
	namespace, name := path.Split(module)
	return packageurl.NewPackageURL(packageurl.TypeGolang, strings.TrimSuffix(namespace, "/"), name, version, nil, "").ToString()
}

// moduleSum enters the line of go.sum: a SHA-256 of the list of the files' SHA-256s (golang.org/x/mod/sumdb/dirhash), which other
// tools enter as a checksum too.
func moduleSum(p *spdx.Package, h1 string) error {
	if h1 == "" {
		return nil
	}
	encoded, ok := strings.CutPrefix(h1, "h1:")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) != 32 {
		return fmt.Errorf("sum %q is no h1 hash", h1)
	}
	p.PackageChecksums = []common.Checksum{sum(common.SHA256, hex.EncodeToString(raw))}
	p.PackageSourceInfo = "go.sum: " + h1
	return nil
}

// standardLibrary enters Go's packages that every Go program holds some of.
func (d *document) standardLibrary(version string) common.ElementID {
	p := newPackage("stdlib", version)
	p.PrimaryPackagePurpose, p.PackageLicenseDeclared = "LIBRARY", goLicense
	p.PackageSupplier = &common.Supplier{SupplierType: "Organization", Supplier: "The Go Project"}
	purl(p, packageurl.NewPackageURL(packageurl.TypeGolang, "", "stdlib", version, nil, "").ToString())
	p.PackageExternalReferences = append(p.PackageExternalReferences, &spdx.PackageExternalReference{
		Category: common.CategorySecurity, RefType: common.TypeSecurityCPE23Type, Locator: "cpe:2.3:a:golang:go:" + version + ":-:*:*:*:*:*:*",
	})
	return d.add("go stdlib "+version, p)
}

// compiler enters the Go distribution that compiled, which is a module by itself.
func (d *document) compiler(version, on string) common.ElementID {
	p := newPackage("go", version)
	p.PrimaryPackagePurpose, p.PackageLicenseDeclared = "APPLICATION", goLicense
	p.PackageSupplier = &common.Supplier{SupplierType: "Organization", Supplier: "The Go Project"}
	if on != "" {
		purl(p, modulePURL("golang.org/toolchain", "v0.0.1-go"+version+"."+strings.ReplaceAll(on, "/", "-")))
	}
	return d.add("tool go "+version, p)
}
