package verify

import (
	"debug/pe"
	"fmt"
	"slices"
	"strings"
)

// subsystems are the values of Want.Subsystem.
var subsystems = []string{"console", "gui"}

// checkSubsystem compares whether Windows opens a console for the program.
func checkSubsystem(s *subject) []Finding {
	want := s.want.Subsystem
	switch {
	case want == "":
		return nil
	case !slices.Contains(subsystems, want):
		return fail("subsystem", want, strings.Join(subsystems, " or "), fmt.Sprintf("subsystem %q was asked for, want %s", want, strings.Join(subsystems, " or ")))
	case s.bin.pe == nil:
		return note("subsystem", "", want, "only windows programs have a subsystem")
	}
	return []Finding{equal("subsystem", "subsystem", s.bin.pe.subsystem, want)}
}

// peFlag is a bit of DllCharacteristics that a hardened image has.
type peFlag struct {
	bit  uint16
	bits int // of the images that have it; 0: all
	bad  string
}

var peFlags = []peFlag{
	{pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, 0, "is always loaded at the same address (no DYNAMIC_BASE)"},
	{pe.IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA, 64, "is loaded at one of few addresses (no HIGH_ENTROPY_VA)"},
	{pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT, 0, "its data can be executed (no NX_COMPAT)"},
}

// checkPEHardening looks for what makes a fault in the program easier to use.
func checkPEHardening(s *subject) []Finding {
	if s.bin.pe == nil {
		return nil
	}
	var bad []string
	for _, flag := range peFlags {
		if s.bin.pe.dll&flag.bit == 0 && (flag.bits == 0 || flag.bits == s.bin.bits) {
			bad = append(bad, flag.bad)
		}
	}
	if moves := s.bin.pe.dll&pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE != 0; moves && s.bin.pe.characteristics&pe.IMAGE_FILE_RELOCS_STRIPPED != 0 {
		bad = append(bad, "is always loaded at the same address (relocations are stripped)")
	}
	if len(s.bin.pe.open) > 0 {
		bad = append(bad, "can be written and executed at once: "+strings.Join(s.bin.pe.open, ", "))
	}
	const want = "ASLR, NX, nothing writable and executable at once"
	if len(bad) > 0 {
		return fail("pe-hardening", strings.Join(bad, "; "), want, strings.Join(bad, "; "))
	}
	return pass("pe-hardening", want, want, "is hardened: "+want)
}
