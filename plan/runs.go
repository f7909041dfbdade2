package plan

import (
	"fmt"
	"path"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// runs are the go commands that build a unit's members: one for all that are linked alike, since the go command then loads the
// packages once and links on all cores. The order is that of the first binary of each.
func runs(in Input, flags []string, members []binary) ([]BuildOutput, error) {
	var groups []*run
	byLink := map[string][]*run{}
	for _, b := range members {
		link, err := ldflags(in, b)
		if err != nil {
			return nil, err
		}
		if b.linking.mode.Library() { // the go command makes one at a time
			groups = append(groups, &run{link: link, members: []binary{b}})
			continue
		}
		name := goName(b.main.ImportPath, in.Target)
		g := free(byLink[link], name)
		if g == nil {
			g = &run{link: link, taken: map[string]bool{}}
			groups, byLink[link] = append(groups, g), append(byLink[link], g)
		}
		g.taken[name] = true
		g.members = append(g.members, b)
	}
	var list []BuildOutput
	for _, g := range groups {
		out := g.output(in.Target, flags)
		out.Vars = g.variablesOf(in)
		list = append(list, out)
	}
	return list, nil
}

// run is one go command in the making.
type run struct {
	link    string          // the -ldflags that its members share
	taken   map[string]bool // go's names of its members: go would write two of one name over each other
	members []binary
}

// free is the first run in which the name is not taken.
func free(list []*run, name string) *run {
	for _, g := range list {
		if !g.taken[name] {
			return g
		}
	}
	return nil
}

// output is the go command. Of several programs the go command chooses the names itself: they are renamed afterwards.
func (g *run) output(target spec.Platform, flags []string) BuildOutput {
	args := append([]string{"build"}, flags...)
	if g.link != "" {
		args = append(args, "-ldflags="+g.link)
	}
	first := g.members[0]
	out := BuildOutput{Where: first.ref, What: fmt.Sprintf("%s for %s", first.name, target)}
	if first.linking.mode.Library() {
		return first.library(out, args, target)
	}
	if len(g.members) == 1 {
		out.Args = append(args, "-o", PathOut+"/"+first.name, first.main.ImportPath)
		return out
	}
	out.What = fmt.Sprintf("%s and %d more for %s", first.name, len(g.members)-1, target)
	out.Args = append(args, "-o", PathBuilt+"/")
	for _, b := range g.members {
		out.Args = append(out.Args, b.main.ImportPath)
		out.Files = append(out.Files, BuildFile{
			Go: goName(b.main.ImportPath, target), Name: b.name, Package: b.main.ImportPath, Where: b.ref, What: fmt.Sprintf("%s for %s", b.name, target),
		})
	}
	return out
}

// library is the run that makes a library and its header, whose names the go command derives from each other. The build mode
// overrules the one of the flags that dependencies are compiled by.
func (b binary) library(out BuildOutput, args []string, target spec.Platform) BuildOutput {
	file := BuildFile{Go: b.name, Name: b.name, Package: b.main.ImportPath, Where: b.ref, What: fmt.Sprintf("%s for %s", b.name, target)}
	header := file
	header.Go, header.Name = strings.TrimSuffix(b.name, path.Ext(b.name))+".h", b.header()
	out.Args = append(args, "-buildmode="+string(b.linking.mode), "-o", PathBuilt+"/"+b.name, b.main.ImportPath)
	out.Files = []BuildFile{file, header}
	return out
}

// header is a library's C header; empty for a program.
func (b binary) header() string {
	if b.linking.mode.Library() {
		return b.plain + ".h"
	}
	return ""
}

// goName is the file that go build -o DIR/ writes for a main package: .exe for Windows, no ending for WebAssembly.
func goName(importPath string, target spec.Platform) string {
	if target.OS == "windows" {
		return programName(importPath) + ".exe"
	}
	return programName(importPath)
}
