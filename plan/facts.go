package plan

// Facts is what step inspect found out about the code, for every target at once.
type Facts struct {
	Targets []TargetFacts `json:"targets"` // in the order of the inspect job
}

// TargetFacts are the facts for one platform.
type TargetFacts struct {
	Platform string        `json:"platform"`
	Binaries []BinaryFacts `json:"binaries"` // one per entry of the spec's binaries, in that order
}

// BinaryFacts are the facts for one entry of binaries on one platform. The package lists are full closures in the order
// of import path, with cgo as decided.
type BinaryFacts struct {
	Mains    []MainPackage `json:"mains"`
	CGO      bool          `json:"cgo"`             // as decided: the spec's word, or for auto whether CGOUsers is not empty
	CGOUsers []string      `json:"cgoUsers"`        // packages outside the standard library with files that import "C"
	CGONeeds []string      `json:"cgoNeeds"`        // those of CGOUsers that are of no use without cgo
	CXX      bool          `json:"cxx,omitempty"`   // one of them has C++ files
	Heavy    []HeavyModule `json:"heavy,omitempty"` // foreign modules that use cgo, with what they need of other foreign modules
	Foreign  []string      `json:"foreign"`         // foreign packages, Heavy's included
	Own      []string      `json:"own"`             // the user's own packages, and those that are compiled with them
	Std      []string      `json:"std"`             // packages of the standard library
	Pure     PurePackages  `json:"pure,omitzero"`   // with cgo only
	OwnC     bool          `json:"ownC,omitempty"`  // packages of the user's own have C or assembly files
	Problems []Problem     `json:"problems,omitempty"`
}

// PurePackages are those packages of the standard library that need no C, neither themselves nor in what they import, whatever
// the program's link: all, and those of them that Foreign and Heavy need.
type PurePackages struct {
	Heavy   []string `json:"heavy,omitempty"`
	Foreign []string `json:"foreign,omitempty"`
	All     []string `json:"all,omitempty"`
}

// MainPackage is one package main that a pattern of the spec names.
type MainPackage struct {
	ImportPath string `json:"importPath"`
	Module     string `json:"module,omitempty"` // path of the module that it is in
	Pattern    int    `json:"pattern"`          // index into the entry's main list
	PGO        string `json:"pgo,omitempty"`    // its default.pgo, below the context
	CXX        bool   `json:"cxx,omitempty"`    // the program has C++ in it: it is linked by the C++ compiler
	Loads      string `json:"loads,omitempty"`  // without cgo, on linux: the package that takes functions of shared libraries, and where
}

// HeavyModule is one foreign module at its version, with the packages that are compiled from it.
type HeavyModule struct {
	Path      string   `json:"path"`
	Version   string   `json:"version"`
	GoVersion string   `json:"goVersion"` // its go line, by which its packages are known; may be empty
	Dir       string   `json:"dir"`       // below GOMODCACHE, slash-separated
	Packages  []string `json:"packages"`
	PkgConfig bool     `json:"pkgConfig,omitempty"` // one of the packages asks pkg-config
}

// Problem is something wrong with the user's files, located for a message.
type Problem struct {
	Where string `json:"where"` // "main.go:3:8", or a reference into the spec
	Text  string `json:"text"`
}

// String is the problem with its place in front.
func (p Problem) String() string {
	if p.Where == "" {
		return p.Text
	}
	return p.Where + ": " + p.Text
}
