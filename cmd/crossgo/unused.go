package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

// unused is a setting of Go's, or of a compiler's, that no build of crossgo reads, and what to say in its place.
type unused struct{ name, instead string }

// unusedSettings would make another program with go build on this machine.
var unusedSettings = []unused{
	{"GOFLAGS", "the spec has tags:, ldflags: and others"},
	{"CGO_ENABLED", "the spec has cgo:"},
	{"CGO_CFLAGS", "write it as a #cgo CFLAGS: line in the Go file that imports \"C\""},
	{"CGO_CPPFLAGS", "write it as a #cgo CPPFLAGS: line in the Go file that imports \"C\""},
	{"CGO_CXXFLAGS", "write it as a #cgo CXXFLAGS: line in the Go file that imports \"C\""},
	{"CGO_FFLAGS", "there is no Fortran compiler in the build"},
	{"CGO_LDFLAGS", "write it as a #cgo LDFLAGS: line in the Go file that imports \"C\""},
	{"CGO_CFLAGS_ALLOW", "no key of the spec allows more flags"},
	{"CGO_CFLAGS_DISALLOW", "no key of the spec allows fewer flags"},
	{"CGO_LDFLAGS_ALLOW", "no key of the spec allows more flags"},
	{"CGO_LDFLAGS_DISALLOW", "no key of the spec allows fewer flags"},
	{"CC", "the spec has libc: and packages:, and crossgo brings the compiler"},
	{"CXX", "the spec has libc: and packages:, and crossgo brings the compiler"},
	{"AR", "crossgo brings its own"},
	{"PKG_CONFIG", "the spec has packages:"},
	{"PKG_CONFIG_PATH", "the spec has packages:"},
	{"GOOS", "say --platform, or platforms: in the spec"},
	{"GOARCH", "say --platform, or platforms: in the spec"},
	{"GOAMD64", "say it with the platform, as in linux/amd64/v3"},
	{"GOARM", "say it with the platform, as in linux/arm/v7"},
	{"GOARM64", "no key of the spec has it"},
	{"GO386", "no key of the spec has it"},
	{"GOMIPS", "no key of the spec has it"},
	{"GOMIPS64", "no key of the spec has it"},
	{"GOPPC64", "no key of the spec has it"},
	{"GORISCV64", "no key of the spec has it"},
	{"GOWASM", "no key of the spec has it"},
	{"GOEXPERIMENT", "no key of the spec has it"},
	{"GOFIPS140", "no key of the spec has it"},
	{"GOTOOLCHAIN", "the spec has go:"},
	{"GOWORK", "the spec has module:"},
	{"GOINSECURE", "modules come from GOPROXY"},
	{"GOVCS", "modules come from GOPROXY"},
	{"GOAUTH", "say --secret id=netrc,src=FILE"},
}

// goChanged are the settings that go env has and Go itself would not take: from the environment or by go env -w.
// answers is false without a go command, or with one before 1.23.
func goChanged() (changed map[string]string, answers bool) {
	cmd := exec.Command("go", "env", "-json", "-changed")
	cmd.Dir = os.TempDir() // outside any module: its toolchain line must not start a download
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	data, err := cmd.Output()
	if err != nil {
		return nil, false
	}
	err = json.Unmarshal(data, &changed)
	return changed, err == nil
}

// notOfGo are those that go env does not answer for as the user has them.
var notOfGo = []string{"GOTOOLCHAIN", "PKG_CONFIG_PATH"}

// tellUnused names the settings of this machine that go build would heed and this build does not.
func tellUnused(w io.Writer) {
	changed, answers := goChanged()
	for _, u := range unusedSettings {
		value := os.Getenv(u.name)
		if answers && !slices.Contains(notOfGo, u.name) {
			value = changed[u.name]
		}
		if value != "" {
			fmt.Fprintf(w, "note: %s=%s of this machine is not used: %s\n", u.name, value, u.instead)
		}
	}
}
