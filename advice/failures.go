package advice

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/crossgo/crossgo/plan"
)

// tidy is what brings go.mod and go.sum in order.
const tidy = "run go mod tidy and commit go.mod and go.sum"

// failures are the texts with which the go command ends before it looks at packages, the more special first.
var failures = []row{
	{text: regexp.MustCompile(`(?s)inconsistent vendoring in \S+\n(.*?)\n\n(.*)`), all: vendoring},
	{text: regexp.MustCompile(`(?s)errors parsing (\S+):\n(.*)`), all: malformed},
	{text: regexp.MustCompile(`(?s)malformed (go\.sum|go\.work\.sum):\n(.*)`), all: malformed},
	{text: regexp.MustCompile(`verifying ([^@\s]+)@([^\s/:]+)(/go\.mod)?: checksum mismatch\s+downloaded: (\S+)\s+go\.sum: +(\S+)`), file: "go.sum $1 $2$3",
		say: "SECURITY ERROR: $1@$2$3: the module proxy sent $4, go.sum says $5: either the tag was moved, or somebody changed the module on its way; " +
			"find out which before you take the line out of go.sum and run go mod tidy"},
	{text: regexp.MustCompile(`verifying ([^@\s]+)@([^\s/:]+)(/go\.mod)?: checksum mismatch\s+downloaded: (\S+)\s+(\S+): +(\S+)`), file: "go.mod $1 $2",
		say: "SECURITY ERROR: $1@$2$3: the module proxy sent $4, the checksum database $5 says $6: somebody changed the module on its way, or the tag was moved"},
	{text: regexp.MustCompile(`([^@\s]+)@(\S+): missing go\.sum entry for go\.mod file`), file: "go.mod $1 $2", say: "go.sum has no line for $1 $2: " + tidy},
	{text: regexp.MustCompile(`updates to go\.(mod|work) needed`), file: "go.$1", say: "go.$1 is not what the packages need: run go mod tidy (with a go.work: go work sync) and commit the module files"},
	{text: regexp.MustCompile(`updating (go\.\S+): open \S+: (?:read-only file system|permission denied)`), file: "$1", say: "$1 lacks lines that the build needs: " + tidy},
	{text: regexp.MustCompile(`cannot load module (\S+) listed in go\.work file: open \S+: no such file`), file: "go.work ./$1",
		say: "go.work uses $1, and the build context has no $1/go.mod: the folder is missing, outside of the context, or left out by a .dockerignore"},
	{text: regexp.MustCompile(`module (\S+) listed in go\.work file requires go >= (\S+), but go\.work lists go (\S+);`), file: "go.work go $3",
		say: "go.work says go $3, and its module $1 requires go $2: run go work use and commit go.work"},
	{text: regexp.MustCompile(`([^@\s]+)@\S+ \(replaced by (\S+)\): reading \S+: open \S+: no such file`), all: replaced},
	{text: regexp.MustCompile(`(?s)([^@\s]+)@([^\s:]+): parsing go\.mod:\s+module declares its path as: (\S+)\s+but was required as: (\S+)`), file: "go.mod $1 $2",
		say: "$1 $2 calls itself $3: require it as $3, or for a fork say replace $3 => $1 $2"},
	{text: regexp.MustCompile(`([^@\s]+)@(\S+): (?:module \S+ )?requires go >= (\S+) \(running go (\S+);`), file: "go.mod $1 $2",
		say: "$1 $2 requires Go $3, and Go $4 builds: raise the go line of go.mod, or go: in the spec, or take an older version of the module"},
	{text: regexp.MustCompile(`(go\.\w+) requires go >= (\S+) \(running go (\S+);`), file: "$1 go $2",
		say: "$1 requires Go $2, and Go $3 builds: raise go: in the spec, or leave the key out"},
	{text: regexp.MustCompile(`(?s)dropping requirement on excluded version (\S+) (\S+)`), file: "go.mod $1 $2", say: "$1 $2 is required and excluded: " + tidy},
	{text: regexp.MustCompile(`exec: "(git|hg|svn|fossil|bzr)": executable file not found`),
		say: "a module would be fetched with $1, and the build has no such program: take it from a module proxy (build arg GOPROXY; a private one reads " +
			"the secret netrc), or run go mod vendor and commit vendor/"},
	{text: regexp.MustCompile(`(?s)([^@\s]+)@(\S+?): (reading .*|invalid version: .*)`), file: "go.mod $1 $2", say: "$1@$2: $3"},
}

// vendored is a line of an inconsistent vendoring: a module, perhaps at a version, and what go.mod or vendor/modules.txt lacks.
var vendored = regexp.MustCompile(`(?m)^\s+([^@\s:]+)(?:@(\S+))?: (.*)$`)

// vendoring puts the two lines that the go command prints for a module of two versions into one, at the place in go.mod.
func vendoring(t Tree, m []string) []plan.Problem {
	const required, marked = "is explicitly required in go.mod", "is marked as explicit in vendor/modules.txt"
	type versions struct{ mod, vendor string }
	found := map[string]versions{}
	lines := vendored.FindAllStringSubmatch(m[1], -1)
	for _, l := range lines {
		v := found[l[1]]
		switch {
		case strings.HasPrefix(l[3], required):
			v.mod = l[2]
		case strings.HasPrefix(l[3], marked):
			v.vendor = l[2]
		}
		found[l[1]] = v
	}
	run := "run go mod vendor and commit vendor/"
	if strings.Contains(m[2], "go work vendor") {
		run = "run go work vendor and commit vendor/"
	}
	var list []plan.Problem
	for _, l := range lines {
		name, v := l[1], found[l[1]]
		switch {
		case v.mod != "" && v.vendor != "" && strings.HasPrefix(l[3], marked): // said with the other line
		case v.mod != "" && v.vendor != "":
			list = append(list, plan.Problem{Where: t.line("go.mod", name, v.mod), Text: fmt.Sprintf("%s: go.mod requires %s, and vendor/modules.txt has %s: %s", name, v.mod, v.vendor, run)})
		case v.mod != "":
			list = append(list, plan.Problem{Where: t.line("go.mod", name, v.mod), Text: fmt.Sprintf("%s: go.mod requires %s, and vendor/modules.txt does not have it: %s", name, v.mod, run)})
		case v.vendor != "":
			list = append(list, plan.Problem{Where: t.line("vendor/modules.txt", name, v.vendor), Text: fmt.Sprintf("%s: vendor/modules.txt has %s, and go.mod does not require it: %s", name, v.vendor, run)})
		default:
			list = append(list, plan.Problem{Where: t.line("go.mod", name), Text: fmt.Sprintf("%s %s: %s", name, l[3], run)})
		}
	}
	return list
}

var parsed = regexp.MustCompile(`(?m)^(\S+?):(\d+)(?::\d+)?: (.*)$`)

// malformed are the lines of a module file that the go command cannot read.
func malformed(t Tree, m []string) []plan.Problem {
	var list []plan.Problem
	_, data := t.find(m[1])
	conflict := strings.Contains(string(data), "<<<<<<<")
	for _, l := range parsed.FindAllStringSubmatch(m[2], -1) {
		name := l[1]
		if !strings.Contains(name, "/") {
			name = path.Join(t.Dir, name)
		}
		p := plan.Problem{Where: name + ":" + l[2], Text: l[3]}
		switch {
		case conflict:
			p.Text += ": a merge left its conflict in the file"
		case strings.Contains(l[3], "module lookup disabled"):
			p.Text = "a version that is no version, such as a branch: run go mod tidy, which writes what it stands for"
		case strings.HasSuffix(m[1], ".sum"):
			p.Text += ": delete the line, " + tidy
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		list = append(list, plan.Problem{Where: path.Join(t.Dir, m[1]), Text: strings.TrimSpace(m[2])})
	}
	return list
}

// replaced is a module that go.mod or go.work replaces by a folder that is not in the context; of one that lies outside plan says so.
func replaced(t Tree, m []string) []plan.Problem {
	name, target := m[1], m[2]
	where := t.line("go.mod", name, "=>", target)
	if _, data := t.find("go.work"); data != nil && !strings.Contains(where, ":") {
		where = t.line("go.work", name, "=>", target)
	}
	return []plan.Problem{{Where: where, Text: fmt.Sprintf("%s is replaced by %s, and the build context has no such module: the folder is missing, or a .dockerignore leaves it out", name, target)}}
}
