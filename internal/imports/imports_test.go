// Package imports holds the test that keeps crossgo's imports going one way: spec → plan → llb → frontend, with sysroot,
// verify and step at the side. The rules are data; a package without a rule is an error.
package imports

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// home is the path of crossgo's module with the slash that its packages go on with.
const home = "github.com/crossgo/crossgo/"

// rule says what a package, or every package below one, may import. What tests import is not looked at.
type rule struct {
	of      string   // path below home; "test/..." stands for everything below test/ and test itself
	own     []string // packages of crossgo that it may import, as paths below home
	foreign []string // import paths of others that it may import, each with everything below it
	reach   []string // like foreign, for what it may need in turn: set, it must hold every foreign package in its closure
	never   []string // what it may not import although nothing else forbids it, each with everything below it: the standard library
}

const (
	buildkit = "github.com/moby/buildkit"
	clientLL = buildkit + "/client/llb"
	junitXML = "github.com/jstemmer/go-junit-report/v2"
)

var (
	// yaml is what reading a spec needs: names of images are read as docker reads them.
	yaml = []string{"github.com/goccy/go-yaml", "github.com/agext/levenshtein", "github.com/distribution/reference", "github.com/opencontainers/go-digest"}
	// debian is what reading signed indexes and packages needs, with what these need in turn.
	debian = []string{
		"github.com/ProtonMail/go-crypto", "github.com/agext/levenshtein", "github.com/cloudflare/circl", "github.com/klauspost/compress",
		"github.com/knqyf263/go-deb-version", "github.com/therootcompany/xz", "golang.org/x/crypto", "golang.org/x/sys",
	}
	// signing is what keys of minisign and cosign are read with.
	signing = []string{"aead.dev/minisign", "github.com/secure-systems-lab/go-securesystemslib/encrypted"}
	// spdx is what writing an SPDX document needs.
	spdx = []string{"github.com/spdx/tools-golang/spdx/v2", "github.com/spdx/tools-golang/json/marshal", "github.com/package-url/packageurl-go", "github.com/anchore/go-struct-converter"}
	// world is what a package that only decides may not look at.
	world = []string{"crypto/rand", "log", "math/rand", "net", "os", "runtime", "syscall", "time"}
	// outside is what a package that only reads files may not use.
	outside = []string{"crypto/rand", "math/rand", "net", "os/exec"}
	// network is what a package may not use that runs the compiler on its files.
	network = []string{"crypto/rand", "math/rand", "net"}
	// forms is what writes reports in the forms of others.
	forms = []string{junitXML, "github.com/owenrumney/go-sarif/v3"}
	// none forbids every foreign package, also in turn.
	none = []string{"none"}
)

// rules has a row for every package, in the order of the pipeline.
var rules = []rule{
	{of: "spec", foreign: yaml, reach: yaml, never: world},
	// A program of its own, of nothing but the standard library.
	{of: "objects", reach: none, never: outside},
	{of: "objects/keeper", own: []string{"objects"}, reach: none, never: outside},
	{of: "verify", own: []string{"verify/pclntab"}, reach: none, never: outside},
	{of: "verify/pclntab", own: []string{"internal/window"}, reach: none, never: outside},
	{of: "verify/size", own: []string{"internal/window", "verify/pclntab"}, reach: none, never: outside},
	{of: "verify/report", own: []string{"verify", "verify/size"}, foreign: forms, reach: slices.Concat(forms, []string{"github.com/xeipuuv"}), never: outside},
	{of: "verify/compare", own: []string{"verify", "verify/size"}, reach: none, never: outside},
	// The one place that reads archives and images, so that verify itself needs no more than the standard library.
	{of: "verify/rootfs", own: []string{"verify"}, foreign: []string{
		"github.com/google/go-containerregistry", "github.com/klauspost/compress", "github.com/therootcompany/xz"}},
	{of: "sbom", foreign: spdx, reach: spdx, never: slices.Concat(outside, []string{"log", "os", "syscall", "time"})},
	{of: "sysroot", foreign: debian, reach: debian, never: network},
	{of: "plan", own: []string{"spec", "sysroot", "verify"}, foreign: []string{"golang.org/x/mod"},
		reach: slices.Concat(yaml, debian, []string{"golang.org/x/mod"}), never: world},
	{of: "advice", own: []string{"plan"}, never: slices.Concat(outside, []string{"os", "time"})},
	{of: "step", own: []string{"advice", "internal/parallel", "objects", "plan", "sbom", "spec", "sysroot", "verify", "verify/report"},
		foreign: slices.Concat([]string{"github.com/bgentry/go-netrc", junitXML, "github.com/moby/sys/user", "golang.org/x/crypto/x509roots", "golang.org/x/mod"}, signing),
		reach:   slices.Concat(yaml, debian, forms, spdx, []string{"github.com/bgentry/go-netrc", "github.com/moby/sys/user", "github.com/xeipuuv", "golang.org/x/mod", "golang.org/x/sync"}, signing)},
	{of: "llb", own: []string{"plan", "sysroot"},
		foreign: []string{clientLL, buildkit + "/solver/pb", buildkit + "/util/apicaps", "github.com/opencontainers/go-digest", "github.com/opencontainers/image-spec", "google.golang.org/protobuf/proto"},
		never:   slices.DeleteFunc(slices.Clone(world), func(pkg string) bool { return pkg == "time" })}, // the one time that files in images have
	{of: "frontend", own: []string{"advice", "internal/parallel", "llb", "plan", "spec", "sysroot"},
		foreign: []string{
			clientLL, buildkit + "/frontend", buildkit + "/identity", buildkit + "/solver/errdefs", buildkit + "/solver/pb", buildkit + "/solver/result", buildkit + "/util/apicaps", buildkit + "/util/gitutil/gitobject",
			"github.com/containerd/platforms", "github.com/distribution/reference", "github.com/moby/docker-image-spec", "github.com/moby/patternmatcher", "github.com/opencontainers/go-digest",
			"github.com/opencontainers/image-spec", "github.com/tonistiigi/go-csvvalue",
		}, never: outside},
	{of: "engine", foreign: []string{
		buildkit, "github.com/containerd/containerd/v2", "github.com/docker/cli", "github.com/opencontainers/image-spec", "github.com/sirupsen/logrus",
		"github.com/tonistiigi/fsutil", "go.etcd.io/bbolt", "golang.org/x/sync", "golang.org/x/sys", "google.golang.org/grpc",
	}},
	{of: "cmd/crossgo-frontend", own: []string{"frontend", "step"}, foreign: []string{buildkit + "/frontend/gateway", buildkit + "/util/appcontext"}},
	{of: "cmd/crossgo-step", own: []string{"step"}, never: []string{"github.com/moby/buildkit", "github.com/spf13/cobra"}},
	{of: "cmd/crossgo", own: []string{"engine", "frontend", "plan", "spec", "step", "sysroot", "verify", "verify/compare", "verify/report", "verify/rootfs"}, foreign: []string{
		buildkit, "github.com/agext/levenshtein", "github.com/containerd/console", "github.com/containerd/platforms", "github.com/distribution/reference", "github.com/docker/cli", "github.com/spf13/cobra", "github.com/tonistiigi/fsutil",
		"github.com/tonistiigi/go-csvvalue",
	}},
	{of: "hack/gobuild", reach: none},
	{of: "hack/testtimes", reach: none},
	{of: "internal/archivekey", foreign: []string{"github.com/ProtonMail/go-crypto", "github.com/stretchr/testify"}},
	{of: "internal/golden", foreign: []string{"github.com/stretchr/testify"}},
	{of: "internal/imports"},
	{of: "internal/llbtext", foreign: []string{buildkit + "/solver/pb", "github.com/opencontainers/go-digest", "google.golang.org/protobuf"}},
	{of: "internal/objectcase"},
	{of: "internal/parallel", foreign: []string{"golang.org/x/sync"}, reach: []string{"golang.org/x/sync"}},
	{of: "internal/window", reach: none, never: outside},
	{of: "internal/reportcase", own: []string{"verify", "verify/report", "verify/size"}},
	{of: "internal/plancase", own: []string{"plan", "spec", "sysroot"}},
	// From outside, as users do: what they see of crossgo is what it prints and exports.
	{of: "test/...", own: []string{"test/env"}, foreign: []string{
		buildkit + "/client", "github.com/google/go-containerregistry", "github.com/ProtonMail/go-crypto", "github.com/stretchr/testify",
		"github.com/tetratelabs/wazero", "github.com/therootcompany/xz", "golang.org/x/mod", "golang.org/x/sync", "github.com/gofrs/flock",
		"github.com/johannesboyne/gofakes3", "github.com/goccy/go-yaml", "github.com/spdx/tools-golang",
	}},
}

// onlyFrontend are the two packages called llb. Where both were at hand, decisions would drift into the graph.
var onlyFrontend = []string{home + "llb", clientLL}

// goPackage is what go list says of a package (go help list).
type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string // direct
	Deps       []string // direct and in turn
}

// list asks the go command for the module's packages and all they need, on the system that the engine is for.
func list(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", home+"...")
	cmd.Env = append(os.Environ(), "GOOS=linux")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	var all []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else {
			require.NoError(t, err)
		}
		all = append(all, p)
	}
}

// lookAt looks at each Go file of the module. What another process reads go test does not see: it would give the result from its
// cache, whatever had been changed.
func lookAt(t *testing.T, root string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "bin", "out"}, d.Name()):
			return fs.SkipDir
		case filepath.Ext(path) == ".go":
			_, err = os.Stat(path)
		}
		return err
	}))
}

// check gives one line for each import that no rule allows, in the order of the packages.
func check(all []goPackage, rules []rule) []string {
	standard := map[string]bool{"C": true, "unsafe": true}
	for _, p := range all {
		standard[p.ImportPath] = p.Standard
	}
	var broken []string
	for _, p := range all {
		name, ours := strings.CutPrefix(p.ImportPath, home)
		if !ours {
			continue
		}
		r, ok := ruleOf(rules, name)
		if !ok {
			broken = append(broken, name+": has no rule: add a row that says what it may import")
			continue
		}
		broken = append(broken, r.direct(name, p.Imports, standard)...)
		broken = append(broken, r.inTurn(name, p.Deps, standard)...)
		if name != "frontend" && containsAll(p.Imports, onlyFrontend) {
			broken = append(broken, name+": imports both packages called llb: only frontend may")
		}
	}
	return broken
}

// ruleOf finds the package's own row, else the one of the folders above it that says the most.
func ruleOf(rules []rule, name string) (rule, bool) {
	var fitting []rule
	for _, r := range rules {
		tree, below := strings.CutSuffix(r.of, "/...")
		if r.of == name || below && within(name, []string{tree}) {
			fitting = append(fitting, r)
		}
	}
	if len(fitting) == 0 {
		return rule{}, false
	}
	return slices.MaxFunc(fitting, func(a, b rule) int { return cmp.Compare(len(a.of), len(b.of)) }), true
}

// direct judges what a package imports itself.
func (r rule) direct(name string, imports []string, standard map[string]bool) []string {
	var broken []string
	for _, path := range imports {
		own, ours := strings.CutPrefix(path, home)
		switch {
		case ours && !slices.Contains(r.own, own):
			broken = append(broken, fmt.Sprintf("%s: imports %s, of crossgo it may import %s", name, own, words(r.own)))
		case ours:
		case within(path, r.never):
			broken = append(broken, fmt.Sprintf("%s: imports %s, which it must do without", name, path))
		case !standard[path] && !within(path, r.foreign):
			broken = append(broken, fmt.Sprintf("%s: imports %s, of others it may import %s", name, path, words(r.foreign)))
		}
	}
	return broken
}

// inTurn judges what comes along with a package's imports.
func (r rule) inTurn(name string, deps []string, standard map[string]bool) []string {
	if r.reach == nil {
		return nil
	}
	var broken []string
	for _, path := range deps {
		if !strings.HasPrefix(path, home) && !standard[path] && !within(path, r.reach) {
			broken = append(broken, fmt.Sprintf("%s: needs %s, in turn it may need %s", name, path, words(r.reach)))
		}
	}
	return broken
}

// within reports whether path is one of trees or below one.
func within(path string, trees []string) bool {
	return slices.ContainsFunc(trees, func(t string) bool { return path == t || strings.HasPrefix(path, t+"/") })
}

func containsAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(list, w) })
}

func words(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// TestImports is the rules over the module as it is.
func TestImports(t *testing.T) {
	lookAt(t, filepath.Join("..", ".."))
	all := list(t)
	require.Empty(t, check(all, rules))
	for _, r := range rules {
		matched := slices.ContainsFunc(all, func(p goPackage) bool {
			got, ok := ruleOf(rules, strings.TrimPrefix(p.ImportPath, home))
			return ok && got.of == r.of
		})
		require.True(t, matched, "the rule of %s fits no package", r.of)
	}
}

// TestRules is each rule where it holds and where it does not, over imports that are made up.
func TestRules(t *testing.T) {
	standard := []string{"bytes", "net/http", "os", "os/exec", "strings", "time"}
	for _, c := range []struct {
		of      string
		imports string
		deps    string // in turn, beside imports
		want    string // the one line; empty where the rules hold
	}{
		{of: "spec", imports: "strings github.com/goccy/go-yaml/ast github.com/agext/levenshtein"},
		{of: "spec", imports: "gopkg.in/yaml.v3",
			want: "spec: imports gopkg.in/yaml.v3, of others it may import github.com/goccy/go-yaml, github.com/agext/levenshtein"},
		{of: "spec", imports: "os", want: "spec: imports os, which it must do without"},
		{of: "spec", imports: home + "plan", want: "spec: imports plan, of crossgo it may import nothing"},
		{of: "verify", imports: "os"},
		{of: "verify", imports: "github.com/agext/levenshtein", want: "verify: imports github.com/agext/levenshtein, of others it may import nothing"},
		{of: "verify", imports: "os/exec", want: "verify: imports os/exec, which it must do without"},
		{of: "verify", imports: home + "spec", want: "verify: imports spec, of crossgo it may import verify/pclntab"},
		{of: "verify/report", imports: home + "verify os"},
		{of: "verify/report", imports: home + "sysroot", want: "verify/report: imports sysroot, of crossgo it may import verify, verify/size"},
		{of: "verify/rootfs", imports: home + "verify os github.com/google/go-containerregistry/pkg/v1"},
		{of: "verify/rootfs", imports: home + "verify/report", want: "verify/rootfs: imports verify/report, of crossgo it may import verify"},
		{of: "sysroot", imports: "os github.com/ProtonMail/go-crypto/openpgp"},
		{of: "sysroot", imports: "net/http", want: "sysroot: imports net/http, which it must do without"},
		{of: "sysroot", imports: home + "plan", want: "sysroot: imports plan, of crossgo it may import nothing"},
		{of: "plan", imports: home + "spec " + home + "sysroot " + home + "verify golang.org/x/mod/modfile", deps: "os github.com/goccy/go-yaml"},
		{of: "plan", imports: "time", want: "plan: imports time, which it must do without"},
		{of: "plan", imports: home + "llb", want: "plan: imports llb, of crossgo it may import spec, sysroot, verify"},
		{of: "plan", imports: clientLL, want: "plan: imports " + clientLL + ", of others it may import golang.org/x/mod"},
		{of: "plan", imports: "strings", deps: buildkit + "/identity", want: "plan: needs " + buildkit + "/identity, in turn it may need "},
		{of: "step", imports: "os/exec net/http " + home + "plan " + home + "verify/report golang.org/x/mod/sumdb"},
		{of: "step", imports: home + "frontend", want: "step: imports frontend, of crossgo it may import advice, internal/parallel, objects, plan, sbom, spec, sysroot, verify, verify/report"},
		{of: "step", imports: "strings", deps: buildkit + "/client", want: "step: needs " + buildkit + "/client, in turn it may need "},
		{of: "llb", imports: home + "plan " + clientLL},
		{of: "llb", imports: home + "spec", want: "llb: imports spec, of crossgo it may import plan, sysroot"},
		{of: "llb", imports: home + "frontend", want: "llb: imports frontend, of crossgo it may import plan, sysroot"},
		{of: "llb", imports: buildkit + "/client", want: "llb: imports " + buildkit + "/client, of others it may import " + clientLL},
		{of: "frontend", imports: home + "llb os " + clientLL + " " + buildkit + "/frontend/dockerui"},
		{of: "frontend", imports: home + "engine", want: "frontend: imports engine, of crossgo it may import advice, internal/parallel, llb, plan, spec, sysroot"},
		{of: "frontend", imports: buildkit + "/control", want: "frontend: imports " + buildkit + "/control, of others it may import " + clientLL},
		{of: "engine", imports: "os/exec " + buildkit + "/control"},
		{of: "engine", imports: home + "plan", want: "engine: imports plan, of crossgo it may import nothing"},
		{of: "engine", imports: home + "llb", want: "engine: imports llb, of crossgo it may import nothing"},
		{of: "cmd/crossgo", imports: home + "engine " + home + "frontend github.com/spf13/cobra"},
		{of: "cmd/crossgo", imports: home + "internal/golden", want: "cmd/crossgo: imports internal/golden, of crossgo it may import engine, "},
		{of: "test/bench", imports: home + "test/env"},
		{of: "test/env", imports: home + "frontend", want: "test/env: imports frontend, of crossgo it may import test/env"},
		{of: "testing", imports: "strings", want: "testing: has no rule: add a row that says what it may import"},
	} {
		imports := strings.Fields(c.imports)
		all := []goPackage{{ImportPath: home + c.of, Imports: imports, Deps: append(strings.Fields(c.deps), imports...)}}
		for _, name := range standard {
			all = append(all, goPackage{ImportPath: name, Standard: true})
		}
		got := check(all, rules)
		if c.want == "" {
			require.Empty(t, got, c)
			continue
		}
		require.NotEmpty(t, got, c)
		require.True(t, strings.HasPrefix(got[0], c.want), "found %q, want %q", got[0], c.want)
	}
}

// TestBothPackagesCalledLLB is the one rule that looks at two imports together.
func TestBothPackagesCalledLLB(t *testing.T) {
	open := func(of string) []rule { return []rule{{of: of, own: []string{"llb"}, foreign: []string{clientLL}}} }
	both := func(of string) []goPackage { return []goPackage{{ImportPath: home + of, Imports: onlyFrontend}} }
	require.Empty(t, check(both("frontend"), open("frontend")))
	require.Equal(t, []string{"other: imports both packages called llb: only frontend may"}, check(both("other"), open("other")))
	one := []goPackage{{ImportPath: home + "other", Imports: onlyFrontend[:1]}}
	require.Empty(t, check(one, open("other")))
}
