package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Platform is a build target in OCI words: OS and Arch are GOOS and GOARCH, Variant narrows the architecture.
// ParsePlatform gives the normal form: the variant is empty where it names the baseline, and arm always has one.
type Platform struct {
	OS      string
	Arch    string
	Variant string // "v7" for arm, "v3" for amd64, "v8.1" for arm64; empty is the baseline of Arch
}

// String is "os/arch" or "os/arch/variant".
func (p Platform) String() string {
	if p.Variant == "" {
		return p.OS + "/" + p.Arch
	}
	return p.OS + "/" + p.Arch + "/" + p.Variant
}

// osRow is an operating system with the architectures that Go builds for it without its own SDK.
// From `go tool dist list` of Go 1.26; android and ios are left out, they need an SDK even for pure Go; and aix
// and plan9, whose file formats package verify does not read: what cannot be checked is not built.
type osRow struct {
	name  string
	archs []string
}

var osRows = []osRow{
	{"linux", []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64", "ppc64le", "riscv64", "s390x"}},
	{"darwin", []string{"amd64", "arm64"}},
	{"windows", []string{"386", "amd64", "arm64"}},
	{"freebsd", []string{"386", "amd64", "arm", "arm64"}},
	{"netbsd", []string{"386", "amd64", "arm", "arm64"}},
	{"openbsd", []string{"386", "amd64", "arm", "arm64", "ppc64", "riscv64"}},
	{"dragonfly", []string{"amd64"}},
	{"illumos", []string{"amd64"}},
	{"solaris", []string{"amd64"}},
	{"wasip1", []string{"wasm"}},
	{"js", []string{"wasm"}},
}

// variantRow says which variants an architecture has. The names are those of containerd/platforms.
type variantRow struct {
	arch     string
	baseline string   // the variant that normalises to none
	implied  string   // the variant that none normalises to
	variants []string // all that are accepted, baseline included
}

var variantRows = []variantRow{
	{arch: "amd64", baseline: "v1", variants: []string{"v1", "v2", "v3", "v4"}},
	{arch: "arm", implied: "v7", variants: []string{"v5", "v6", "v7"}},
	{arch: "arm64", baseline: "v8", variants: []string{"v8", "v8.1", "v8.2", "v8.3", "v8.4", "v8.5", "v8.6", "v8.7", "v8.8", "v8.9",
		"v9", "v9.1", "v9.2", "v9.3", "v9.4", "v9.5"}},
}

// Other spellings, as containerd/platforms reads them.
var (
	osAliases   = map[string]string{"macos": "darwin"}
	archAliases = map[string]Platform{
		"i386": {Arch: "386"}, "x86_64": {Arch: "amd64"}, "x86-64": {Arch: "amd64"}, "aarch64": {Arch: "arm64"},
		"armhf": {Arch: "arm", Variant: "v7"}, "armel": {Arch: "arm", Variant: "v6"}, "armv5": {Arch: "arm", Variant: "v5"},
		"armv6": {Arch: "arm", Variant: "v6"}, "armv7": {Arch: "arm", Variant: "v7"}, "armv7l": {Arch: "arm", Variant: "v7"},
	}
	variantAliases = map[string]string{"v8.0": "v8", "v9.0": "v9"}
)

// Platforms lists every platform that ParsePlatform accepts, without variants except those of arm, in the order of the table.
func Platforms() []Platform {
	var all []Platform
	for _, row := range osRows {
		for _, arch := range row.archs {
			all = append(all, Platform{row.name, arch, variantsOf(arch).implied})
		}
	}
	return all
}

// Variants lists the variants that an architecture (GOARCH) has, in rising order; nil when it has none.
func Variants(arch string) []string { return slices.Clone(variantsOf(arch).variants) }

// ParsePlatform reads "os/arch" or "os/arch/variant" and gives its normal form: "linux/arm" is linux/arm/v7,
// "linux/arm64/v8" is linux/arm64, "linux/x86_64" is linux/amd64. A platform that Go does not know is an error
// that names what is allowed.
func ParsePlatform(s string) (Platform, error) {
	parts := strings.Split(strings.ToLower(strings.TrimSpace(s)), "/")
	if len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, "") {
		return Platform{}, fmt.Errorf("found %s, wanted OS/ARCH or OS/ARCH/VARIANT, for example linux/arm64", quote(s))
	}
	p := Platform{OS: parts[0], Arch: parts[1]}
	if len(parts) == 3 {
		p.Variant = parts[2]
	}
	return p.normal(s)
}

func (p Platform) normal(written string) (Platform, error) {
	if os, ok := osAliases[p.OS]; ok {
		p.OS = os
	}
	if alias, ok := archAliases[p.Arch]; ok {
		if alias.Variant != "" && p.Variant != "" && "v"+strings.TrimPrefix(p.Variant, "v") != alias.Variant {
			return Platform{}, fmt.Errorf("found %s, but %s is %s/%s", quote(written), p.Arch, alias.Arch, alias.Variant)
		}
		p.Arch = alias.Arch
		if alias.Variant != "" {
			p.Variant = alias.Variant
		}
	}
	if err := p.known(written); err != nil {
		return Platform{}, err
	}
	return p.withVariant(written)
}

// known says whether the table has the pair of OS and Arch.
func (p Platform) known(written string) error {
	i := slices.IndexFunc(osRows, func(r osRow) bool { return r.name == p.OS })
	if i < 0 {
		var names []string
		for _, r := range osRows {
			names = append(names, r.name)
		}
		return fmt.Errorf("found %s, unknown operating system: allowed are %s%s", quote(written), strings.Join(names, ", "), didYouMean(p.OS, names))
	}
	if archs := osRows[i].archs; !slices.Contains(archs, p.Arch) {
		return fmt.Errorf("found %s, unknown architecture for %s: allowed are %s%s", quote(written), p.OS, strings.Join(archs, ", "), didYouMean(p.Arch, archs))
	}
	return nil
}

func (p Platform) withVariant(written string) (Platform, error) {
	row := variantsOf(p.Arch)
	v := p.Variant
	if v != "" && !strings.HasPrefix(v, "v") {
		v = "v" + v
	}
	if other, ok := variantAliases[v]; ok {
		v = other
	}
	switch {
	case v == "":
		v = row.implied
	case len(row.variants) == 0:
		return Platform{}, fmt.Errorf("found %s, but %s", quote(written), noVariants(p.Arch))
	case !slices.Contains(row.variants, v):
		return Platform{}, fmt.Errorf("found %s, unknown variant of %s: allowed are %s", quote(written), p.Arch, strings.Join(row.variants, ", "))
	case v == row.baseline:
		v = ""
	}
	return Platform{p.OS, p.Arch, v}, nil
}

// variantsOf is the row of an architecture; the empty row has no variants.
func variantsOf(arch string) variantRow {
	for _, row := range variantRows {
		if row.arch == arch {
			return row
		}
	}
	return variantRow{arch: arch}
}
