package verify

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
)

// buildFacts is the part of Go's build information that the checks compare.
type buildFacts struct {
	goVersion string
	mainPath  string
	info      *debug.BuildInfo  // as the file has it
	settings  map[string]string // "GOARCH", "CGO_ENABLED", … as recorded; read by key only
}

// cgoMark is how runtime/cgo's assembly entry stands in the function name table, which strip leaves alone. It is put together
// when the program starts: written as one string it would stand in every program that has this package in it.
var cgoMark = []byte(strings.Join([]string{"", "crosscall2", ""}, "\x00"))

// readBuild reads the build info; nil when there is none or it cannot be read.
func readBuild(r io.ReaderAt, size int64, bin *binary) (facts *buildFacts) {
	defer func() {
		if recover() != nil {
			facts = nil // debug/buildinfo gave up on a hostile file: the same as none
		}
	}()
	read := buildinfo.Read
	switch bin.format {
	case formatWasm:
		read = func(r io.ReaderAt) (*debug.BuildInfo, error) { return wasmBuildInfo(r, size) }
	case formatAr:
		read = func(r io.ReaderAt) (*debug.BuildInfo, error) { return archiveBuildInfo(r, bin.members) }
	}
	info, err := read(windows(searched(r, size), size))
	if err != nil {
		return nil
	}
	facts = &buildFacts{goVersion: strings.TrimSpace(strings.SplitN(info.GoVersion, " ", 2)[0]), mainPath: info.Path, info: info, settings: map[string]string{}}
	for _, setting := range info.Settings {
		facts.settings[setting.Key] = setting.Value
	}
	return facts
}

// The marks that cmd/go puts around the module information (modload.ModInfoProg); debug/buildinfo does not read
// WebAssembly, where the string lies in one piece in a data segment.
const (
	infoStart = "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
	infoEnd   = "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"
	infoMax   = 1 << 22
)

// wasmBuildInfo finds the build info of a WebAssembly module by its marks, the Go version in the "producers" section.
func wasmBuildInfo(r io.ReaderAt, size int64) (*debug.BuildInfo, error) {
	start := find(r, size, []byte(infoStart))
	if start < 0 {
		return nil, fmt.Errorf("no build info")
	}
	buf := make([]byte, min(size-start, infoMax))
	n, err := r.ReadAt(buf, start)
	if err != nil && err != io.EOF {
		return nil, err
	}
	text := buf[len(infoStart):n]
	end := bytes.Index(text, []byte(infoEnd))
	if end < 0 {
		return nil, fmt.Errorf("build info is cut off")
	}
	info, err := debug.ParseBuildInfo(string(text[:end]))
	if err != nil {
		return nil, err
	}
	info.GoVersion = wasmGoVersion(r, size)
	return info, nil
}

func checkBuildInfo(s *subject) []Finding {
	switch {
	case s.build == nil && s.want.RequireGo:
		return fail("build-info", "none", "Go build info", "has no Go build info: not a Go program, or one whose build info was removed")
	case s.build == nil:
		return note("build-info", "none", "", "no Go build info: GOOS, GOARCH, variant, cgo and Go version cannot be known")
	}
	return pass("build-info", s.build.goVersion, "", "Go build info of "+s.build.mainPath+", "+s.build.goVersion)
}

func checkGOOS(s *subject) []Finding   { return s.setting("goos", "GOOS", s.want.GOOS) }
func checkGOARCH(s *subject) []Finding { return s.setting("goarch", "GOARCH", s.want.GOARCH) }

// checkVCS compares what is recorded of the repository.
func checkVCS(s *subject) []Finding {
	return slices.Concat(s.setting("vcs", "vcs.revision", s.want.Revision), s.setting("vcs", "vcs.time", s.want.RevisionTime), s.setting("vcs", "vcs.modified", s.want.Modified))
}

// setting compares one recorded build setting.
func (s *subject) setting(id, key, want string) []Finding {
	if s.build == nil || want == "" {
		return nil
	}
	found, ok := s.build.settings[key]
	if !ok {
		return s.unknown(id, key+"="+want, key+" is not in the build info")
	}
	return []Finding{equal(id, key+" in build info", found, want)}
}

// cgoSettings are the recorded values of CGO_ENABLED.
var cgoSettings = map[string]string{"on": "1", "off": "0"}

// checkCGO looks at the record and at the code: with cgo on, runtime/cgo must really be linked.
func checkCGO(s *subject) []Finding {
	if s.want.CGO == "" {
		return nil
	}
	value, ok := cgoSettings[s.want.CGO]
	switch {
	case !ok:
		return fail("cgo", s.want.CGO, "on or off", fmt.Sprintf("cgo %q was asked for, want on or off", s.want.CGO))
	case s.build == nil:
		return s.unknown("cgo", s.want.CGO, "there is no Go build info")
	}
	found, recorded := s.build.settings["CGO_ENABLED"]
	switch {
	case !recorded:
		return s.unknown("cgo", s.want.CGO, "CGO_ENABLED is not in the build info")
	case found != value:
		return fail("cgo", "CGO_ENABLED="+found, "CGO_ENABLED="+value, fmt.Sprintf("CGO_ENABLED=%s in build info, want %s: cgo was asked to be %s", found, value, s.want.CGO))
	case value == "1" && !s.bin.cgoLinked:
		return fail("cgo", "runtime/cgo is not linked", "CGO_ENABLED=1", "CGO_ENABLED=1 in build info, but runtime/cgo is not linked: no package of the program uses cgo")
	case value == "0" && s.bin.cgoLinked:
		return fail("cgo", "runtime/cgo is linked", "CGO_ENABLED=0", "CGO_ENABLED=0 in build info, but runtime/cgo is linked")
	}
	return pass("cgo", "CGO_ENABLED="+found, "CGO_ENABLED="+value, "cgo is "+s.want.CGO)
}

func checkGoVersion(s *subject) []Finding {
	return s.recorded("go-version", "Go version in build info", s.want.GoVersion, func(b *buildFacts) string { return b.goVersion })
}

func checkMainPath(s *subject) []Finding {
	return s.recorded("main-path", "main package in build info", s.want.MainPath, func(b *buildFacts) string { return b.mainPath })
}

// recorded compares one fact of the build info that is no setting.
func (s *subject) recorded(id, words, want string, get func(*buildFacts) string) []Finding {
	if want == "" {
		return nil
	}
	if s.build == nil {
		return s.unknown(id, want, "there is no Go build info")
	}
	found := get(s.build)
	if found == "" {
		return s.unknown(id, want, "it is not in the build info")
	}
	return []Finding{equal(id, words, found, want)}
}
