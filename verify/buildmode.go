package verify

import (
	"debug/elf"
	"fmt"
	"slices"
	"strings"
)

// The roles that a file can have.
const (
	programRole = "program"
	libraryRole = "shared library"
	objectRole  = "object"
	archiveRole = "archive"
)

// buildMode is what one Want.BuildMode asks for.
type buildMode struct {
	role     string
	words    string
	recorded []string // what -buildmode is in the build info
}

var buildModes = map[string]buildMode{
	"":          {programRole, "a program that can be started", []string{"exe", "pie"}},
	"c-shared":  {libraryRole, "a shared library", []string{"c-shared"}},
	"c-archive": {archiveRole, "an archive of objects (.a)", []string{"c-archive"}},
}

// knownBuildModes lists those with a name.
const knownBuildModes = "c-shared, c-archive, or empty for a program"

// checkType compares what the file is with what was asked for.
func checkType(s *subject) []Finding {
	mode, known := buildModes[s.want.BuildMode]
	switch bad := s.typeProblem(mode); {
	case !known:
		return fail("type", s.want.BuildMode, knownBuildModes, fmt.Sprintf("build mode %q was asked for, want %s", s.want.BuildMode, knownBuildModes))
	case bad != "":
		return fail("type", s.bin.kind, mode.words, fmt.Sprintf("%s, want %s", bad, mode.words))
	}
	return pass("type", s.bin.kind, mode.words, "type is "+s.bin.kind)
}

// typeProblem says why the file is not of the asked kind, empty when it is.
func (s *subject) typeProblem(mode buildMode) string {
	switch {
	case mode.role == programRole:
		return s.bin.kindBad + s.wasmProblem() // one of them at most
	case mode.role != s.bin.role:
		return "is " + article(s.bin.kind)
	}
	for _, m := range s.bin.members {
		if m.bin.role != objectRole {
			return fmt.Sprintf("member %s is %s", m.name, article(m.bin.kind))
		}
	}
	return ""
}

// article puts "a" or "an" before a kind of file.
func article(kind string) string {
	if strings.ContainsAny(kind[:min(1, len(kind))], "aeio") {
		return "an " + kind
	}
	return "a " + kind
}

// eachMember is a check of a file, or of every member of an archive.
func eachMember(check func(*subject) []Finding) func(*subject) []Finding {
	return func(s *subject) []Finding {
		if len(s.bin.members) == 0 {
			return check(s)
		}
		return checkMembers(s, check)
	}
}

// checkMembers makes a check on every member of an archive: one finding for all that hold, one for each of those that do not.
func checkMembers(s *subject, check func(*subject) []Finding) []Finding {
	var broken, other []Finding
	held := 0
	for _, m := range s.bin.members {
		for _, f := range check(&subject{want: s.want, bin: m.bin}) {
			switch f.Level {
			case Fail:
				f.Text = fmt.Sprintf("member %s: %s", m.name, f.Text)
				broken = append(broken, f)
			case Pass:
				if other = append(other, f); f.Found == other[0].Found {
					held++
				}
			default:
				other = append(other, f)
			}
		}
	}
	switch {
	case len(broken) > maxNamed:
		more := broken[maxNamed-1]
		more.Text += fmt.Sprintf(" (and %d more members)", len(broken)-maxNamed)
		return append(broken[:maxNamed-1:maxNamed-1], more)
	case len(broken) > 0:
		return broken
	case len(other) == 0:
		return nil
	}
	all := other[0]
	if held == len(s.bin.members) && held > 1 {
		all.Text += fmt.Sprintf(" in all %d members", held)
	}
	return []Finding{all}
}

// checkBuildMode compares the recorded build mode with the one asked for.
func checkBuildMode(s *subject) []Finding {
	mode, known := buildModes[s.want.BuildMode]
	if s.build == nil || !known {
		return nil
	}
	want := strings.Join(mode.recorded, " or ")
	found, recorded := s.build.settings["-buildmode"]
	switch {
	case !recorded: // before Go 1.18 no setting is
		return s.unknown("buildmode", "-buildmode="+want, "-buildmode is not in the build info")
	case !slices.Contains(mode.recorded, found):
		return fail("buildmode", found, want, fmt.Sprintf("-buildmode in build info is %s, want %s", found, want))
	}
	return pass("buildmode", found, want, "-buildmode in build info is "+found)
}

// elfRole is what an ELF file is good for; a file that is broken has no role.
func elfRole(f *elf.File, bin *binary) string {
	switch {
	case f.Type == elf.ET_REL:
		return objectRole
	case bin.kindBad == "":
		return programRole
	case f.Type == elf.ET_DYN && bin.hasDyn && !bin.pieFlag:
		return libraryRole
	}
	return ""
}
