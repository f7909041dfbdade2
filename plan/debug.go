package plan

import (
	"slices"

	"github.com/crossgo/crossgo/spec"
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
	set := spec.LinkerSettings(words)
	if w, told := set["w"]; told { // -s alone means -w too
		return on(w)
	}
	return on(set["s"])
}

// strip is what the Go linker leaves out of the file, in the words of verify.Want. -s with -w=false depends on who links: nothing is asked.
func strip(in Input, b binary) string {
	words, err := in.File.Binaries[b.entry].LinkerWords(variables(in))
	if err != nil {
		return ""
	}
	set := spec.LinkerSettings(words)
	names := on(set["s"])
	switch debug := stripped(in, b); {
	case names && debug:
		return "all"
	case names:
		return ""
	case debug:
		return "debug"
	}
	return "none"
}

// on reports whether a flag without a value of its own is set.
func on(value string) bool { return value == "true" || value == "1" }
