package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// goArch is how one GOARCH is told its variant: the variable, the value for the plain platform, and the value for each
// platform variant. The plain value is the port's baseline, so that a plain platform never gets more than it can run
// (internal/buildcfg/cfg.go of the Go distribution lists the values).
type goArch struct {
	variable string
	plain    string
	variants map[string]string
}

var goArchs = map[string]goArch{
	"386":      {variable: "GO386", plain: "sse2"},
	"amd64":    {variable: "GOAMD64", plain: "v1", variants: map[string]string{"v2": "v2", "v3": "v3", "v4": "v4"}},
	"arm":      {variable: "GOARM", plain: "7", variants: map[string]string{"v5": "5", "v6": "6", "v7": "7"}},
	"arm64":    {variable: "GOARM64", plain: "v8.0", variants: arm64Variants},
	"loong64":  {},
	"mips":     {variable: "GOMIPS", plain: "hardfloat"},
	"mipsle":   {variable: "GOMIPS", plain: "hardfloat"},
	"mips64":   {variable: "GOMIPS64", plain: "hardfloat"},
	"mips64le": {variable: "GOMIPS64", plain: "hardfloat"},
	"ppc64":    {variable: "GOPPC64", plain: "power8"},
	"ppc64le":  {variable: "GOPPC64", plain: "power8"},
	"riscv64":  {variable: "GORISCV64", plain: "rva20u64"},
	"s390x":    {},
	"wasm":     {variable: "GOWASM"},
}

// arm64Variants are the values of GOARM64 by platform variant.
var arm64Variants = map[string]string{
	"v8.1": "v8.1", "v8.2": "v8.2", "v8.3": "v8.3", "v8.4": "v8.4", "v8.5": "v8.5", "v8.6": "v8.6", "v8.7": "v8.7", "v8.8": "v8.8", "v8.9": "v8.9",
	"v9": "v9.0", "v9.1": "v9.1", "v9.2": "v9.2", "v9.3": "v9.3", "v9.4": "v9.4", "v9.5": "v9.5",
}

// TargetEnv is the part of the Go environment that names the target: GOOS, GOARCH and the variable of its variant.
// An architecture or variant without a row is an error that lists the rows.
func TargetEnv(p spec.Platform) ([]string, error) {
	row, ok := goArchs[p.Arch]
	if !ok {
		return nil, fmt.Errorf("platform %s: architecture %q is unknown, known are %s", p, p.Arch, knownArchs())
	}
	env := []string{"GOOS=" + p.OS, "GOARCH=" + p.Arch}
	if row.variable == "" {
		return env, nil
	}
	value := row.plain
	if p.Variant != "" {
		if value, ok = row.variants[p.Variant]; !ok {
			return nil, fmt.Errorf("platform %s: variant %q of %s is unknown, known are %s", p, p.Variant, p.Arch, keys(row.variants))
		}
	}
	return append(env, row.variable+"="+value), nil
}

// baseEnv is the Go environment of every step that starts go. Each variable is set so that nothing of the machine, of a
// go.env file or of a version newer than the chosen one can leak in.
func baseEnv() []string {
	return []string{
		"PATH=" + PathGoRoot + "/bin:/usr/bin",
		"HOME=/tmp",
		"GOROOT=" + PathGoRoot,
		"GOENV=off",
		"GOFLAGS=",
		"GOTOOLCHAIN=local",
		"GOTELEMETRY=off",
		"GOMODCACHE=" + PathModules,
		"GOCACHE=" + PathGoCache,
		"GOPATH=/tmp/gopath",
	}
}

// offlineEnv is baseEnv for steps that run without a network: whatever is missing must fail, not be looked for.
func offlineEnv() []string {
	return append(baseEnv(), "GOPROXY=off", "GOSUMDB=off", "GOVCS=*:off")
}

func knownArchs() string { return keys(goArchs) }

// keys lists a table's keys for messages.
func keys[V any](m map[string]V) string {
	names := make([]string, 0, len(m))
	for name := range m { //nolint: sorted below
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
