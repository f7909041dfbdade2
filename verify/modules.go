package verify

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
)

// checkReplace finds modules that stand in a directory of the machine that built the program: which code that was, nobody can tell
// from the file.
func checkReplace(s *subject) []Finding {
	if s.build == nil {
		return nil
	}
	var local []string
	for _, m := range s.build.info.Deps {
		if m.Replace != nil && isLocal(m.Replace.Path) {
			local = append(local, m.Path+" => "+m.Replace.Path)
		}
	}
	if len(local) > 0 {
		return fail("local-replace", shorten(local), "", "is linked with modules of a directory in place of a version: "+shorten(local))
	}
	return pass("local-replace", "none", "", "no module is replaced by a directory")
}

// localPath is a path that go.mod takes for a directory (modfile.IsDirectoryPath in golang.org/x/mod), on any system.
var localPath = regexp.MustCompile(`^(\.$|\.\.$|\.{0,2}[/\\]|[A-Za-z]:)`)

func isLocal(path string) bool { return localPath.MatchString(path) }

// moduleVersion is what cmd/go takes for a canonical version.
var moduleVersion = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// checkModules looks at the list of modules, which scanners and SBOMs are made from. Of modules in a vendor directory go records no
// checksums.
func checkModules(s *subject) []Finding {
	if s.build == nil {
		return nil
	}
	var bad, unsummed []string
	seen := map[string]bool{}
	for _, m := range s.build.info.Deps {
		if seen[m.Path] {
			bad = append(bad, m.Path+" is there twice")
		}
		seen[m.Path] = true
		switch m = replacement(m); {
		case isLocal(m.Path) || m.Version == "(devel)": // these have neither version nor checksum
		case m.Sum == "":
			unsummed = append(unsummed, m.Path+"@"+m.Version)
			fallthrough
		default:
			bad = append(bad, moduleProblem(m)...)
		}
	}
	count := len(s.build.info.Deps)
	switch {
	case len(bad) > 0:
		return fail("modules", shorten(bad), "", "the list of modules cannot be relied on: "+shorten(bad))
	case len(unsummed) > 0:
		return note("modules", shorten(unsummed), "", "no checksum is recorded, as of a vendor directory, for "+shorten(unsummed))
	}
	return pass("modules", fmt.Sprint(count), "", fmt.Sprintf("modules with version and checksum: %d", count))
}

// replacement is what stands in for a module, or the module.
func replacement(m *debug.Module) *debug.Module {
	if m.Replace != nil {
		return m.Replace
	}
	return m
}

// moduleProblem says what is wrong with the version or the checksum of one module.
func moduleProblem(m *debug.Module) []string {
	sum, isSum := strings.CutPrefix(m.Sum, "h1:")
	switch {
	case !moduleVersion.MatchString(m.Version):
		return []string{fmt.Sprintf("%s has the version %q", m.Path, m.Version)}
	case m.Sum != "" && (!isSum || !isHash(sum)):
		return []string{fmt.Sprintf("%s@%s has the checksum %q", m.Path, m.Version, m.Sum)}
	}
	return nil
}

func isHash(sum string) bool {
	raw, err := base64.StdEncoding.DecodeString(sum)
	return err == nil && len(raw) == 32
}
