package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"golang.org/x/mod/semver"
)

// VCS is what is known of the repository that the sources come from.
type VCS struct {
	Known   []Variable // in the order of spec.VCSVariables; one that is missing is not known, which is not the same as empty
	Tags    []string   // the commit's tags as Go reads them: those of a module in a directory begin with it
	History *History   // nil when the commits before are not known
	Why     string     // why more is not known, for messages
}

// Variable is one of spec.VCSVariables with its value.
type Variable struct{ Name, Value string }

// History is what Go asks of the commits before the one that is built.
type History struct {
	Tags []string `json:"tags"` // tags of the commit or of one before it, each with the module's directory in front
}

// Stamp is what the go command is told when it asks for the repository of the sources (step/git.go).
type Stamp struct {
	Revision string   `json:"revision"` // the whole hash
	Time     string   `json:"time"`     // RFC 3339
	Modified bool     `json:"modified"`
	Tags     []string `json:"tags,omitempty"`
	History  *History `json:"history,omitempty"`
}

// stampFlag overrules the -buildvcs=false of the flags that binaries share with their dependencies: it is said again
// behind them. It concerns the main package alone and is part of no other package's action id.
const stampFlag = "-buildvcs=true"

// stamped are the flags of the runs that link.
func (in Input) stamped(flags []string) []string {
	if in.File.VCS.V != spec.VCSOn {
		return flags
	}
	return append(slices.Clone(flags), stampFlag)
}

func (v VCS) lookup(name string) (string, bool) {
	i := slices.IndexFunc(v.Known, func(k Variable) bool { return k.Name == name })
	if i < 0 {
		return "", false
	}
	return v.Known[i].Value, true
}

func (v VCS) value(name string) string {
	value, _ := v.lookup(name)
	return value
}

// unknown are those of the names that are not known.
func (v VCS) unknown(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, known := v.lookup(name)
		return known
	})
}

// howToSay is the end of a message about variables that are not known.
func (v VCS) howToSay(names []string) string {
	args := make([]string, len(names))
	for i, name := range names {
		args[i] = "--build-arg " + name + "=" + vcsExamples[name]
	}
	text := "say it with " + strings.Join(args, " ")
	if v.Why != "" {
		return v.Why + "; " + text
	}
	return text
}

// vcsExamples are values for messages, as a shell gives them.
var vcsExamples = map[string]string{
	spec.VCSRevision: "$(git rev-parse HEAD)", spec.VCSTime: "$(git log -1 --format=%cI)",
	spec.VCSModified: "false", spec.VCSTag: "$(git tag --points-at HEAD)",
}

// vcsRefs checks that what an entry's ldflags ask of the repository is known.
func vcsRefs(in Input, entry int) error {
	for _, ref := range in.File.Binaries[entry].Refs() {
		if missing, ok := in.unknown()[ref.V]; ok {
			return fmt.Errorf("%s: ldflags: ${%s} is not known: %s", place(in.File, ref.Pos), missing, in.VCS.howToSay([]string{missing}))
		}
	}
	return nil
}

// unknown are the names without a value: variables of the repository that are not known, and arguments whose defaults
// name such. Each has the variable that is missing.
func (in Input) unknown() map[string]string {
	missing := map[string]string{}
	for _, name := range in.VCS.unknown(spec.VCSVariables) {
		missing[name] = name
	}
	for _, a := range in.File.Args {
		delete(missing, a.Name.V)
		if _, given := in.Args[a.Name.V]; given {
			continue
		}
		for _, ref := range a.Refs() {
			if name, ok := missing[ref.V]; ok {
				missing[a.Name.V] = name
			}
		}
	}
	return missing
}

// stamp is what vcs: on writes into Go's build info; nil when it is off.
func stamp(in Input) (*Stamp, error) {
	if in.File.VCS.V != spec.VCSOn {
		return nil, nil
	}
	if missing := in.VCS.unknown(spec.VCSStamp); len(missing) > 0 {
		return nil, fmt.Errorf("%s: vcs: found on, but %s: not known: %s", place(in.File, in.File.VCS.Pos), strings.Join(missing, ", "), in.VCS.howToSay(missing))
	}
	return &Stamp{
		Revision: in.VCS.value(spec.VCSRevision), Time: in.VCS.value(spec.VCSTime), Modified: in.VCS.value(spec.VCSModified) == "true",
		Tags: in.VCS.Tags, History: in.VCS.History,
	}, nil
}

// VersionTags are those of tags that Go reads as versions of the module in dir, a directory of the repository with a
// slash at its end or empty for its root: sorted, and without dir.
func VersionTags(tags []string, dir string) []string {
	var list []string
	for _, tag := range tags {
		if tag, ok := strings.CutPrefix(tag, dir); ok && semver.IsValid(path.Base(tag)) {
			list = append(list, tag)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// NewestTag is the one of a commit's tags that stands for it: the highest version, or the last by its letters where
// none is a version. It is empty without any.
func NewestTag(tags []string) string {
	return slices.MaxFunc(append(slices.Clone(tags), ""), func(a, b string) int {
		if c := semver.Compare(path.Base(a), path.Base(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
}
