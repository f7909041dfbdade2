package verify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// symbolFamilies are the prefixes of symbol versions that stand for releases of gcc's libraries.
var symbolFamilies = []string{"CXXABI", "GCC", "GLIBCXX"}

// checkSymbolFloors compares what is needed of libstdc++ and libgcc_s with the newest version allowed of each.
func checkSymbolFloors(s *subject) []Finding {
	if s.bin.format != formatELF {
		return nil
	}
	var found []Finding
	for _, family := range slices.Sorted(maps.Keys(s.want.SymbolFloors)) {
		floor := s.want.SymbolFloors[family]
		if _, ok := versionNumbers(floor); !ok || !slices.Contains(symbolFamilies, family) {
			found = append(found, fail("symbol-floors", family+"_"+floor, "", fmt.Sprintf("floor %s_%s is none, want a version of one of %s", family, floor, strings.Join(symbolFamilies, ", ")))...)
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, family := range symbolFamilies {
		found = append(found, s.compareFamily(family)...)
	}
	return found
}

// compareFamily says nothing of a family that is neither needed nor asked about.
func (s *subject) compareFamily(family string) []Finding {
	highest, above := s.bin.elf.familyVersions(family, s.want.SymbolFloors[family])
	floor := s.want.SymbolFloors[family]
	want := ""
	if floor != "" {
		want = family + "_" + floor
	}
	switch {
	case highest == "" && floor == "":
		return nil
	case highest == "":
		return pass("symbol-floors", "none", want, "needs no version of "+family)
	case len(above) > 0:
		return fail("symbol-floors", shorten(above), want, fmt.Sprintf("needs %s, want at most %s", shorten(above), want))
	}
	return pass("symbol-floors", family+"_"+highest, want, fmt.Sprintf("needs %s_%s", family, highest))
}

// familyVersions is the highest version needed of a family ("3.4.29"), and with a floor what is above it, as "GLIBCXX_3.4.29 of libstdc++.so.6".
func (e *elfFacts) familyVersions(family, floor string) (highest string, above []string) {
	for _, need := range e.dynamic.needs {
		for _, name := range need.names {
			version, ok := strings.CutPrefix(name, family+"_")
			if _, isVersion := versionNumbers(version); !ok || !isVersion {
				continue
			}
			if order, _ := CompareGlibc(version, highest); highest == "" || order > 0 {
				highest = version
			}
			if order, _ := CompareGlibc(version, floor); floor != "" && order > 0 {
				above = append(above, name+" of "+need.library)
			}
		}
	}
	slices.Sort(above)
	return highest, above
}

// goKernels are the oldest Linux kernels that Go's runtime starts on, by the release that brought the limit (Go's release notes).
var goKernels = []struct{ since, kernel string }{{"1.24", "3.2"}, {"1.18", "2.6.32"}, {"1.10", "2.6.23"}}

// goKernel is the oldest kernel of a Go version ("go1.26.8"), empty when it is not known.
func goKernel(version string) string {
	numbers := strings.SplitN(strings.TrimPrefix(version, "go"), ".", 3)
	if len(numbers) < 2 {
		return ""
	}
	minor := strings.FieldsFunc(numbers[1], func(c rune) bool { return c < '0' || c > '9' })
	if len(minor) == 0 || !strings.HasPrefix(numbers[1], minor[0]) {
		return ""
	}
	for _, row := range goKernels {
		if order, ok := CompareGlibc(numbers[0]+"."+minor[0], row.since); ok && order >= 0 {
			return row.kernel
		}
	}
	return ""
}

// kernelText writes the three numbers of the ABI note as a version.
func kernelText(major, minor, sub uint32) string {
	return fmt.Sprintf("%d.%d.%d", major, minor, sub)
}

// checkKernelFloor: glibc's start files name the oldest kernel that they know how to live with, and end the program on an older one. Go
// names none, but has one; musl has none.
func checkKernelFloor(s *subject) []Finding {
	if !s.onLinux() || s.want.GOOS != "linux" {
		return nil
	}
	floor := s.want.KernelFloor
	if _, ok := versionNumbers(floor); floor != "" && !ok {
		return fail("kernel-floor", floor, "", "kernel floor "+strconv.Quote(floor)+" is no version, want one like 4.18")
	}
	needed, why := s.bin.elf.kernel, "ABI note"
	if s.build != nil {
		if of := goKernel(s.build.goVersion); of != "" && !kernelAtLeast(needed, of) {
			needed, why = of, s.build.goVersion
		}
	}
	switch {
	case needed == "" && floor == "":
		return nil
	case needed == "":
		return note("kernel-floor", "unknown", floor, "nothing in the file names the oldest kernel, want "+floor)
	case floor != "" && !kernelAtLeast(floor, needed):
		return fail("kernel-floor", needed, floor, fmt.Sprintf("needs Linux %s (%s), want at most %s", needed, why, floor))
	}
	return pass("kernel-floor", needed, floor, fmt.Sprintf("needs Linux %s (%s)", needed, why))
}

// kernelAtLeast compares two kernel versions number by number: "3.2" is at least "3.2.0".
func kernelAtLeast(version, least string) bool {
	a, ok := versionNumbers(version)
	if !ok {
		return false
	}
	b, _ := versionNumbers(least)
	for len(a) < len(b) {
		a = append(a, 0)
	}
	for len(b) < len(a) {
		b = append(b, 0)
	}
	return slices.Compare(a, b) >= 0
}
