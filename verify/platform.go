package verify

import (
	"fmt"
	"slices"
	"strings"
)

// ParsePlatform splits a platform ("linux/amd64", "linux/arm/v7") and checks every part against what this package knows.
// The variant comes back in its shortest form: empty where it names the baseline of the architecture (amd64/v1,
// arm64/v8), "v7" for a plain linux/arm, as containerd's platforms normalise it.
func ParsePlatform(s string) (goos, goarch, variant string, err error) {
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return "", "", "", fmt.Errorf("platform %q: want OS/ARCH or OS/ARCH/VARIANT, for example linux/arm64; known are %s", s, knownPlatforms())
	}
	goos, goarch = parts[0], parts[1]
	if !slices.Contains(oses[goos].arches, goarch) {
		return "", "", "", fmt.Errorf("platform %q: unknown; known are %s", s, knownPlatforms())
	}
	if len(parts) == 3 {
		variant = parts[2]
	}
	v, err := lookupVariant(goarch, variant)
	if err != nil {
		return "", "", "", fmt.Errorf("platform %q: %w", s, err)
	}
	return goos, goarch, v.short, nil
}

// WantFor is the smallest Want of a platform: nothing but GOOS, GOARCH and variant.
func WantFor(platform string) (Want, error) {
	goos, goarch, variant, err := ParsePlatform(platform)
	return Want{GOOS: goos, GOARCH: goarch, Variant: variant}, err
}

// osRow is what one GOOS means to the checks.
type osRow struct {
	arches []string // GOARCH values Go builds for it
	format string
	libs   bool // programs always go through the system's own libraries, so none of them is static
}

// oses lists the systems whose file formats this package reads, with the ports of Go 1.26 (go tool dist list) and
// mips and ppc64 kin. aix (XCOFF) and plan9 (a.out) are left out.
var oses = map[string]osRow{
	"android":   {arches: []string{"386", "amd64", "arm", "arm64"}, format: formatELF, libs: true},
	"darwin":    {arches: []string{"amd64", "arm64"}, format: formatMachO, libs: true},
	"dragonfly": {arches: []string{"amd64"}, format: formatELF},
	"freebsd":   {arches: []string{"386", "amd64", "arm", "arm64", "riscv64"}, format: formatELF},
	"illumos":   {arches: []string{"amd64"}, format: formatELF, libs: true},
	"ios":       {arches: []string{"amd64", "arm64"}, format: formatMachO, libs: true},
	"js":        {arches: []string{"wasm"}, format: formatWasm},
	"linux": {arches: []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64",
		"ppc64le", "riscv64", "s390x"}, format: formatELF},
	"netbsd":  {arches: []string{"386", "amd64", "arm", "arm64"}, format: formatELF},
	"openbsd": {arches: []string{"386", "amd64", "arm", "arm64", "ppc64", "riscv64"}, format: formatELF, libs: true},
	"solaris": {arches: []string{"amd64"}, format: formatELF, libs: true},
	"wasip1":  {arches: []string{"wasm"}, format: formatWasm},
	"windows": {arches: []string{"386", "amd64", "arm", "arm64"}, format: formatPE, libs: true},
}

// knownPlatforms lists every platform in alphabetical order, one GOOS at a time.
func knownPlatforms() string {
	var names []string
	for goos, row := range oses {
		for _, arch := range row.arches {
			names = append(names, goos+"/"+arch)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// archRow is how one GOARCH shows in a file, whatever the format.
type archRow struct {
	machine string // in the words of elfMachines, peMachines, machoCPUs
	bits    int
	order   string
}

const (
	little = "little endian"
	big    = "big endian"
)

var arches = map[string]archRow{
	"386":      {"i386", 32, little},
	"amd64":    {"x86-64", 64, little},
	"arm":      {"arm", 32, little},
	"arm64":    {"aarch64", 64, little},
	"loong64":  {"loongarch", 64, little},
	"mips":     {"mips", 32, big},
	"mipsle":   {"mips", 32, little},
	"mips64":   {"mips", 64, big},
	"mips64le": {"mips", 64, little},
	"ppc64":    {"ppc64", 64, big},
	"ppc64le":  {"ppc64", 64, little},
	"riscv64":  {"riscv", 64, little},
	"s390x":    {"s390", 64, big},
	"wasm":     {"wasm", 32, little},
}
