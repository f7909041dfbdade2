// Package sysroot turns Debian's signed indexes into the C side of a build: which package files, by digest, make a host
// toolchain or a target's sysroot, and how those files are unpacked and put right. It knows nothing of BuildKit, reads no
// clock and no environment, and has no network: the caller fetches, this package says what to fetch and judges it.
//
// The way of the data: ParseRelease → Release.Index → ReadIndex → Resolve → (fetch by digest) → Unpack → CopyRuntime.
package sysroot

// Request asks for one set of packages of one architecture, to be unpacked into one root.
type Request struct {
	Name     string   `json:"name"`              // unique name of the set, for example "cc" or "glibc-arm64"
	Kind     Kind     `json:"kind"`              // what the set is for; decides which dependencies of Extra are left out
	Arch     string   `json:"arch"`              // Debian architecture: "amd64", "arm64", "armhf"
	Packages []string `json:"packages"`          // exactly these, no dependencies followed: crossgo's own tables
	Extra    []string `json:"extra,omitempty"`   // the user's packages: dependencies followed, programs left out
	Sources  []string `json:"sources,omitempty"` // source packages whose upstream archive is unpacked too
	Where    []string `json:"where,omitempty"`   // for each of Extra the place in the spec, "crossgo.yaml:6:16", for messages
}

// Kind says what a root is for.
type Kind string

// The kinds of root.
const (
	KindHost  Kind = "host"  // the compiler, linker and pkg-config that run on the build machine
	KindGlibc Kind = "glibc" // headers and libraries of a target whose C library is Debian's own
	KindMusl  Kind = "musl"  // headers and static libraries of a target with musl
)

// Package is one pinned package file.
type Package struct {
	Name         string `json:"name"`
	Version      string `json:"version"`
	Architecture string `json:"architecture"` // "all", a Debian architecture or SourceArch
	Filename     string `json:"filename"`     // path below Archive
	Archive      string `json:"archive"`      // id of the archive it comes from: "main" or "security"
	SHA256       string `json:"sha256"`       // hex
	Size         int64  `json:"size"`         // bytes
}

// Set is a Request with every package pinned, in the order they are unpacked.
type Set struct {
	Name     string    `json:"name"`
	Kind     Kind      `json:"kind"`
	Arch     string    `json:"arch"`
	Suite    string    `json:"suite"`
	Packages []Package `json:"packages"`
}

// Lock is the outcome of Resolve: the same indexes and requests give the same Lock, byte for byte as JSON.
type Lock struct {
	Sets []Set `json:"sets"`
}
