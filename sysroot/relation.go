package sysroot

import (
	"fmt"
	"regexp"
	"strings"

	debversion "github.com/knqyf263/go-deb-version"
)

// relation is one alternative of a dependency: a name and, if op is not empty, a condition on its version.
type relation struct {
	name    string
	op      string // "", "<<", "<=", "=", ">=", ">>"
	version string
}

// relationForm is name[:arch] [(op version)] [[arch list]] [<profiles>]; the last two appear in source packages only.
var relationForm = regexp.MustCompile(`^([a-zA-Z0-9][a-zA-Z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?$`)

// parseRelations reads a Depends or Provides field: groups separated by commas, alternatives by bars.
func parseRelations(field string) ([][]relation, error) {
	var groups [][]relation
	for _, part := range strings.Split(field, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		var group []relation
		for _, alternative := range strings.Split(part, "|") {
			m := relationForm.FindStringSubmatch(strings.TrimSpace(alternative))
			if m == nil {
				return nil, fmt.Errorf("%q is no package relation", strings.TrimSpace(alternative))
			}
			group = append(group, relation{name: m[1], op: m[2], version: m[3]})
		}
		groups = append(groups, group)
	}
	return groups, nil
}

func (r relation) String() string {
	if r.op == "" {
		return r.name
	}
	return r.name + " (" + r.op + " " + r.version + ")"
}

// allows reports whether a package of this version fulfils the relation. An empty version is a Provides without one:
// by Debian policy that fulfils only relations without a condition.
func (r relation) allows(version string) bool {
	if r.op == "" {
		return true
	}
	if version == "" {
		return false
	}
	c := compareVersions(version, r.version)
	switch r.op {
	case "<<":
		return c < 0
	case "<=":
		return c <= 0
	case ">=":
		return c >= 0
	case ">>":
		return c > 0
	}
	return c == 0
}

// compareVersions orders by Debian's rules. A version that is none (ReadIndex refuses those of packages) is the lowest.
func compareVersions(a, b string) int {
	if a == b {
		return 0
	}
	va, _ := debversion.NewVersion(a)
	vb, _ := debversion.NewVersion(b)
	return va.Compare(vb)
}
