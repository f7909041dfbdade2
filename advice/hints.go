package advice

import (
	"regexp"
	"slices"

	"github.com/crossgo/crossgo/plan"
)

// hint explains a text of a compiler or linker that does not say what to do.
type hint struct {
	pattern *regexp.Regexp
	text    string // ${1} is the first group
}

var hintTable = []hint{
	{regexp.MustCompile(`fatal error: '([^']+)' file not found`), "no header ${1} in the sysroot: name the Debian -dev package that has it under packages:"},
	{regexp.MustCompile(`Package ([^ ,]+) was not found in the pkg-config search path`), "pkg-config does not know ${1} for the target: name the Debian -dev package that has it under packages:"},
	{regexp.MustCompile(`Package '([^']+)'.* not found`), "pkg-config does not know ${1} for the target: name the Debian -dev package that has it under packages:"},
	{regexp.MustCompile(`unable to find library -l(\S+)`), "no library ${1} in the sysroot: name the Debian -dev package that has it under packages: (for link: static it must carry a .a file)"},
	{regexp.MustCompile(`attempted static link of dynamic object ([^\s]+)`), "${1} is a shared library: link: static needs a package with a .a file"},
	{regexp.MustCompile(`undefined symbol: (__\w+_chk|\w+64|_dl_\w+|__isoc23_\w+|gnu_\w+)\b`), "${1} is glibc's: a Debian package was linked into a musl program and needs more of glibc than crossgo has for musl: use libc: glibc"},
	{regexp.MustCompile(`([^\s/]+)(?: failed)?: signal: killed`), "${1} was killed, most likely for want of memory: " + plan.MoreMemory}, // by go and by cmd/link
	{regexp.MustCompile(`([^\s/]+): error: unable to execute command: Killed`), "a program that ${1} ran was killed, most likely for want of memory: " + plan.MoreMemory},
	{regexp.MustCompile(`(?:updates to go\.mod needed|missing go\.sum entry)`), "the module files are not complete: run go mod tidy and commit go.mod and go.sum"},
	{regexp.MustCompile(`invalid flag in #cgo \w+: (\S+)`), "the go command does not let the flag ${1} through from source code, and a spec cannot allow it: name the archive or object files " +
		"themselves in the LDFLAGS, or take a version of the module that does without"},
	{regexp.MustCompile(`error: (?:call to undeclared function '(\w+)'|incompatible (?:function )?pointer types|incompatible pointer to integer conversion|type specifier missing)`),
		"this is an error since clang 16 and GCC 14, and was a warning before: take a newer version of the module, or in code of your own fix it or say " +
			"#cgo CFLAGS: -Wno-error=implicit-function-declaration -Wno-error=incompatible-function-pointer-types"},
}

// most is how many hints one text gets.
const most = 8

// Hints are the explanations for a text of a compiler or linker, each once, in the order of the table.
func Hints(text string) []string {
	var list []string
	for _, h := range hintTable {
		for _, m := range h.pattern.FindAllStringSubmatchIndex(text, -1) {
			say := string(h.pattern.ExpandString(nil, h.text, text, m))
			if len(list) < most && !slices.Contains(list, say) {
				list = append(list, say)
			}
		}
	}
	return list
}

// With is a text with its hints below it.
func With(text string, hints []string) string {
	for _, h := range hints {
		text += "\nhint: " + h
	}
	return text
}
