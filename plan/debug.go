package plan

import (
	"slices"
	"strings"
)

// debugFlag is what C code is compiled with for debuggers: what Go's own default has, or nothing when every program with C of a
// platform leaves debug information out at the link. It is most of what a compiled C package is made of.
func debugFlag(in Input, all []binary) string {
	kept := slices.ContainsFunc(all, func(b binary) bool { return b.cgo && !stripped(in, b) })
	if kept {
		return "-g"
	}
	return "-g0"
}

// stripped reports whether the Go linker is told to leave debug information out: -s or -w (go tool link -h). Words that cannot be
// read are an error of ldflags.
func stripped(in Input, b binary) bool {
	words, err := in.File.Binaries[b.entry].LinkerWords(variables(in))
	if err != nil {
		return false
	}
	told := map[string]bool{} // what -s and -w are set to
	value := false            // the word is the value of the flag before it
	for _, word := range words {
		name, set, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case value:
			value = false
		case name == "s" || name == "w":
			told[name] = !given || set == "true" || set == "1"
		case name == "X" && !given:
			value = true
		}
	}
	if w, ok := told["w"]; ok { // -s alone means -w too
		return w
	}
	return told["s"]
}
