package step

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/internal/parallel"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
)

// checkVariables finds what -X cannot set: the linker passes over variables that are not there, over constants, and over those that
// code gives a value when the program starts (go doc cmd/link).
func checkVariables(ctx context.Context, dir string, env []string, b plan.BuildOutput) (err error) {
	defer parallel.Recover(&err)
	if len(b.Vars) == 0 {
		return nil
	}
	packages, err := packagesOf(ctx, dir, env, b)
	if err != nil {
		return err
	}
	var errs []error
	for _, v := range b.Vars {
		decls, err := declarations(packages, v.Package)
		if err != nil {
			return err
		}
		if what := unsettable(decls, v.Name); what != "" {
			errs = append(errs, fmt.Errorf("%s: ldflags: found -X %s.%s, but %s", v.Where, v.Package, v.Name, what))
		}
	}
	return errors.Join(errs...)
}

// packagesOf are the packages of the variables and the programs of the run, by themselves.
func packagesOf(ctx context.Context, dir string, env []string, b plan.BuildOutput) ([]*goPackage, error) {
	names := b.Args[len(b.Args)-max(1, len(b.Files)):]
	for _, v := range b.Vars {
		if v.Package != "main" {
			names = append(slices.Clone(names), v.Package)
		}
	}
	args := []string{"list", "-e", "-find", "-json=ImportPath,Name,Dir,GoFiles,CgoFiles"}
	args = append(args, slices.DeleteFunc(slices.Clone(b.Args), func(a string) bool { return !strings.HasPrefix(a, "-tags=") })...)
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.HasPrefix(kv, "GOCACHEPROG=") })
	out, err := goCommand{dir: dir, env: env, args: slices.Concat(args, []string{"--"}, names)}.output(ctx)
	if err != nil {
		return nil, err
	}
	return decodePackages(out)
}

// declarations are the names at the top of a package, or of all programs where it is main, each with why -X cannot set it; empty
// for a variable that it can.
func declarations(packages []*goPackage, pkg string) (map[string]string, error) {
	all := map[string]string{}
	for _, p := range packages {
		if p.ImportPath != pkg && (pkg != "main" || p.Name != "main") {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for _, d := range file.Decls {
				declare(all, d)
			}
		}
	}
	return all, nil
}

func declare(all map[string]string, d ast.Decl) {
	if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
		all[f.Name.Name] = "it is a function"
	}
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, s := range g.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			all[s.Name.Name] = "it is a type"
		case *ast.ValueSpec:
			for i, name := range s.Names {
				if g.Tok == token.CONST {
					all[name.Name] = "it is a constant: declare it with var"
					continue
				}
				// of several programs one may have the variable that another has in another form
				if old, ok := all[name.Name]; !ok || old != "" {
					all[name.Name] = variable(s, i)
				}
			}
		}
	}
}

// notStrings are the types of Go itself that -X cannot set.
var notStrings = strings.Fields("bool int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr byte rune float32 float64 complex64 complex128 error any")

// variable says why the i-th variable of a declaration cannot be set; empty when it can.
func variable(s *ast.ValueSpec, i int) string {
	if t, ok := s.Type.(*ast.Ident); s.Type != nil && (!ok || slices.Contains(notStrings, t.Name)) {
		return "it is no string: -X sets nothing else"
	}
	if len(s.Values) == 0 {
		return ""
	}
	if len(s.Values) != len(s.Names) {
		return byCode
	}
	return value(s.Values[i])
}

const byCode = "code gives it a value when the program starts, which replaces what -X sets: declare it without one, or with a text"

// value says the same of what a variable begins with.
func value(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "it is no string: -X sets nothing else"
		}
	case *ast.BinaryExpr:
		if x := value(e.X); x != "" {
			return x
		}
		return value(e.Y)
	case *ast.ParenExpr:
		return value(e.X)
	case *ast.Ident:
		if e.Name == "true" || e.Name == "false" || e.Name == "nil" {
			return "it is no string: -X sets nothing else"
		}
	case *ast.SelectorExpr: // a constant of another package, or a variable: only the compiler knows
	default:
		return byCode
	}
	return ""
}

// unsettable is why a name cannot be set; empty when it can.
func unsettable(all map[string]string, name string) string {
	if what, ok := all[name]; ok {
		return what
	}
	text := "the package has no such variable, and the linker passes over it in silence"
	var names []string
	for n, what := range all {
		if what == "" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	if near := spec.Nearest(name, names); near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return text
}
