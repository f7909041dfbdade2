package plan

import (
	"fmt"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// Kind is the sort of output that a build target asks for.
type Kind string

// The kinds of output.
const (
	KindBin     Kind = "bin"     // the verified binaries
	KindImage   Kind = "image"   // an image that runs them
	KindReport  Kind = "report"  // what verify found and the plan decided, for people and for programs
	KindRelease Kind = "release" // archives of all platforms, with checksums and all that speaks of them

	KindTest    Kind = "test"         // what go vet and go test found, if that is no failure
	KindResults Kind = "test-results" // the same in either case
)

// Select is a parsed build target: a kind, and optionally the one binary it is narrowed to.
type Select struct {
	Kind   Kind
	Binary string // empty: all
}

// Tests reports whether the target is one that tests.
func (s Select) Tests() bool { return s.Kind.tests() }

// ParseTarget reads a build target: "image", "bin", "report", "release", "test", "test-results", or one of these after a binary's name ("server/image").
// The empty target is image when the spec has an image block, else bin.
func ParseTarget(file *spec.File, target string) (Select, error) {
	if target == "" {
		return Select{Kind: defaultKind(file)}, nil
	}
	binary, kind, narrowed := strings.Cut(target, "/")
	if !narrowed {
		binary, kind = "", target
	}
	switch k := Kind(kind); k {
	case KindBin, KindImage, KindReport, KindRelease, KindTest, KindResults:
		return Select{Kind: k, Binary: binary}, nil
	}
	return Select{}, fmt.Errorf("target %q is unknown, known are bin, image, report, release, test and test-results, each also as NAME/KIND for one binary", target)
}

func defaultKind(file *spec.File) Kind {
	if file.Image != nil {
		return KindImage
	}
	return KindBin
}

// narrow keeps the one binary that the target names: by the name that it has in the spec, whatever the platform and the build mode add.
func (s Select) narrow(file *spec.File, all []binary) ([]binary, error) {
	if s.Binary == "" {
		return all, nil
	}
	var names []string
	var kept []binary
	for _, b := range all {
		if b.plain == s.Binary { // a shared and a static library may have one name
			kept = append(kept, b)
		}
		names = append(names, b.plain)
	}
	if len(kept) > 0 {
		return kept, nil
	}
	return nil, fmt.Errorf("target %s/%s: %s builds no binary %q, it builds %s", s.Binary, s.Kind, file.Name, s.Binary, strings.Join(names, ", "))
}
