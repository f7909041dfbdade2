package plan

import "github.com/crossgo/crossgo/sysroot"

// PathSystemCA is an empty file in the root of all build containers. With proxyNetwork BuildKit appends the certificate of its
// proxy to it: it creates none (executor/proxyca_linux.go of v0.33.1).
const PathSystemCA = "/etc/ssl/certs/ca-certificates.crt"

// Where things stand inside build containers. They are part of cache keys and, without -trimpath, of binaries: changing
// one recompiles everything for everybody. Some paths are BuildKit's own: the laws in the tests of llb know them.
const (
	PathSelf      = "/crossgo"         // our own binary
	PathGoRoot    = "/toolchain/go"    // the Go distribution
	PathModules   = "/modules"         // GOMODCACHE
	PathGoCache   = "/gocache"         // GOCACHE
	PathObjects   = "/objects"         // cache mount with compiled packages, laid out as a GOCACHE
	PathKeeper    = "/keeper"          // the program that answers dependency steps from PathObjects
	PathGoKnown   = "/releases"        // cache mount with the names of the Go releases that were fetched
	PathDownload  = "/downloads"       // cache mount with downloaded modules, laid out as a module proxy
	PathSource    = "/src"             // the build context
	PathSysroot   = sysroot.TargetRoot // the target's C side
	PathSysroots  = "/libraries"       // several of them, numbered: the first that has a library gives it
	PathHostUsr   = "/usr"             // the host C toolchain's usr
	PathProfile   = "/pgo/default.pgo" // the profile that a program and all it imports are compiled by
	PathLink      = "/link"            // our own binary under the names of compilers, for linking
	PathGit       = "/tmp/git/bin"     // our own binary under the name of git, for Go's stamp
	PathJob       = "/job"             // job.json, what a step has to do
	PathIn        = "/in"              // inputs of a step
	PathOut       = "/out"             // outputs of a step
	PathBuilt     = "/out/.go"         // what one go build of several programs writes, until it is renamed: on PathOut's file system
	PathCA        = "/run/ca.pem"      // the optional ca-certificates secret
	PathNetrc     = "/run/netrc"       // the optional netrc secret
	PathKeys      = "/run/debian-keys" // the optional secret with keys of package archives
	KeysFile      = "debian-keys"      // what keys writes below PathOut: that secret, or nothing
	PathHeavy     = "/heavy"           // synthetic module of the dependencies with C code
	JobFile       = "job.json"         // name below PathJob
	SkeletonFile  = "skeleton.tar"     // what skim writes below PathOut
	FactsFile     = "facts.json"       // what inspect writes below PathOut
	ReleasesFile  = "releases.json"    // what golist writes below PathOut
	LockFile      = "lock.json"        // what resolve writes below PathOut
	ReportFile    = "report.json"      // what verify writes below its report mount
	WarningsFile  = "warnings.json"    // what of it is worth a warning, for the frontend
	ProblemFile   = ".crossgo-problem" // what a failing step says for people, below PathOut
	PathRoot      = "/root"            // the image that outputs will run in, for verify
	PathLayers    = "/layers"          // the layers that a report measures, numbered
	PathNeeds     = "/needs"           // where verify says what of an image without a base the programs need
	NeedsFile     = "needs.json"       // its name there
	PathZones     = "/zones.zip"       // Go's time zones, for the base of an image
	PathRead      = "/read"            // empty, for verify; see carry in llb
	PathReport    = "/report"          // where verify puts its reports
	PathFiles     = "/files"           // what a release or an image takes of the context, numbered
	PathSignKey   = "/run/sign-key"    // the secret that a release is signed with
	PathSignPass  = "/run/sign-pass"   // its optional password
	PathLinks     = "/links"           // where compile puts what its links took from the sysroot
	LinksFile     = "links.json"       // name below PathLinks, and below PathReport behind the gate
	PathAttest    = "/attest"          // what step attest describes; see AttestJob
	PathAgain     = "/again"           // what a second build gave, for verify
	AgainFile     = "again.json"       // name below PathAgain
	PathElsewhere = "/elsewhere/src"   // the build context of a second build
	PathElseMods  = "/elsewhere/mod"   // its GOMODCACHE
	PathTestTmp   = "/gotmp"           // GOTMPDIR of tests, and what of it goes from the step that compiles them to the one that runs them
	PathConverter = "/gotmp/test2json" // turns what a test prints into events
	PathBeside    = "/.crossgo"        // what a step has that runs in a root of the user's, where every other name may be taken
	PathRunSelf   = "/.crossgo/self"   // PathSelf there, and so on
	PathRunJob    = "/.crossgo/job"
	PathRunIn     = "/.crossgo/in"
	PathRunOut    = "/.crossgo/out"
	PathRunFound  = "/.crossgo/found"  // what verify wrote
	PathRunTells  = "/.crossgo/report" // PathReport there
	SecretCA      = "ca-certificates"  // id of the optional secret with extra CA certificates
	PathProg      = "/run/cache-prog"  // the optional secret of the user's GOCACHEPROG
	SecretProg    = "cache-prog"       // its id
	SecretKeys    = "debian-keys"      // id of the optional secret with keys of package archives
	SecretNetrc   = "netrc"            // id of the optional secret with module proxy credentials
)
