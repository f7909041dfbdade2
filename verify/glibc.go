package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// versionNumbers splits "2.31" or "2.2.5" into numbers; ok is false for anything else.
func versionNumbers(s string) (numbers []int, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return nil, false
	}
	for _, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, int(n))
	}
	return numbers, true
}

// CompareGlibc compares two glibc versions ("2.9" is below "2.31") as cmp.Compare does; ok is false when one is no version.
func CompareGlibc(a, b string) (order int, ok bool) {
	left, okLeft := versionNumbers(a)
	right, okRight := versionNumbers(b)
	return slices.Compare(left, right), okLeft && okRight
}

// glibcMarks are symbol versions that stand for a feature: the first glibc that has it (glibc NEWS).
var glibcMarks = map[string]string{
	"ABI_DT_RELR": "2.36",
}

// glibcVersions is the highest GLIBC_ version among the needed symbol versions ("2.34", empty without any) and the names
// that are no version (GLIBC_PRIVATE), in file order.
func (e *elfFacts) glibcVersions() (highest string, odd []string) {
	for _, need := range e.dynamic.needs {
		for _, name := range need.names {
			version, ok := strings.CutPrefix(name, "GLIBC_")
			if !ok {
				continue
			}
			if mark, ok := glibcMarks[version]; ok {
				version = mark
			}
			if _, ok := versionNumbers(version); !ok {
				odd = append(odd, name)
				continue
			}
			if order, _ := CompareGlibc(version, highest); highest == "" || order > 0 {
				highest = version
			}
		}
	}
	return highest, odd
}

// otherVersions is the highest version of the C++ and gcc libraries' symbols, for people to read.
func (e *elfFacts) otherVersions() []string {
	best := map[string]string{}
	for _, need := range e.dynamic.needs {
		for _, name := range need.names {
			prefix, version, _ := strings.Cut(name, "_")
			if order, ok := CompareGlibc(version, best[prefix]); prefix != "GLIBC" && (best[prefix] == "" || ok && order > 0) {
				best[prefix] = version
			}
		}
	}
	var names []string
	for prefix, version := range best {
		if _, ok := versionNumbers(version); ok {
			names = append(names, prefix+"_"+version)
		}
	}
	slices.Sort(names)
	return names
}

// symbolsAbove names the undefined symbols whose version is above the floor, as "name@GLIBC_2.34".
func (e *elfFacts) symbolsAbove(floor string) []string {
	var names []string
	for _, sym := range e.imported {
		version, ok := strings.CutPrefix(sym.Version, "GLIBC_")
		if order, isVersion := CompareGlibc(version, floor); ok && isVersion && order > 0 {
			names = append(names, sym.Name+"@"+sym.Version)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// maxNamed is how many symbols a message names.
const maxNamed = 8

// shorten joins a list and says how many it left out.
func shorten(names []string) string {
	if len(names) <= maxNamed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
}

// checkGlibcFloor compares the symbol versions a dynamic file needs with the floor, and always says what it requires.
func checkGlibcFloor(s *subject) []Finding {
	if s.bin.format != formatELF || s.want.GOOS != "linux" {
		return nil
	}
	floor := s.want.GlibcFloor
	if _, ok := versionNumbers(floor); floor != "" && !ok {
		return fail("glibc-floor", floor, "", fmt.Sprintf("glibc floor %q is no version, want one like 2.31", floor))
	}
	if s.bin.interp == "" && len(s.bin.needed) == 0 {
		if floor == "" {
			return nil
		}
		return pass("glibc-floor", "static", floor, "static: needs no glibc at all")
	}
	if libcOfLoader(s.bin.interp) == musl {
		if floor == "" {
			return nil
		}
		return fail("glibc-floor", musl, floor, "is for musl and does not run on glibc "+floor)
	}
	return s.compareFloor(floor)
}

func (s *subject) compareFloor(floor string) []Finding {
	highest, odd := s.bin.elf.glibcVersions()
	text := "requires no particular glibc"
	if highest != "" {
		text = strings.Join(append([]string{"requires glibc " + highest}, s.bin.elf.otherVersions()...), ", ")
	}
	if floor == "" {
		return pass("glibc-floor", highest, "", text)
	}
	if len(odd) > 0 {
		return fail("glibc-floor", shorten(odd), floor, fmt.Sprintf("needs %s, which promises nothing about other glibc versions, want at most %s", shorten(odd), floor))
	}
	if order, _ := CompareGlibc(highest, floor); highest != "" && order > 0 {
		if above := s.bin.elf.symbolsAbove(floor); len(above) > 0 {
			text += " for " + shorten(above)
		}
		return fail("glibc-floor", highest, floor, text+", want at most "+floor)
	}
	return pass("glibc-floor", highest, floor, text)
}
