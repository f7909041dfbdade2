package plan

import "github.com/crossgo/crossgo/sysroot"

// Archive is one signed archive that a suite's packages come from.
type Archive struct {
	ID    string // "main" or "security", as sysroot.Package.Archive has it
	Suite string // name of the directory below dists/, which is the codename the signed index must carry
}

// Archives are where a suite's packages are looked for. The suite itself comes first; of equal versions its file is taken.
func (s Settings) Archives(codename string) ([]Archive, error) {
	suite, err := sysroot.SuiteOf(codename)
	if err != nil {
		return nil, err
	}
	archives := []Archive{{"main", suite.Codename}}
	if s.SecurityMirror != SecurityOff {
		archives = append(archives, Archive{"security", suite.Security})
	}
	return archives, nil
}
