package plan

import (
	"slices"

	"github.com/crossgo/crossgo/sysroot"
)

// The archives by their ids.
const (
	ArchiveMain     = "main"
	ArchiveSecurity = "security"
)

// Archive is one signed archive that a suite's packages come from.
type Archive struct {
	ID    string // "main" or "security", as sysroot.Package.Archive has it
	Suite string // name of the directory below dists/, which is the codename the signed index must carry

	// Optional archives bring newer versions of what another has: an architecture that they lack is built without.
	Optional bool
}

// ReadArchive is a signed index that packages were chosen by. Which mirror it came from is not said: outputs do not
// depend on it.
type ReadArchive struct {
	Archive  string   `json:"archive"`            // "main" or "security"
	Suite    string   `json:"suite"`              // "trixie-security"
	Date     string   `json:"date"`               // when it was made, as it says itself: "2026-11-21T09:31:05Z"
	SignedBy string   `json:"signedBy,omitempty"` // fingerprint of the key, where it is none of Debian's
	Expired  string   `json:"expired,omitempty"`  // when it had expired, if the request allows that
	Without  []string `json:"without,omitempty"`  // Debian architectures that it has no packages for
}

// Archives are where a suite's packages are looked for. The suite itself comes first; of equal versions its file is
// taken.
func (s Settings) Archives(codename string) ([]Archive, error) {
	suite, err := sysroot.SuiteOf(codename)
	if err != nil {
		return nil, err
	}
	archives := []Archive{{ID: ArchiveMain, Suite: suite.Codename}}
	if s.SecurityMirror != SecurityOff {
		archives = append(archives, Archive{ID: ArchiveSecurity, Suite: suite.Security, Optional: true})
	}
	return archives, nil
}

// NameArchives takes the signed indexes that the plan's packages were chosen by, of those that were read for each
// suite.
func (p *Plan) NameArchives(bySuite map[string][]ReadArchive) {
	p.Archives = nil
	archs := map[string][]string{}
	for _, r := range p.requests() {
		archs[r.suite] = append(archs[r.suite], r.request.Arch)
	}
	for _, suite := range sysroot.Suites() {
		if archs[suite.Codename] == nil {
			continue
		}
		for _, a := range bySuite[suite.Codename] {
			a.Without = slices.DeleteFunc(slices.Clone(a.Without), func(arch string) bool {
				return !slices.Contains(archs[suite.Codename], arch)
			})
			p.Archives = append(p.Archives, a)
		}
	}
}
