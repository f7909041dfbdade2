package step

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/internal/parallel"
	"github.com/crossgo/crossgo/plan"
)

// inspect asks the go command what the code is, for every target, and writes plan.Facts. What is wrong with the user's
// files becomes a fact too: the frontend knows the lines of the spec.
func inspect(ctx context.Context, job plan.InspectJob) error {
	if err := unpackSkeleton(filepath.Join(plan.PathIn, plan.SkeletonFile), plan.PathSource); err != nil {
		return err
	}
	tree := treeOf(job.Dir)
	targets, err := parallel.Map(ctx, 4, job.Targets, func(ctx context.Context, target plan.InspectTarget) (plan.TargetFacts, error) {
		env := slices.Concat(job.Env, target.Env)
		binaries, err := parallel.Map(ctx, 2, target.Binaries, func(ctx context.Context, b plan.InspectBinary) (plan.BinaryFacts, error) {
			return inspectBinary(ctx, tree, target.Platform, env, b)
		})
		return plan.TargetFacts{Platform: target.Platform, Binaries: binaries}, err
	})
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(plan.PathOut, plan.FactsFile), plan.Facts{Targets: targets})
}

// inspectBinary lists the packages with cgo on, since only so can be seen who uses it, and without where that may be what
// is compiled.
func inspectBinary(ctx context.Context, tree advice.Tree, platform string, env []string, b plan.InspectBinary) (plan.BinaryFacts, error) {
	packages, err := list(ctx, tree, append(slices.Clone(env), "CGO_ENABLED=1"), b)
	if err != nil {
		return plan.BinaryFacts{}, err
	}
	users := cgoUsers(packages)
	needs := users
	on := plan.DecideCGO(b.CGO, platform, users, users)
	if !on || !plan.HasC(platform) {
		without, err := list(ctx, tree, append(slices.Clone(env), "CGO_ENABLED=0"), b)
		if err != nil {
			return plan.BinaryFacts{}, err
		}
		needs = cgoNeeds(packages, without)
		if on = plan.DecideCGO(b.CGO, platform, users, needs); !on {
			packages = without
		}
	}
	facts := plan.BinaryFacts{CGO: on, CGOUsers: users, CGONeeds: needs, CXX: on && hasCXX(packages), Foreign: []string{}, Std: []string{}}
	facts.Mains, facts.Problems = mains(tree, packages, b)
	if len(facts.Problems) > 0 {
		return facts, nil
	}
	dependencies(&facts, packages)
	if !on && strings.HasPrefix(platform, "linux/") {
		return facts, noteLoads(facts.Mains, packages)
	}
	return facts, nil
}

// goPackage is what we read of go list's JSON (go help list).
type goPackage struct {
	ImportPath   string
	Name         string
	Standard     bool
	DepOnly      bool
	Match        []string
	GoFiles      []string
	CgoFiles     []string
	CXXFiles     []string
	SwigCXXFiles []string
	CFiles       []string
	SFiles       []string
	CgoPkgConfig []string
	CgoCXXFLAGS  []string
	CgoLDFLAGS   []string
	Dir          string
	Deps         []string
	Module       *goModule
	Error        *goListError
	DepsErrors   []*goListError
}

type goModule struct {
	Path      string
	Version   string
	Main      bool
	Dir       string
	GoVersion string
	Replace   *goModule
}

// path is the module's; empty for a package that is in none.
func (m *goModule) path() string {
	if m == nil {
		return ""
	}
	return m.Path
}

type goListError struct {
	ImportStack []string
	Pos         string
	Err         string
}

const listFields = "-json=ImportPath,Name,Standard,DepOnly,Match,GoFiles,EmbedFiles,CgoFiles,CXXFiles,SwigCXXFiles,CFiles,SFiles,CgoPkgConfig,CgoCXXFLAGS,CgoLDFLAGS,Dir,Deps,Module,Error,DepsErrors"

func list(ctx context.Context, tree advice.Tree, env []string, b plan.InspectBinary) ([]*goPackage, error) {
	// with a profile go would list what the program imports once more, under names of its own (cmd/go/internal/list)
	args := []string{"list", "-e", "-deps", "-pgo=off", listFields}
	if len(b.Tags) > 0 {
		args = append(args, "-tags="+strings.Join(b.Tags, ","))
	}
	args = append(append(args, "--"), b.Patterns...)
	out, err := goCommand{dir: filepath.Join(tree.Root, filepath.FromSlash(tree.Dir)), env: env, args: args, quiet: true}.output(ctx)
	if err != nil {
		return nil, explained(tree, err)
	}
	return decodePackages(out)
}

func decodePackages(out []byte) ([]*goPackage, error) {
	var all []*goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(goPackage)
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
}

func cgoUsers(all []*goPackage) []string {
	users := []string{}
	for _, p := range all {
		if !p.Standard && len(p.CgoFiles) > 0 {
			users = append(users, p.ImportPath)
		}
	}
	slices.Sort(users)
	return users
}

// cgoNeeds are the users of cgo that are broken or stubs when the packages are listed without it, and the programs that are gone
// then. The others have Go code for that case, or nobody imports them.
func cgoNeeds(with, without []*goPackage) []string {
	needs := []string{}
	for _, user := range with {
		if user.Standard || len(user.CgoFiles) == 0 {
			continue
		}
		i := slices.IndexFunc(without, func(p *goPackage) bool { return p.ImportPath == user.ImportPath })
		gone := i < 0 && !user.DepOnly && user.Name == "main"
		if gone || i >= 0 && (without[i].Error != nil || slices.Contains(plan.Stubs, user.ImportPath)) {
			needs = append(needs, user.ImportPath)
		}
	}
	slices.Sort(needs)
	return needs
}

// mains are the packages that the patterns name, or what is wrong with them. Only what the user named must be a main
// package: "./..." may match libraries as well, and nothing but libraries where the package is only tested.
func mains(tree advice.Tree, all []*goPackage, b plan.InspectBinary) ([]plan.MainPackage, []plan.Problem) {
	found := []plan.MainPackage{}
	var wrong []plan.Problem
	for i, pattern := range b.Patterns {
		wild, matched := strings.Contains(pattern, "..."), false
		for _, p := range all {
			if p.DepOnly || !slices.Contains(p.Match, pattern) {
				continue
			}
			matched = true
			if problem := packageProblem(tree, all, p, b.Where[i], wild); problem != nil {
				wrong = append(wrong, *problem)
			} else if p.Name == "main" && !slices.ContainsFunc(found, func(m plan.MainPackage) bool { return m.ImportPath == p.ImportPath }) {
				found = append(found, plan.MainPackage{ImportPath: p.ImportPath, Module: p.Module.path(), Pattern: i, PGO: profile(p), CXX: needsCXX(p, all)})
			}
		}
		if !matched {
			wrong = append(wrong, plan.Problem{Where: b.Where[i], Text: fmt.Sprintf("main: %s matches no package of the module", pattern)})
		}
	}
	return found, advice.Sorted(append(wrong, dependencyProblems(tree, all)...))
}

// profile is the file that go build takes for a main package without being asked, below the context (go help build, -pgo): go list
// does not name it.
func profile(p *goPackage) string {
	file := filepath.Join(p.Dir, "default.pgo")
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return strings.TrimPrefix(file, plan.PathSource+"/")
}

// packageProblem is why a named package cannot be built.
func packageProblem(tree advice.Tree, all []*goPackage, p *goPackage, where string, wild bool) *plan.Problem {
	switch {
	case p.Error != nil && wild && strings.Contains(p.Error.Err, "build constraints exclude all Go files"):
		return nil
	case p.Error != nil:
		problem := listProblem(tree, all, p, where)
		if problem.Where == where {
			problem.Text = "main: " + p.ImportPath + ": " + problem.Text
		}
		return &problem
	case p.Name != "main" && !wild:
		return &plan.Problem{Where: where, Text: fmt.Sprintf("main: found package %s in %s, want package main", p.Name, p.ImportPath)}
	}
	return nil
}

// dependencyProblems are the errors of imported packages.
func dependencyProblems(tree advice.Tree, all []*goPackage) []plan.Problem {
	var wrong []plan.Problem
	for _, p := range all {
		if p.DepOnly && p.Error != nil {
			wrong = append(wrong, listProblem(tree, all, p, importPlace(tree, all, p)))
		}
	}
	return wrong
}

// listProblem takes the go command's place where it has one: a line of the user's code says more than one of the spec.
func listProblem(tree advice.Tree, all []*goPackage, p *goPackage, where string) plan.Problem {
	text := p.Error.Err
	if strings.Contains(text, "import cycle not allowed") {
		text += ": " + strings.Join(p.Error.ImportStack, " imports ")
	}
	return tree.Package(p.Error.Pos, text, where)
}

// importPlace is the line of the user's code that imports a package, or the package's own path.
func importPlace(tree advice.Tree, all []*goPackage, p *goPackage) string {
	for _, importer := range all {
		if importer.Standard || foreign(importer) {
			continue
		}
		for _, name := range slices.Concat(importer.GoFiles, importer.CgoFiles) {
			file := filepath.Join(importer.Dir, name)
			text, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			if at := bytes.Index(text, []byte(`"`+p.ImportPath+`"`)); at >= 0 {
				return fmt.Sprintf("%s:%d", strings.TrimPrefix(file, tree.Root+"/"), bytes.Count(text[:at], []byte("\n"))+1)
			}
		}
	}
	return p.ImportPath
}

// dependencies sorts what is compiled and not the user's own into the lists of the facts. A foreign package that needs one of the
// user's own, by a replace or a workspace, is compiled with the user's.
func dependencies(facts *plan.BinaryFacts, all []*goPackage) {
	own := map[string]bool{}
	for _, p := range all {
		own[p.ImportPath] = !p.Standard && !foreign(p)
	}
	for _, p := range all {
		switch {
		case p.ImportPath == "unsafe" || p.ImportPath == "C":
		case p.Standard:
			facts.Std = append(facts.Std, p.ImportPath)
		case foreign(p) && !slices.ContainsFunc(p.Deps, func(d string) bool { return own[d] }):
			facts.Foreign = append(facts.Foreign, p.ImportPath)
		default:
			facts.Own = append(facts.Own, p.ImportPath)
		}
	}
	slices.Sort(facts.Own)
	slices.Sort(facts.Std)
	slices.Sort(facts.Foreign)
	facts.OwnC = slices.ContainsFunc(all, ownC)
	if facts.CGO {
		facts.Heavy = heavy(all)
		facts.Pure = pure(all, facts.Heavy)
	}
}

// usesC are the packages of the standard library that have files with C where no tag (netgo, osusergo) is against it. They are
// named because whether that is so hangs on how a program is linked, and what is pure must not.
var usesC = []string{"net", "os/user", "plugin", "runtime/cgo"}

// pure sorts the packages of the standard library for which no C compiler is needed, neither for themselves nor for what they
// import, by who needs them.
func pure(all []*goPackage, modules []plan.HeavyModule) plan.PurePackages {
	withC, byHeavy, byForeign := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range all {
		withC[p.ImportPath] = len(p.CgoFiles) > 0 || slices.Contains(usesC, p.ImportPath)
		if slices.ContainsFunc(modules, func(m plan.HeavyModule) bool { return slices.Contains(m.Packages, p.ImportPath) }) {
			addAll(byHeavy, p.Deps)
		}
		if foreign(p) {
			addAll(byForeign, p.Deps)
		}
	}
	var list plan.PurePackages
	for _, p := range all {
		name := p.ImportPath
		if !p.Standard || name == "unsafe" || withC[name] || slices.ContainsFunc(p.Deps, func(d string) bool { return withC[d] }) {
			continue
		}
		list.All = append(list.All, name)
		if byForeign[name] {
			list.Foreign = append(list.Foreign, name)
		}
		if byHeavy[name] {
			list.Heavy = append(list.Heavy, name)
		}
	}
	return list
}

func addAll(set map[string]bool, names []string) {
	for _, n := range names {
		set[n] = true
	}
}

// foreign tells the packages of other people's modules from the user's own: those of the main modules, and of local
// directories that stand in for a module.
func foreign(p *goPackage) bool {
	return p.Module != nil && !p.Module.Main && (p.Module.Replace == nil || p.Module.Replace.Version != "")
}

// ownC reports whether a package is the user's own and has files that include others.
func ownC(p *goPackage) bool {
	return !p.Standard && !foreign(p) && len(p.CgoFiles)+len(p.CXXFiles)+len(p.CFiles)+len(p.SFiles) > 0
}

// heavy are the foreign modules with cgo and the foreign modules that those need. A module that is replaced or
// whose closure reaches into the user's own code is left to the ordinary dependencies.
func heavy(all []*goPackage) []plan.HeavyModule {
	byPath := map[string]*goPackage{}
	for _, p := range all {
		byPath[p.ImportPath] = p
	}
	wanted := map[string]bool{}
	for _, p := range all {
		if len(p.CgoFiles) > 0 && foreign(p) {
			addClosure(wanted, byPath, p)
		}
	}
	var modules []plan.HeavyModule
	index := map[string]int{}
	for _, p := range all { // in go list's order, which is the same every time
		if !wanted[p.ImportPath] {
			continue
		}
		i, ok := index[p.Module.Path]
		if !ok {
			i = len(modules)
			index[p.Module.Path] = i
			modules = append(modules, heavyModule(p.Module))
		}
		modules[i].Packages = append(modules[i].Packages, p.ImportPath)
		modules[i].PkgConfig = modules[i].PkgConfig || len(p.CgoPkgConfig) > 0
	}
	for i := range modules {
		slices.Sort(modules[i].Packages)
	}
	slices.SortFunc(modules, func(a, b plan.HeavyModule) int { return strings.Compare(a.Path, b.Path) })
	return modules
}

func heavyModule(m *goModule) plan.HeavyModule {
	dir := strings.TrimPrefix(m.Dir, plan.PathModules+"/")
	return plan.HeavyModule{Path: m.Path, Version: m.Version, GoVersion: m.GoVersion, Dir: filepath.ToSlash(dir)}
}

// addClosure adds a package and what it needs, or nothing when part of that is not a module of the cache.
func addClosure(wanted map[string]bool, byPath map[string]*goPackage, p *goPackage) {
	need := []string{p.ImportPath}
	for _, d := range p.Deps {
		dep := byPath[d]
		if dep == nil || dep.Standard {
			continue
		}
		if !foreign(dep) {
			return
		}
		need = append(need, d)
	}
	for _, n := range need {
		if m := byPath[n].Module; m.Replace != nil || !strings.HasPrefix(m.Dir, plan.PathModules+"/") {
			return
		}
	}
	for _, n := range need {
		wanted[n] = true
	}
}
