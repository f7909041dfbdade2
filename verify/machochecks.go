package verify

import (
	"fmt"
	"slices"
	"strings"
)

// appleLoader is the one program that loads others on Apple's systems.
const appleLoader = "/usr/lib/dyld"

// checkDyld: the kernel starts no other loader.
func checkDyld(s *subject) []Finding {
	switch found := s.bin.interp; {
	case s.bin.format != formatMachO || s.bin.role != programRole:
		return nil
	case found == "":
		return fail("loader", "none", appleLoader, "names no loader, want "+appleLoader)
	case found != appleLoader:
		return fail("loader", found, appleLoader, fmt.Sprintf("loader is %s, want %s", found, appleLoader))
	}
	return pass("loader", appleLoader, appleLoader, "loader is "+appleLoader)
}

// machoSubtype is one kind of a processor in <mach/machine.h>.
type machoSubtype struct {
	name string
	bad  string // why code for it does not run on every machine of the platform
}

// machoSubtypes is by machine and number; what is not here is unknown.
var machoSubtypes = map[string]map[uint32]machoSubtype{
	"x86-64":  {3: {name: "x86_64"}, 4: {name: "x86_64"}, 8: {"x86_64h", "needs a Haswell processor or a newer one"}},
	"aarch64": {0: {name: "arm64"}, 1: {name: "arm64"}, 2: {"arm64e", "uses pointer authentication, which Apple's systems let only their own programs do"}},
}

// checkSubtype looks at what the header says of the processor beyond its machine.
func checkSubtype(s *subject) []Finding {
	if s.bin.format != formatMachO || s.bin.machine != arches[s.want.GOARCH].machine {
		return nil
	}
	want := machoSubtypes[s.bin.machine][machoPlain[s.bin.machine]].name
	switch found, known := machoSubtypes[s.bin.machine][s.bin.macho.subtype]; {
	case !known:
		number := fmt.Sprintf("processor subtype %d", s.bin.macho.subtype)
		return fail("cpu", number, want, fmt.Sprintf("is for %s, want %s", number, want))
	case found.bad != "":
		return fail("cpu", found.name, want, fmt.Sprintf("is for %s: it %s, want %s", found.name, found.bad, want))
	}
	return pass("cpu", want, want, "is for any "+want)
}

// machoPlain is the subtype that stands for every processor of a machine.
var machoPlain = map[string]uint32{"x86-64": 3, "aarch64": 0}

// Flags of the header in <mach-o/loader.h>.
const (
	machoStackExecution = 0x20000
	machoPIE            = 0x200000
)

// checkMachOHardening looks for what makes a fault in the program easier to use.
func checkMachOHardening(s *subject) []Finding {
	if s.bin.format != formatMachO || s.bin.role == objectRole {
		return nil
	}
	m := s.bin.macho
	var bad []string
	if s.bin.role == programRole && m.flags&machoPIE == 0 {
		bad = append(bad, "is always loaded at the same address (no MH_PIE)")
	}
	if m.flags&machoStackExecution != 0 {
		bad = append(bad, "its stack can be executed (MH_ALLOW_STACK_EXECUTION)")
	}
	if len(m.open) > 0 {
		bad = append(bad, "can be written and executed at once: "+strings.Join(m.open, ", "))
	}
	const want = "PIE, nothing writable and executable at once"
	if len(bad) > 0 {
		return fail("macho-hardening", strings.Join(bad, "; "), want, strings.Join(bad, "; "))
	}
	return pass("macho-hardening", want, want, "is hardened: "+want)
}

// checkDylibs: a Mach-O file may need what the system ships, and what travels with it. An absolute path elsewhere is one of the
// machine that built it, and @rpath without a directory to look in is nowhere.
func checkDylibs(s *subject) []Finding {
	if s.bin.format != formatMachO || s.bin.role == objectRole {
		return nil
	}
	var beside, lost, here []string
	for _, name := range s.bin.needed {
		switch {
		case isAppleLibrary(name):
		case slices.Contains(s.bin.macho.weak, name):
			beside = append(beside, name) // may be missing
		case strings.HasPrefix(name, "@rpath/") && len(s.bin.macho.rpaths) == 0 && s.bin.role == programRole:
			lost = append(lost, name)
		case strings.HasPrefix(name, "@"):
			beside = append(beside, name)
		default:
			here = append(here, name)
		}
	}
	list := strings.Join(s.bin.needed, ", ")
	const want = "system libraries, or libraries beside the program"
	switch static := strings.HasPrefix(s.want.Link, "static"); {
	case len(here) > 0:
		return fail("needed", list, want, "needs "+strings.Join(here, ", ")+", which the system does not ship: it is there only on machines like the one that built the program")
	case len(lost) > 0:
		return fail("needed", list, want, "needs "+strings.Join(lost, ", ")+", but has no LC_RPATH that says where @rpath is")
	case len(beside) > 0 && static:
		return fail("needed", list, "system libraries only", "needs "+strings.Join(beside, ", ")+", which the system does not ship, want "+s.want.Link)
	case len(beside) > 0:
		return note("needed", list, "", "needs "+strings.Join(beside, ", ")+", which the system does not ship: it must come with the program"+s.rpathWords())
	case list == "":
		return pass("needed", "none", "", "needs no library")
	}
	return pass("needed", list, "", "needs "+list+", which the system ships")
}

func (s *subject) rpathWords() string {
	if len(s.bin.macho.rpaths) == 0 {
		return ""
	}
	return " (@rpath is " + strings.Join(s.bin.macho.rpaths, ", ") + ")"
}

// checkMinOS compares the oldest system that loads the file with the one asked for, and always says which it is.
func checkMinOS(s *subject) []Finding {
	want := s.want.MinOS
	if s.bin.format != formatMachO && s.bin.format != formatPE || s.bin.role == objectRole {
		if want == "" {
			return nil
		}
		return note("min-os", "", want, s.bin.format+" files do not say which version of the system they need")
	}
	if !strings.Contains(want, ".") && want != "" {
		want += ".0"
	}
	_, ok := versionNumbers(want)
	found := s.bin.minOS
	switch order, _ := CompareGlibc(found, want); {
	case want != "" && !ok:
		return fail("min-os", want, "", fmt.Sprintf("%s %s was asked for, which is no version, want one like 12.0", s.want.GOOS, s.want.MinOS))
	case found == "" && want == "":
		return note("min-os", "unknown", "", "nothing in the file says which version of the system it needs")
	case found == "":
		return s.unknown("min-os", want, "nothing in the file says which version of the system it needs")
	case want != "" && order > 0:
		return fail("min-os", found, want, fmt.Sprintf("requires %s %s, want at most %s", s.want.GOOS, found, want))
	}
	return pass("min-os", found, want, fmt.Sprintf("requires %s %s", s.want.GOOS, found))
}
