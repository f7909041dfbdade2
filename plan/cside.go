package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// cFlags are what C code may use on a variant: the psABI levels that GOAMD64 names too, and the architecture versions of
// GOARM64. Variants of arm are architectures of their own in sysroot.
func cFlags(target spec.Platform) string {
	switch {
	case target.Variant == "":
	case target.Arch == "amd64":
		return " -march=x86-64-" + target.Variant
	case target.Arch == "arm64":
		return " -march=arm" + target.Variant + "-a"
	}
	return ""
}

// cside decides the C side of a cgo binary: whose packages make the sysroot, and the environment that cgo sees.
func cside(in Input, b binary, debug string) (*CSide, error) {
	entry := in.File.Binaries[b.entry]
	suite, err := sysroot.SuiteForFloor(b.linking.floor)
	if err != nil {
		return nil, fmt.Errorf("%s: libc: %w", place(in.File, entry.Libc.Pos), err)
	}
	host, err := hostRequest(in.Build)
	if err != nil {
		return nil, err
	}
	c := &CSide{
		Suite: suite.Codename, Host: host, Kind: b.linking.kind(), CXX: in.Facts.Binaries[b.entry].CXX,
		Linkers: b.linking.tools(),
		Env:     cgoEnv(in.Target, b.linking, suite.Codename, debug),
	}
	if c.Target, err = targetRequest(in, b, c); err != nil {
		return nil, fmt.Errorf("%s: cgo for %s: %w", b.where, in.Target, err)
	}
	return c, nil
}

// tools are the names below PathLink that the Go linker calls.
func (l linking) tools() []string {
	if l.mode == spec.BuildCArchive {
		return []string{archiver}
	}
	return []string{l.linker(false), l.linker(true)}
}

// hostRequest asks for the compiler and linker that run on the build machine.
func hostRequest(build spec.Platform) (sysroot.Request, error) {
	arch, err := sysroot.ArchFor(build.Arch, build.Variant)
	if err != nil {
		return sysroot.Request{}, err
	}
	packages, err := sysroot.HostToolchain(arch.Debian)
	if err != nil {
		return sysroot.Request{}, err
	}
	return sysroot.Request{Name: "host-" + arch.Debian, Kind: sysroot.KindHost, Arch: arch.Debian, Packages: packages}, nil
}

// HostAhead is the request for the host's C toolchain, and the place in the spec that wants it, where the spec alone says that
// the build compiles C: an entry for a Linux target has cgo: on. For all others the code decides.
func HostAhead(file *spec.File, targets []spec.Platform, build spec.Platform, s Select) (SuiteRequests, string, bool) {
	if !slices.ContainsFunc(targets, func(t spec.Platform) bool { return HasC(t.String()) }) {
		return SuiteRequests{}, "", false
	}
	for i, b := range file.Binaries {
		if b.CGO.V != spec.CGOOn || s.Binary != "" && s.Binary != b.Name.V {
			continue
		}
		host, err := hostRequest(build)
		return SuiteRequests{Suite: sysroot.HostSuite, Requests: []sysroot.Request{host}}, mainRef(i, 0), err == nil
	}
	return SuiteRequests{}, "", false
}

// targetRequest asks for the target's sysroot. Its name tells all that sets differ in: two binaries whose sets have one
// name share the sysroot.
func targetRequest(in Input, b binary, c *CSide) (req sysroot.Request, err error) {
	entry, l := in.File.Binaries[b.entry], b.linking
	req = sysroot.Request{Kind: c.Kind, Arch: l.arch.Debian, Extra: values(entry.Packages)}
	switch c.Kind {
	case sysroot.KindMusl:
		req.Packages, err = sysroot.MuslSysroot(c.Suite, l.arch.Debian, c.CXX)
		req.Sources = sysroot.MuslSources(c.CXX)
	case sysroot.KindGlibc:
		req.Packages, err = sysroot.GlibcSysroot(c.Suite, l.arch.Debian, c.CXX)
	}
	for i := range entry.Packages {
		req.Where = append(req.Where, packageRef(b.entry, i))
	}
	name := []string{c.Suite, string(c.Kind), l.arch.Debian}
	if c.CXX {
		name = append(name, "cxx")
	}
	extra := sortedUnique(req.Extra)
	req.Name = strings.Join(append(name, extra...), "-")
	return req, err
}

// cgoEnv is what cgo reads. The flags are Go's own defaults, said aloud, with what the variant allows C code to use
// and the macros that the sysroot's libraries were compiled with; debug is -g or -g0. A musl
// sysroot has archives only of the user's packages, so their own dependencies are asked for whatever the link.
func cgoEnv(target spec.Platform, l linking, suite, debug string) []string {
	arch, kind := l.arch, l.kind()
	flags := "-O2 " + debug + cFlags(target)
	env := []string{
		"CC=/usr/bin/" + arch.CC(kind), "CXX=/usr/bin/" + arch.CXX(kind),
		"CGO_CFLAGS=" + flags, "CGO_CXXFLAGS=" + flags, "CGO_CPPFLAGS=" + strings.Join(arch.Defines(kind, suite), " "),
		"CGO_FFLAGS=", "CGO_LDFLAGS=-O2 -g",
	}
	return append(env, arch.PkgConfigEnv(l.static() || kind == sysroot.KindMusl)...)
}

// SuiteRequests are the package sets to pin from one suite.
type SuiteRequests struct {
	Suite    string
	Requests []sysroot.Request
}

// Archs are the Debian architectures that the requests name, sorted; sysroot.SourceArch among them when a request has
// source packages.
func (s SuiteRequests) Archs() []string {
	var archs []string
	for _, r := range s.Requests {
		archs = append(archs, r.Arch)
		if len(r.Sources) > 0 {
			archs = append(archs, sysroot.SourceArch)
		}
	}
	return sortedUnique(archs)
}

// RequestsBySuite gathers what all platforms' plans need pinned: suites in the order of Debian's releases, each set once,
// by name.
func RequestsBySuite(plans []*Plan) []SuiteRequests {
	byName := map[string]sysroot.Request{}
	suites := map[string][]string{}
	for _, p := range plans {
		for _, r := range p.requests() {
			if _, ok := byName[r.request.Name]; !ok {
				byName[r.request.Name] = r.request
				suites[r.suite] = append(suites[r.suite], r.request.Name)
			}
		}
	}
	var list []SuiteRequests
	for _, suite := range sysroot.Suites() {
		names := suites[suite.Codename]
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		s := SuiteRequests{Suite: suite.Codename}
		for _, name := range names {
			s.Requests = append(s.Requests, byName[name])
		}
		list = append(list, s)
	}
	return list
}
