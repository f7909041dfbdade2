package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// fitDynamic loads as the loader would and compares what is needed with what is there. It gives what was loaded, the program first
// and the loader last; nothing of it when the loader is missing.
func fitDynamic(t tree, program *object) ([]Finding, []*object, error) {
	asked := program.bin.interp
	real, info, err := t.resolve(asked)
	if err != nil || !info.Mode().IsRegular() {
		return fail("fits-loader", "missing", asked, missingLoader(t, asked)), nil, nil
	}
	s, err := newSearcher(t, asked, real)
	if err != nil {
		return nil, nil, err
	}
	loader, bad := s.load(asked, program)
	if loader == nil {
		return fail("fits-loader", bad, asked, "needs the loader "+asked+", "+bad), nil, nil
	}
	if info.Mode()&0o111 == 0 {
		return fail("fits-loader", info.Mode().String(), asked, "needs the loader "+asked+", which the image has without the right to execute it"), nil, nil
	}
	findings := pass("fits-loader", asked, asked, "the image has the loader "+asked)
	loaded, missing := s.loadAll(program, loader)
	if len(missing) > 0 {
		findings = append(findings, missing...)
	} else {
		findings = append(findings, pass("fits-needed", "all", "", "the image has every needed library: "+strings.Join(loaded.paths(), ", "))...)
	}
	if s.libc == glibc {
		findings = append(findings, loaded.versions()...)
	}
	return findings, append(slices.Clone(loaded.order), loader), nil
}

// missingLoader says which loaders the image has instead.
func missingLoader(t tree, asked string) string {
	var has []string
	for _, l := range loaders {
		text := fmt.Sprintf("%s: %s", l.path, l.libc)
		if t.exists(l.path) && !slices.Contains(has, text) {
			has = append(has, text)
		}
	}
	kind := libcOfLoader(asked)
	if kind == "" {
		kind = "no libc's own path"
	}
	instead := "it has no loader at all: only static programs start there"
	if len(has) > 0 {
		instead = "its loader is " + strings.Join(has, ", ")
	}
	return fmt.Sprintf("needs %s (%s), which the image does not have (%s)%s", asked, kind, instead, bringsLoader(asked))
}

// loadedSet is everything loaded, the program first, then in the loader's breadth-first order.
type loadedSet struct {
	order  []*object
	byName map[string]*object // by the name it was needed under and by soname
}

// maxObjects bounds what one program may pull in.
const maxObjects = 4096

// loadAll walks DT_NEEDED breadth first. Every library that is not found is a finding.
func (s *searcher) loadAll(program, loader *object) (*loadedSet, []Finding) {
	set := &loadedSet{order: []*object{program}, byName: map[string]*object{}}
	set.name(loader, path.Base(program.bin.interp))
	var missing []Finding
	for i := 0; i < len(set.order); i++ {
		o := set.order[i]
		if i == maxObjects {
			return set, append(missing, fail("fits-needed", "", "", fmt.Sprintf("needs more than %d libraries", maxObjects))...)
		}
		for _, name := range o.bin.needed {
			if s.libc == musl && slices.ContainsFunc(muslOwn, func(own string) bool { return strings.HasPrefix(name, own) }) {
				set.byName[name] = loader
			}
			if _, done := set.byName[name]; done {
				continue
			}
			lib, why := s.find(o, name)
			if lib == nil {
				missing = append(missing, fail("fits-needed", name, name, fmt.Sprintf("%s needs %s, %s%s", o.path, name, why, bringsLibrary(s.libc, name)))...)
				set.byName[name] = nil
				continue
			}
			set.name(lib, name)
			set.order = append(set.order, lib)
		}
	}
	return set, missing
}

func (set *loadedSet) name(o *object, name string) {
	set.byName[name] = o
	if soname := o.bin.elf.dynamic.soname; soname != "" {
		set.byName[soname] = o
	}
}

// paths lists the libraries as they were found.
func (set *loadedSet) paths() []string {
	paths := []string{"none but the loader"}
	for _, o := range set.order[1:] {
		paths = append(paths, o.path)
	}
	if len(paths) > 1 {
		return paths[1:]
	}
	return paths
}

// versions checks that every needed symbol version is defined by the library that was found for it. A library without any
// versions passes, as it does with glibc's loader.
func (set *loadedSet) versions() []Finding {
	var findings []Finding
	for _, o := range set.order {
		for _, need := range o.bin.elf.dynamic.needs {
			lib := set.byName[need.library]
			if lib == nil || len(lib.bin.elf.dynamic.defines) == 0 {
				continue
			}
			if f, ok := missingVersions(o, lib, need); ok {
				findings = append(findings, f)
			}
		}
	}
	if len(findings) > 0 {
		return findings
	}
	have := "no glibc"
	if libc := set.byName["libc.so.6"]; libc != nil {
		have = "glibc " + libc.bin.elf.highestDefined()
	}
	return pass("fits-versions", have, "", "every needed symbol version is there ("+have+" in the image)")
}

// missingVersions compares one need with the library's definitions.
func missingVersions(o, lib *object, need versionNeed) (Finding, bool) {
	var missing []string
	for _, name := range need.names {
		if !slices.Contains(lib.bin.elf.dynamic.defines, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return Finding{}, false
	}
	only := &elfFacts{dynamic: dynamic{needs: []versionNeed{{names: missing}}}}
	wanted, _ := only.glibcVersions()
	has := lib.bin.elf.highestDefined()
	text := fmt.Sprintf("%s needs %s of %s, which the image's %s does not define", o.path, shorten(missing), need.library, lib.path)
	if order, ok := CompareGlibc(wanted, has); ok && order > 0 {
		text = fmt.Sprintf("%s needs glibc %s, the image has glibc %s (%s)", o.path, wanted, has, lib.path)
	}
	return Finding{Check: "fits-versions", Level: Fail, Found: has, Want: shorten(missing), Text: text}, true
}

// highestDefined is the highest GLIBC_ version that a library defines.
func (e *elfFacts) highestDefined() string {
	as := &elfFacts{dynamic: dynamic{needs: []versionNeed{{names: e.dynamic.defines}}}}
	highest, _ := as.glibcVersions()
	return highest
}
