package verify

import "fmt"

// strips are the words of Want.Strip, and what they ask for.
var strips = map[string]struct {
	symbols, debug bool
	text           string
}{
	"all":   {false, false, "neither symbol table nor debug information"},
	"debug": {true, false, "a symbol table and no debug information"},
	"none":  {true, true, "symbol table and debug information"},
}

// checkStripped compares what is left of symbols and debug information with what was asked for.
func checkStripped(s *subject) []Finding {
	if s.bin.format != formatELF || s.want.Strip == "" {
		return nil
	}
	want, known := strips[s.want.Strip]
	if !known {
		return fail("stripped", s.want.Strip, "all, debug or none", fmt.Sprintf("strip %q was asked for, want all, debug or none", s.want.Strip))
	}
	e := s.bin.elf
	found := map[bool]string{true: "a symbol table", false: "no symbol table"}[e.hasSymbols] + map[bool]string{true: " and debug information", false: " and no debug information"}[e.hasDebug]
	if e.hasSymbols == want.symbols && e.hasDebug == want.debug {
		return pass("stripped", found, want.text, "has "+found)
	}
	return fail("stripped", found, want.text, fmt.Sprintf("has %s, want %s", found, want.text))
}
