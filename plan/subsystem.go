package plan

import "github.com/crossgo/crossgo/spec"

// plainSettings are settings of Go that change programs and that no spec has a key for: none may come from the Go distribution or
// from an environment.
var plainSettings = map[string]string{"-gcflags": "", "GOEXPERIMENT": "", "GOFIPS140": ""}

// subsystem is whether Windows opens a console for the program: the Go linker's -H=windowsgui makes one that has none (go tool
// link -h). Empty for other systems.
func subsystem(in Input, b binary) string {
	if in.Target.OS != "windows" {
		return ""
	}
	words, err := in.File.Binaries[b.entry].LinkerWords(variables(in))
	if err == nil && spec.LinkerSettings(words)["H"] == "windowsgui" {
		return "gui"
	}
	return "console"
}
