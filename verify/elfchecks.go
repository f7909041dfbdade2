package verify

import (
	"fmt"
	"slices"
	"strings"
)

// checkLoader compares the loader's path with the table, or with the one path asked for.
func checkLoader(s *subject) []Finding {
	if s.bin.format != formatELF {
		return nil
	}
	found := s.bin.interp
	if found == "" {
		if s.want.Loader != "" && s.want.BuildMode == "" {
			return fail("loader", "none", s.want.Loader, "asks for no loader, want "+s.want.Loader)
		}
		return pass("loader", "none", "", "asks for no loader")
	}
	allowed := s.allowedLoaders()
	want := strings.Join(allowed, " or ")
	if slices.Contains(allowed, found) {
		return pass("loader", found, want, "loader is "+found)
	}
	text := fmt.Sprintf("loader is %s (%s), want %s", found, describeLoader(found), want)
	return fail("loader", found, want, text)
}

func (s *subject) allowedLoaders() []string {
	switch {
	case s.want.Loader != "":
		return []string{s.want.Loader}
	case s.want.GOOS == "linux":
		return Loaders(s.want.Libc, s.want.GOARCH, s.want.Variant)
	}
	var paths []string
	for path, goos := range foreignLoaders {
		if goos == s.want.GOOS || goos == alike[s.want.GOOS] {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// describeLoader says whose loader a path is.
func describeLoader(path string) string {
	if libc := libcOfLoader(path); libc != "" {
		var of []string
		for _, l := range loaders {
			if l.path == path && !slices.Contains(of, l.goarch) {
				of = append(of, l.goarch)
			}
		}
		return libc + " on " + strings.Join(of, ", ")
	}
	if goos := foreignLoaders[path]; goos != "" {
		return goos
	}
	return "no libc's own path: it starts only where that very path exists"
}

// checkLibc compares whose libraries are named, and finds files that mix two libcs.
func checkLibc(s *subject) []Finding {
	if s.bin.format != formatELF || s.want.GOOS != "linux" {
		return nil
	}
	libc, why := "", ""
	for _, sign := range s.libcSigns() {
		switch {
		case libc == "":
			libc, why = sign.says, sign.why
		case sign.says != libc:
			return fail("libc", libc+" and "+sign.says, s.want.Libc, fmt.Sprintf("mixes two libcs: %s (%s) and %s (%s)", libc, why, sign.says, sign.why))
		}
	}
	switch {
	case s.want.Libc == "" && libc == "":
		return nil
	case libc == "":
		return pass("libc", "none", s.want.Libc, "asks for no libc")
	case s.want.Libc != "" && libc != s.want.Libc:
		return fail("libc", libc, s.want.Libc, fmt.Sprintf("libc is %s (%s), want %s", libc, why, s.want.Libc))
	}
	return pass("libc", libc, s.want.Libc, fmt.Sprintf("libc is %s (%s)", libc, why))
}

// libcSigns is every sign of a libc.
func (s *subject) libcSigns() []evidence {
	var signs []evidence
	if libc := libcOfLoader(s.bin.interp); libc != "" {
		signs = append(signs, evidence{libc, "loader " + s.bin.interp})
	}
	for _, name := range s.bin.needed {
		if libc := libcOfLibrary(name); libc != "" {
			signs = append(signs, evidence{libc, "needs " + name})
		}
	}
	if highest, _ := s.bin.elf.glibcVersions(); highest != "" {
		signs = append(signs, evidence{glibc, "symbol version GLIBC_" + highest})
	}
	if s.bin.elf.glibcCRT {
		signs = append(signs, evidence{glibc, "its start files"})
	}
	return signs
}

// checkLink compares what the file is with static, static-pie, dynamic or pie.
func checkLink(s *subject) []Finding {
	want := s.want.Link
	if want == "" || s.want.BuildMode != "" {
		return nil // of a library the type says it all
	}
	if !slices.Contains(links, want) {
		return fail("link", want, strings.Join(links, ", "), fmt.Sprintf("link %q was asked for, want one of %s", want, strings.Join(links, ", ")))
	}
	if s.bin.format != formatELF {
		return note("link", "", want, fmt.Sprintf("link %s says nothing about a %s file; its libraries are checked instead", want, s.bin.format))
	}
	static := want == "static" || want == "static-pie"
	if static && oses[s.want.GOOS].libs {
		return note("link", s.bin.linkKind(), want, fmt.Sprintf("link %s does not exist on %s, where programs always go through the system's libraries", want, s.want.GOOS))
	}
	found, bad := s.bin.linkKind(), s.linkProblem(want)
	if bad != "" {
		return fail("link", found, want, bad+", want "+want)
	}
	return pass("link", found, want, "link is "+found)
}

var links = []string{"static", "static-pie", "dynamic", "pie"}

func (b *binary) linkKind() string {
	switch static := b.interp == "" && len(b.needed) == 0; {
	case static && b.relocates:
		return "static-pie"
	case static:
		return "static"
	case b.relocates:
		return "pie"
	}
	return "dynamic"
}

// linkProblem says why the file is not of the wanted link, empty when it is.
func (s *subject) linkProblem(want string) string {
	b := s.bin
	switch want {
	case "static", "static-pie":
		switch {
		case b.interp != "":
			return "is dynamic: loader " + b.interp
		case len(b.needed) > 0:
			return "is dynamic: needs " + strings.Join(b.needed, ", ")
		case b.relocates && s.build != nil && s.build.settings["CGO_ENABLED"] == "0":
			return "is a static position independent Go program without a libc's start code: nothing relocates it, it crashes"
		case want == "static-pie" && !b.relocates:
			return "is static but not position independent"
		case want == "static-pie" && !b.pieFlag:
			return "is static and position independent, but not marked as a program (DF_1_PIE)"
		}
	case "dynamic", "pie":
		switch {
		case b.interp == "":
			return "is static: no loader"
		case want == "pie" && !b.relocates:
			return "is dynamic but not position independent"
		}
	}
	return ""
}

// checkNeeded lists the needed libraries; they are fit when there is a loader to load them.
func checkNeeded(s *subject) []Finding {
	if s.bin.format != formatELF {
		return nil
	}
	list := strings.Join(s.bin.needed, ", ")
	switch {
	case list == "":
		return pass("needed", "none", "", "needs no library")
	case s.bin.interp == "" && s.bin.kindBad == "":
		return fail("needed", list, "", "needs "+list+", but names no loader that could load them")
	}
	return pass("needed", list, "", "needs "+list)
}

// cpuLevels says what the value of Tag_CPU_arch needs: the number in GOARM, 8 for what no 32-bit variant covers.
var cpuLevels = map[uint64]struct {
	level int
	name  string
}{
	0: {5, "before ARMv4"}, 1: {5, "ARMv4"}, 2: {5, "ARMv4T"}, 3: {5, "ARMv5T"}, 4: {5, "ARMv5TE"}, 5: {5, "ARMv5TEJ"},
	6: {6, "ARMv6"}, 7: {6, "ARMv6KZ"}, 8: {7, "ARMv6T2"}, 9: {6, "ARMv6K"}, 10: {7, "ARMv7"},
	11: {8, "ARMv6-M"}, 12: {8, "ARMv6S-M"}, 13: {8, "ARMv7E-M"}, 14: {8, "ARMv8-A"}, 15: {8, "ARMv8-R"},
}

// armLevels is by short variant: the highest architecture and the highest Tag_FP_arch (2 VFPv2, 3 and 4 VFPv3, 5 and 6
// VFPv4, 7 and 8 ARMv8) that code for it may use.
var armLevels = map[string]struct {
	cpu int
	fp  uint64
}{
	"v5": {5, 0},
	"v6": {6, 2},
	"v7": {7, 6},
}

// x86Levels are the bits of the x86 property from the highest.
var x86Levels = []struct {
	bit   uint32
	level int
}{{8, 4}, {4, 3}, {2, 2}, {1, 1}}

// checkCPU looks at what compilers and linkers recorded about the C code in the file.
func checkCPU(s *subject) []Finding {
	if s.bin.format != formatELF || s.bin.machine != arches[s.want.GOARCH].machine {
		return nil
	}
	row, err := lookupVariant(s.want.GOARCH, s.want.Variant)
	if err != nil {
		return nil // checkVariant and Read say it
	}
	switch s.want.GOARCH {
	case "arm":
		return checkARM(s.bin.elf.arm, row.short)
	case "amd64":
		return checkX86(s.bin.elf.x86, row.value)
	}
	return nil
}

func checkARM(a *armAttributes, variant string) []Finding {
	if a == nil || !a.hasCPU {
		return nil
	}
	limit := armLevels[variant]
	want := "at most ARM" + variant
	cpu, known := cpuLevels[a.cpuArch]
	if !known {
		cpu.level, cpu.name = 8, fmt.Sprintf("Tag_CPU_arch %d", a.cpuArch)
	}
	found := fmt.Sprintf("%s, FP %d", cpu.name, a.fpArch)
	switch {
	case cpu.level > limit.cpu:
		return fail("cpu", found, want, fmt.Sprintf("C code in the file needs %s (.ARM.attributes), want %s", cpu.name, want))
	case a.fpArch > limit.fp:
		return fail("cpu", found, want, fmt.Sprintf("C code in the file needs floating point of Tag_FP_arch %d (.ARM.attributes), want at most %d for ARM%s", a.fpArch, limit.fp, variant))
	}
	return pass("cpu", found, want, fmt.Sprintf("C code in the file needs %s", cpu.name))
}

func checkX86(bits uint32, wanted string) []Finding {
	if bits == 0 {
		return nil
	}
	for _, l := range x86Levels {
		if bits&l.bit == 0 {
			continue
		}
		found := fmt.Sprintf("v%d", l.level)
		if found > wanted {
			return fail("cpu", found, wanted, fmt.Sprintf("code in the file needs x86-64-%s (GNU property note), want at most %s", found, wanted))
		}
		return pass("cpu", found, wanted, "code in the file needs x86-64-"+found)
	}
	return nil
}

// The float ABI bits in e_flags of arm files.
const (
	armHard = 0x400
	armSoft = 0x200
)

// checkFloatABI compares how floats are passed with what the variant and the loader mean.
func checkFloatABI(s *subject) []Finding {
	if s.bin.format != formatELF || s.want.GOARCH != "arm" || s.bin.machine != "arm" {
		return nil
	}
	hard := s.bin.elf.flags&armHard != 0 || s.bin.elf.arm != nil && s.bin.elf.arm.vfpArgs == 1
	row, _ := lookupVariant("arm", s.want.Variant)
	armhf := strings.Contains(s.bin.interp, "armhf")
	switch {
	case hard && row.short == "v5":
		return fail("float-abi", "hard", "soft", "passes floats in registers (hard float), want soft float for linux/arm/v5")
	case hard && s.bin.interp != "" && !armhf:
		return fail("float-abi", "hard", "soft", "passes floats in registers (hard float), but its loader "+s.bin.interp+" is the soft float one")
	case s.bin.elf.flags&armSoft != 0 && armhf:
		return fail("float-abi", "soft", "hard", "passes floats in memory (soft float), but its loader "+s.bin.interp+" is the hard float one")
	case hard:
		return pass("float-abi", "hard", "", "float ABI is hard")
	}
	return pass("float-abi", "soft or unmarked", "", "float ABI is soft or unmarked, as in pure Go files")
}
