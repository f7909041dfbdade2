package plan

import (
	"errors"
	"go/version"
	"slices"
	"strings"
)

// ModuleProxy is one address of a GOPROXY value.
type ModuleProxy struct {
	URL      string
	AnyError bool // any error lets the next one have a go, not "not found" alone
}

// ModuleProxies are the addresses of a GOPROXY value, with what lets the next one have a go: after a comma only "not found",
// after a pipe any error (go.dev/ref/mod#environment-variables).
func ModuleProxies(value string) ([]ModuleProxy, error) {
	var list []ModuleProxy
	for value != "" {
		i := strings.IndexAny(value, ",|")
		address, sep := value, byte(',')
		if i >= 0 {
			address, sep, value = value[:i], value[i], value[i+1:]
		} else {
			value = ""
		}
		address = strings.TrimRight(strings.TrimSpace(address), "/")
		if address == "" || address == "direct" {
			continue // Go itself comes from a proxy only
		}
		if address == "off" {
			break
		}
		list = append(list, ModuleProxy{address, sep == '|'})
	}
	if len(list) == 0 {
		return nil, errors.New("GOPROXY names no module proxy: Go itself is fetched from one, pass --build-arg GOPROXY=https://…")
	}
	return list, nil
}

// The module that carries Go distributions, and the prefix of its versions (go.dev/ref/mod#toolchain modules are named
// golang.org/toolchain@v0.0.1-goVERSION.GOOS-GOARCH).
const (
	ToolchainModule  = "golang.org/toolchain"
	toolchainVersion = "v0.0.1-go"
)

// ToolchainList is where a module proxy lists the releases of Go.
const ToolchainList = "/" + ToolchainModule + "/@v/list"

// ToolchainVersion is the module version of a release for a machine: "v0.0.1-go1.26.8.linux-amd64" of "1.26.8" and "linux/amd64".
func ToolchainVersion(release, build string) string {
	return toolchainVersion + release + "." + strings.ReplaceAll(build, "/", "-")
}

// GoReleases are the releases for a machine in a module proxy's list of the toolchain module's versions, oldest first.
func GoReleases(list, build string) []string {
	suffix := strings.TrimPrefix(ToolchainVersion("", build), toolchainVersion)
	var releases []string
	for _, line := range strings.Fields(list) {
		if v, ok := strings.CutPrefix(line, toolchainVersion); ok && strings.HasSuffix(v, suffix) {
			releases = append(releases, strings.TrimSuffix(v, suffix))
		}
	}
	slices.SortFunc(releases, func(a, b string) int { return version.Compare("go"+a, "go"+b) })
	return releases
}

// NewestGo is the newest patch of least's minor version among releases, of those that are no older than least and no release candidates;
// empty: there is none.
func NewestGo(releases []string, least string) string {
	newest := ""
	for _, v := range releases {
		full := "go" + v
		if version.Lang(full) == version.Lang("go"+least) && !strings.ContainsAny(v, "rb") &&
			version.Compare(full, "go"+least) >= 0 && version.Compare(full, "go"+newest) > 0 {
			newest = v
		}
	}
	return newest
}
