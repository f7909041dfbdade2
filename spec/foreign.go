package spec

import (
	"fmt"
	"slices"
	"strings"
)

// homes are the blocks of the keys that people write at the top of the file or in another block.
var homes = map[string][]string{
	"an entry of binaries": {"main", "name", "cgo", "libc", "link", "buildmode", "packages", "tags", "ldflags"},
	"image":                {"base", "entrypoint", "cmd", "user", "workdir", "labels"},
	"test":                 {"race", "timeout"},
	"verify":               {"allow", "reproducible"},
	"release":              {"files", "format", "wrap", "checksums", "signer"},
	"the top of the file":  {"go", "module", "platforms", "parallel", "args", "vcs", "binaries", "image", "release", "cache"},
}

// keep is the way to all that an image may have beside what crossgo puts there.
const keep = `keep the last stage of your Dockerfile and hand it the programs, in bake with contexts = { bin = "target:bin" } (docs/moving.md)`

// foreignKey are keys that other tools have, and what there is here instead.
type foreignKey struct {
	names string // as people write them, without _, - and capitals
	say   string
}

// foreignKeys are names of the Dockerfile, of compose, ko, GoReleaser and the go command.
var foreignKeys = []foreignKey{
	{"cflags cxxflags cppflags cgocflags cgocxxflags cgocppflags cgoldflags ldflag extldflags defines",
		"C flags cannot be said in a spec: write #cgo CFLAGS and #cgo LDFLAGS lines in the Go code, and of somebody else's module take the build tags that it offers, with tags:"},
	{"cgocflagsallow cgoldflagsallow cgocxxflagsallow cgoflagsallow cgoallow allowcgo allowflags cgoflags",
		"what the go command does not let through from #cgo lines cannot be allowed: name archives and object files themselves in the #cgo LDFLAGS in place of such flags"},
	{"cgoenabled", "say cgo: on or cgo: off in the entry of binaries"},
	{"goos goarch goarm goamd64 goarm64 targets target os arch archs platform", "say platforms: [linux/amd64, linux/arm64/v8.2, linux/arm/v7, windows/amd64]"},
	{"gomips gomips64 goriscv64 goppc64 go386 gowasm variant variants", "variants are part of the platform, as in linux/arm/v6 and linux/amd64/v3; GOMIPS, GORISCV64, GOPPC64 and GO386 are always the baseline of the port"},
	{"flags buildflags goflags gobuildflags gcflags asmflags buildargs", "flags of go build are keys: tags:, ldflags:, buildmode:, for tests race:; -trimpath is always set, and gcflags and asmflags cannot be said"},
	{"trimpath", "it is always set"},
	{"mod modvendor vendor", "a vendor directory is used when there is one"},
	{"goexperiment godebug", "GOEXPERIMENT cannot be said; a GODEBUG setting is a line of go.mod, or //go:debug in package main"},
	{"cover coverage", "the target test-results writes the coverage, and flags: of test takes -covermode and -coverpkg"},
	{"msan asan", "the only detector that can be asked for is race, in test: {race: true}"},
	{"goproxy goprivate gonosumdb gosumdb gonoproxy", "say it as a build arg: --build-arg GOPROXY=…; a login is the secret netrc"},
	{"env environment goenv", "of a container: image: {env: {…}}; of tests: test: {env: {…}}; what the go command reads is set by crossgo, with GOPROXY and its like as build args"},
	{"generate gogenerate hooks before after pre post prebuild scripts steps run exec command commands", "nothing of yours runs before the compiler: run go generate and the like before the build, and see that no .dockerignore leaves the files out"},
	{"contexts context assets include copyfrom inputs embed", "files of another build have to be in the context: run that build before, with its output into the folder (docker buildx build -o ui/dist …), and see that no .dockerignore leaves it out"},
	{"expose ports port healthcheck stopsignal volume volumes onbuild shell", "an image has the base image's, so name one that has it with base:; or " + keep},
	{"copy add file data kodata configs config templates migrations dirs directories mkdir", "an image has no files but the programs and what the base image has; " + keep},
	{"owner chown chmod mode permissions uid gid group", "files are root's, and the container's user is user:; for a folder that it may write to " + keep},
	{"capabilities caps capadd setcap cap linuxcapabilities", "programs have no file capabilities; listen on a port from 1024 up, or " + keep + ", with setcap there"},
	{"from stages dockerfile apt apk packagesrun install", "a spec has no stages: image: {base: …} names what the image stands on, packages: what C is compiled with; " + keep},
	{"annotations annotation", "annotations are of the command: --annotation, or in bake annotations = […]"},
	{"tag repository registry push imagename imagetag images dockers dockerimages kos repo", "names are of the command: -t NAME --push, or in bake tags = […]"},
	{"baseimage defaultbaseimage baseimageoverrides baseimages", "say image: {base: …}; it is the same for all programs of a file"},
	{"builds build binary programs main bin outputs", "say binaries: [{main: ./cmd/server, name: server}]"},
	{"id", "say name: in the entry of binaries"},
	{"dir directory workspace root path", "say module: services/api for a module below the context"},
	{"archives archive archivename nametemplate dist", "say release: {…}, and ask for --target release"},
	{"checksum checksummed sha256", "the target release writes SHA256SUMS; release: {checksums: …} names it"},
	{"sboms sbom", "the target release writes SBOMs, and --sbom=true or attest = [\"type=sbom\"] adds one to an image"},
	{"provenance attestations attest", "say it to the command: --provenance=true, --sbom=true, or in bake attest = […]"},
	{"signs sign signing cosign signature gpg", "say release: {signer: …} and give the key as a secret"},
	{"nfpms nfpm brews brew homebrew casks scoops winget snapcrafts aurs krews nix changelog announce milestones publishers blobs github gitlab",
		"crossgo makes files and images and publishes nothing: hand what --target release wrote to the tool for that (docs/release.md)"},
	{"universalbinaries universal upx compress", "files leave as the linker wrote them"},
	{"snapshot version projectname", "say args: {VERSION: dev} and ldflags: [\"-X main.version=${VERSION}\"], with --build-arg VERSION=…, or use ${VCS_TAG}"},
	{"modtimestamp timestamp sourcedateepoch created creationtime", "say --build-arg SOURCE_DATE_EPOCH=…"},
	{"static", "say link: static in the entry of binaries"}, {"pie", "say link: pie in the entry of binaries"}, {"dynamic", "say link: dynamic in the entry of binaries"},
	{"musl glibc", "say libc: musl or libc: glibc in the entry of binaries"},
	{"strip stripped", "say ldflags: [-s, -w] in the entry of binaries"},
	{"cc cxx compiler toolchain zig", "clang and the target's sysroot come with libc: and packages:; no other compiler can be named"},
	{"secrets secret ssh cachefrom cacheto nocache labelsfile", "this is of the command, or of the target in bake"},
	{"test tests", "say test: {…} at the top of the file"}, {"needs dependson depends", "order builds in bake, where a target may stand in contexts of another"},
}

// elsewhere says of a key that is none here where it belongs, or what there is instead; empty for a key that nobody has.
func elsewhere(name, path string) string {
	here := blockOf(path)
	for _, home := range []string{"an entry of binaries", "image", "test", "verify", "release", "the top of the file"} {
		if home != here && slices.Contains(homes[home], name) {
			return "it is a key of " + home
		}
	}
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	for _, k := range foreignKeys {
		if slices.Contains(strings.Fields(k.names), plain) {
			return k.say
		}
	}
	return ""
}

// blockOf is the block that a key with this path is in.
func blockOf(path string) string {
	switch block, rest, inner := strings.Cut(path, "."); {
	case !inner:
		return "the top of the file"
	case strings.HasPrefix(block, "binaries[") && !strings.Contains(rest, "."):
		return "an entry of binaries"
	default:
		return block
	}
}

// unknownKey is the text about a key that is not known.
func unknownKey(name, path string, allowed []string) string {
	if say := elsewhere(name, path); say != "" {
		return fmt.Sprintf("unknown key: found %s, allowed are %s: %s", quote(name), strings.Join(allowed, ", "), say)
	}
	return "unknown key: " + notAllowed(name, allowed)
}

// goVariant is a Go port whose variants a platform cannot name: the variable, and what it always is (plan/goenv.go).
type goVariant struct{ variable, always string }

var goVariants = map[string]goVariant{
	"386": {"GO386", "sse2"}, "mips": {"GOMIPS", "hardfloat"}, "mipsle": {"GOMIPS", "hardfloat"}, "mips64": {"GOMIPS64", "hardfloat"}, "mips64le": {"GOMIPS64", "hardfloat"},
	"ppc64": {"GOPPC64", "power8"}, "ppc64le": {"GOPPC64", "power8"}, "riscv64": {"GORISCV64", "rva20u64"},
}

// noVariants says of an architecture without variants what it is compiled for.
func noVariants(arch string) string {
	if v, ok := goVariants[arch]; ok {
		return fmt.Sprintf("%s has no variants that can be asked for: it is always compiled with %s=%s", arch, v.variable, v.always)
	}
	return arch + " has no variants"
}
