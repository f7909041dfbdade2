package step

import (
	"fmt"
	"regexp"

	"github.com/crossgo/crossgo/plan"
)

// hint explains a text of a compiler or linker that does not say what to do.
type hint struct {
	pattern *regexp.Regexp
	text    string // %s is the first group
}

var hintTable = []hint{
	{regexp.MustCompile(`fatal error: '([^']+)' file not found`), "no header %s in the sysroot: name the Debian -dev package that has it under packages:"},
	{regexp.MustCompile(`Package ([^ ,]+) was not found in the pkg-config search path`), "pkg-config does not know %s for the target: name the Debian -dev package that has it under packages:"},
	{regexp.MustCompile(`Package '([^']+)'.* not found`), "pkg-config does not know %s for the target: name the Debian -dev package that has it under packages:"},
	{regexp.MustCompile(`unable to find library -l(\S+)`), "no library %s in the sysroot: name the Debian -dev package that has it under packages: (for link: static it must carry a .a file)"},
	{regexp.MustCompile(`attempted static link of dynamic object ([^\s]+)`), "%s is a shared library: link: static needs a package with a .a file"},
	{regexp.MustCompile(`undefined symbol: (__\w+_chk|\w+64|_dl_\w+|__isoc23_\w+|gnu_\w+)\b`), "%s is glibc's: a Debian package was linked into a musl program and needs more than crossgo can lend it: use libc: glibc"},
	{regexp.MustCompile(`([^\s/]+)(?: failed)?: signal: killed`), "%s was killed, most likely for want of memory: " + plan.MoreMemory}, // by go and by cmd/link
	{regexp.MustCompile(`([^\s/]+): error: unable to execute command: Killed`), "a program that %s ran was killed, most likely for want of memory: " + plan.MoreMemory},
	{regexp.MustCompile(`(?:updates to go\.mod needed|missing go\.sum entry)()`), "the module files are not complete: run go mod tidy and commit go.mod and go.sum%s"},
}

// hints are the explanations for a text, each once, in the order of the table.
func hints(text string) []string {
	var list []string
	for _, h := range hintTable {
		if m := h.pattern.FindStringSubmatch(text); m != nil {
			list = append(list, fmt.Sprintf(h.text, m[1]))
		}
	}
	return list
}
