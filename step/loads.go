package step

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/plan"
)

// loadDirective is how Go code without cgo takes functions of shared libraries, as packages do that call C by themselves: the only
// //go:cgo_ directive that the compiler lets through outside the standard library (cmd/compile/internal/noder of Go 1.26). A
// program with such a line has a loader.
const loadDirective = "//go:cgo_import_dynamic "

// loaders are the packages with such a line, with the file of the first one. Of other people's packages only those with assembly are
// read: without some, nothing can call the functions.
func loaders(all []*goPackage) (map[string]string, error) {
	found := map[string]string{}
	for _, p := range all {
		if p.Standard || foreign(p) && len(p.SFiles) == 0 {
			continue
		}
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				return nil, err
			}
			if line := lineOf(text, loadDirective); line > 0 {
				found[p.ImportPath] = fmt.Sprintf("%s (%s:%d)", p.ImportPath, shownFile(p, name), line)
				break
			}
		}
	}
	return found, nil
}

// lineOf is the number of the first line that begins with the prefix, or 0.
func lineOf(text []byte, prefix string) int {
	if bytes.HasPrefix(text, []byte(prefix)) {
		return 1
	}
	at := bytes.Index(text, []byte("\n"+prefix))
	if at < 0 {
		return 0
	}
	return bytes.Count(text[:at+1], []byte("\n")) + 1
}

// shownFile is a package's file as messages name it: below the context, or by its name alone.
func shownFile(p *goPackage, name string) string {
	if rel, ok := strings.CutPrefix(filepath.Join(p.Dir, name), plan.PathSource+"/"); ok {
		return rel
	}
	return name
}

// noteLoads enters into the main packages which of what they need loads libraries.
func noteLoads(mains []plan.MainPackage, all []*goPackage) error {
	found, err := loaders(all)
	if err != nil || len(found) == 0 {
		return err
	}
	for i := range mains {
		at := slices.IndexFunc(all, func(p *goPackage) bool { return p.ImportPath == mains[i].ImportPath })
		for _, dep := range append([]string{mains[i].ImportPath}, all[at].Deps...) {
			if where, ok := found[dep]; ok {
				mains[i].Loads = where
				break
			}
		}
	}
	return nil
}
