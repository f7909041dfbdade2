package plan

import (
	"fmt"
	"go/version"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"golang.org/x/mod/modfile"
)

// OldestGo is the oldest Go that crossgo runs: from it on a go line names a toolchain, and the go command has the
// flags that the steps use. Code that asks for less is built with the newest patch of it.
const OldestGo = "1.21"

// BuildArchs are the machines that crossgo can compile on; anything else is refused by name.
var BuildArchs = []string{"linux/amd64", "linux/arm64"}

// Mods are the module files that decide the Go version, with the names to show in messages.
type Mods struct {
	GoMod      []byte
	GoModName  string // "go.mod", "services/a/go.mod"
	GoWork     []byte // nil without a workspace
	GoWorkName string
}

// Name is the file that governs: go.work in a workspace, else go.mod.
func (m Mods) Name() string {
	if m.GoWork != nil {
		return m.GoWorkName
	}
	return m.GoModName
}

// Go is the Go distribution that compiles: a version, or a language version whose newest patch the module proxy knows.
type Go struct {
	Version string `json:"version"`         // "1.26.8", or "1.26" for the newest patch
	Where   string `json:"where"`           // who asked for it: "crossgo.yaml:2:5", "go.mod:3"
	Build   string `json:"build"`           // the machine it runs on: "linux/amd64"
	Least   string `json:"least,omitempty"` // what is asked for where the newest patch of it compiles: "1.26", "1.26.0"; empty: Version is what is asked for
}

// Newest is the choice among the releases that there are: where no exact version is asked for, the newest patch. ok is false where
// none of them is one.
func (g Go) Newest(releases []string) (chosen Go, ok bool) {
	newest := NewestGo(releases, g.Least)
	if g.Least == "" || newest == "" {
		return g, g.Least == ""
	}
	g.Version = newest
	return g, true
}

// why is the reason for the version, beside who asked for it.
func (g Go) why() string {
	if g.Least == "" || g.Version == g.Least {
		return ""
	}
	return fmt.Sprintf("the newest patch that the module proxy lists: at least %s is asked for", g.Least)
}

// goLine is a wish for a Go version and its place.
type goLine struct {
	version string
	where   string
	exact   bool // no other patch will do
}

// ChooseGo decides the Go version: the spec's go, else the toolchain line, else the go line of go.work or go.mod. A version with a
// patch in the spec and a toolchain line are exact; a go line says what the code needs at least, and the newest patch of it compiles.
// A spec that names an older Go than the code asks for is an error with both places.
func ChooseGo(file *spec.File, mods Mods, build spec.Platform) (Go, error) {
	if !knownBuild(build) {
		return Go{}, fmt.Errorf("this builder runs on %s: crossgo compiles on %s", build, strings.Join(BuildArchs, " and "))
	}
	needed, chosen, err := modsGo(mods)
	if err != nil {
		return Go{}, err
	}
	if file.Go.V != "" {
		chosen = goLine{version: file.Go.V, where: place(file, file.Go.Pos), exact: NamesPatch(file.Go.V)}
		if older(chosen.version, needed.version) {
			return Go{}, fmt.Errorf("%s: go: found %s, but %s asks for at least %s", chosen.where, chosen.version, needed.where, needed.version)
		}
	}
	if older(chosen.version, OldestGo) {
		chosen.version = OldestGo
	}
	g := Go{Version: chosen.version, Where: chosen.where, Build: build.String()}
	if !chosen.exact {
		g.Version = atLeast(chosen.version, needed.version)
		g.Least = g.Version
	}
	return g, nil
}

// NamesPatch reports whether a version names one release: "1.26.8", "1.27rc1".
func NamesPatch(v string) bool { return version.Lang("go"+v) != "go"+v }

// atLeast is what the code needs, where that is a patch of the wanted minor version.
func atLeast(wanted, needed string) string {
	if version.Lang("go"+wanted) == version.Lang("go"+needed) && version.Compare("go"+needed, "go"+wanted) > 0 {
		return needed
	}
	return wanted
}

func knownBuild(p spec.Platform) bool {
	plain := spec.Platform{OS: p.OS, Arch: p.Arch}.String()
	for _, b := range BuildArchs {
		if b == plain {
			return true
		}
	}
	return false
}

// modsGo reads what the module files need at least, and what they choose. In a workspace go.work has the say, since the
// go command refuses modules there that ask for more.
func modsGo(mods Mods) (needed, chosen goLine, err error) {
	if mods.GoWork != nil {
		work, err := modfile.ParseWork(mods.GoWorkName, mods.GoWork, nil)
		if err != nil {
			return goLine{}, goLine{}, err
		}
		return goLines(mods.GoWorkName, work.Go, work.Toolchain)
	}
	mod, err := modfile.Parse(mods.GoModName, mods.GoMod, nil)
	if err != nil {
		return goLine{}, goLine{}, err
	}
	return goLines(mods.GoModName, mod.Go, mod.Toolchain)
}

func goLines(name string, g *modfile.Go, t *modfile.Toolchain) (needed, chosen goLine, err error) {
	needed = goLine{version: OldestGo, where: name}
	if g != nil {
		needed = goLine{version: g.Version, where: fmt.Sprintf("%s:%d", name, g.Syntax.Start.Line)}
	}
	chosen = needed
	if t != nil && t.Name != "default" {
		chosen = goLine{strings.TrimPrefix(t.Name, "go"), fmt.Sprintf("%s:%d", name, t.Syntax.Start.Line), true}
	}
	for _, line := range []goLine{needed, chosen} {
		if !version.IsValid("go" + line.version) {
			return goLine{}, goLine{}, fmt.Errorf("%s: found Go version %q, want one such as 1.26 or 1.26.8", line.where, line.version)
		}
	}
	if older(chosen.version, needed.version) {
		chosen = needed
	}
	return needed, chosen, nil
}

// older reports whether a language version or release is below another; "1.26" as a wish means its newest patch, so it
// is not older than any 1.26.x.
func older(a, b string) bool {
	a, b = "go"+a, "go"+b
	if version.Lang(a) == a && version.Lang(a) == version.Lang(b) {
		return false
	}
	return version.Compare(a, b) < 0
}
