package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Exception is a check that a build was told to leave out, or may fail. Reports, SBOMs, statements and locks list
// them: what holds a build to be safe has to see what it was built without.
type Exception struct {
	Setting   string `json:"setting"`   // "GOSUMDB", "verify.allow"
	Value     string `json:"value"`     // "off"
	Unchecked string `json:"unchecked"` // what is not checked: "no module is compared with the checksum database"
}

// String is one line for people.
func (e Exception) String() string {
	return fmt.Sprintf("%s is %s: %s", e.Setting, e.Value, e.Unchecked)
}

// switches are the settings of a request that leave a check out. Every setting that can do so has a row.
var switches = []struct {
	setting   string
	value     func(Settings) string // empty: everything is checked
	unchecked string
	debian    bool // it is about Debian's packages alone
	whole     bool // nothing is left of the check: the user is warned
}{
	{"GOSUMDB", func(s Settings) string { return only("off", s.Proxy.GOSUMDB) },
		"modules and Go itself are not compared with the checksum database", false, true},
	{"GONOSUMDB", func(s Settings) string { return s.Proxy.GONOSUMDB },
		"modules of these patterns are not compared with the checksum database", false, false},
	{"GOPRIVATE", func(s Settings) string { return privateSums(s.Proxy) },
		"modules of these patterns are not compared with the checksum database", false, false},
	{"DEBIAN_SECURITY_MIRROR", func(s Settings) string { return only(SecurityOff, s.SecurityMirror) },
		"C packages come without Debian's security updates", true, true},
	{ArgCheckValid, func(s Settings) string { return yes(s.ExpiredIndexes, "no") },
		"package indexes may be used after their end (Valid-Until)", true, false},
	{"DEBIAN_KEYS", keysOf,
		"package indexes may be signed by keys that the request has", true, false},
}

// yes is the value where it was chosen.
func yes(chosen bool, value string) string {
	if chosen {
		return value
	}
	return ""
}

// only is value where it is want, else nothing.
func only(want, value string) string {
	if value == want {
		return value
	}
	return ""
}

// keysOf says that the request has keys of its own, without the keys.
func keysOf(s Settings) string {
	switch {
	case s.DebianKeys == "":
		return ""
	case s.OnlyDebianKeys:
		return "in place of Debian's"
	}
	return "given"
}

// privateSums is GOPRIVATE where it stands for GONOSUMDB too: where that is not set (go help environment).
func privateSums(p Proxy) string {
	if p.GONOSUMDB != "" {
		return ""
	}
	return p.GOPRIVATE
}

// SwitchedOff are the checks of which the settings leave nothing.
func (s Settings) SwitchedOff() []Exception {
	var list []Exception
	for _, row := range switches {
		if value := row.value(s); value != "" && row.whole {
			list = append(list, Exception{row.setting, value, row.unchecked})
		}
	}
	return list
}

// exceptions are those of a plan, in the order of the table, then of the spec; empty, not nil, where there are none.
func exceptions(in Input, p *Plan, all []binary) []Exception {
	list := []Exception{}
	for _, row := range switches {
		if value := row.value(in.Settings); value != "" && (!row.debian || p.hasPackages()) {
			list = append(list, Exception{row.setting, value, row.unchecked})
		}
	}
	files, ids := map[string][]string{}, []string{}
	for _, b := range all {
		for _, id := range values(in.File.Binaries[b.entry].Verify.Allow) {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
			files[id] = append(files[id], b.name)
		}
	}
	for _, id := range ids {
		list = append(list, Exception{"verify.allow", id, "this check may fail for " + strings.Join(files[id], ", ")})
	}
	return list
}

// hasPackages reports whether anything of the plan comes from Debian.
func (p *Plan) hasPackages() bool {
	return slices.ContainsFunc(p.Units, func(u Unit) bool { return u.C != nil })
}

// exceptionsOf are those of several plans, each once.
func exceptionsOf(plans []*Plan) []Exception {
	all := []Exception{}
	for _, p := range plans {
		for _, e := range p.Exceptions {
			if !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	return all
}
