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
	return pass("local-replace", "none", "", fmt.Sprintf("none of %d modules is replaced by a directory", len(s.build.info.Deps)))
}

// localPath is a path that go.mod takes for a directory (modfile.IsDirectoryPath in golang.org/x/mod), on any system.
var localPath = regexp.MustCompile(`^(\.$|\.\.$|\.{0,2}[/\\]|[A-Za-z]:)`)

func isLocal(path string) bool { return localPath.MatchString(path) }

// moduleVersion is what cmd/go takes for a canonical version.
var moduleVersion = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// checkModules looks at the list of modules, which scanners and SBOMs are made from.
func checkModules(s *subject) []Finding {
	if s.build == nil {
		return nil
	}
	var bad []string
	seen := map[string]bool{}
	for _, m := range s.build.info.Deps {
		if seen[m.Path] {
			bad = append(bad, m.Path+" is there twice")
		}
		seen[m.Path] = true
		if problem := moduleProblem(m); problem != "" {
			bad = append(bad, problem)
		}
	}
	if len(bad) > 0 {
		return fail("modules", shorten(bad), "", "the list of modules cannot be relied on: "+shorten(bad))
	}
	return pass("modules", fmt.Sprint(len(s.build.info.Deps)), "", fmt.Sprintf("%d modules are linked, each with version and checksum", len(s.build.info.Deps)))
}

// moduleProblem says what is wrong with one module; those of directories have neither version nor checksum.
func moduleProblem(m *debug.Module) string {
	if m.Replace != nil {
		m = m.Replace
	}
	switch sum, isSum := strings.CutPrefix(m.Sum, "h1:"); {
	case isLocal(m.Path) || m.Version == "(devel)":
		return ""
	case !moduleVersion.MatchString(m.Version):
		return fmt.Sprintf("%s has the version %q", m.Path, m.Version)
	case m.Sum == "":
		return m.Path + "@" + m.Version + " has no checksum"
	case !isSum || !isHash(sum):
		return fmt.Sprintf("%s@%s has the checksum %q", m.Path, m.Version, m.Sum)
	}
	return ""
}

func isHash(sum string) bool {
	raw, err := base64.StdEncoding.DecodeString(sum)
	return err == nil && len(raw) == 32
}
