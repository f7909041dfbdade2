// Package sysroot turns Debian's signed indexes into the C side of a build: which package files, by digest, make a host
// toolchain or a target's sysroot, and how those files are unpacked and put right.
package sysroot

// Request asks for one set of packages of one architecture, to be unpacked into one root.
type Request struct {
	Name     string   `json:"name"`               // unique name of the set, for example "cc" or "glibc-arm64"
	Arch     string   `json:"arch"`               // Debian architecture: "amd64", "arm64", "armhf"
	Packages []string `json:"packages"`           // exactly these, no dependencies followed: crossgo's own tables
	Extra    []string `json:"extra,omitempty"`    // the user's packages: dependencies followed, programs left out
	Runtime  []string `json:"runtime,omitempty"`  // shared library packages that a runtime image takes from the set
	Where    []string `json:"where,omitempty"`    // for each of Extra the place in the spec, "crossgo.yaml:6:16", for messages
}

// Package is one pinned package file.
type Package struct {
	Name         string `json:"name"`
	Version      string `json:"version"`
	Architecture string `json:"architecture"` // "all" or a Debian architecture
	Filename     string `json:"filename"`     // path below Archive
	Archive      string `json:"archive"`      // id of the archive it comes from: "main" or "security"
	SHA256       string `json:"sha256"`       // hex
	Size         int64  `json:"size"`         // bytes
}

// Set is a Request with every package pinned, in the order they are unpacked.
type Set struct {
	Name     string    `json:"name"`
	Arch     string    `json:"arch"`
	Suite    string    `json:"suite"`
	Packages []Package `json:"packages"`
}

// Lock is the outcome of Resolve: the same indexes and requests give the same Lock, byte for byte as JSON.
type Lock struct {
	Sets []Set `json:"sets"`
}
