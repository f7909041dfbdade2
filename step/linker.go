package step

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/crossgo/crossgo/plan"
)

// clangAccepts are flags that the host toolchain's clang and lld take on every linux target. Before a link cmd/link asks
// about each of them by compiling and linking a program with it (linkerFlagSupported in cmd/link/internal/ld/lib.go),
// which together lasts longer than the link. Whatever is not listed here is really asked.
var clangAccepts = []string{
	"-no-pie",
	"-Qunused-arguments",
	"-Wl,--build-id=0x1234567890abcdef",
	"-Wl,--compress-debug-sections=zlib",
	"-Wl,--export-dynamic-symbol=main",
}

// linker runs when a build step starts this program by a name in plan.PathLink, which is what the Go linker is told to
// link with: the compiler of the same name does the work, or a question of the Go linker is answered. Static libraries are packed by
// this program itself. It returns an exit code, unless the compiler took this program's place.
func linker(args []string) int {
	if filepath.Base(args[0]) == "ar" {
		return archiveMain(args[1:])
	}
	if slices.Contains(clangAccepts, question(args)) {
		return 0
	}
	program := filepath.Join(plan.PathHostUsr, "bin", filepath.Base(args[0]))
	err := syscall.Exec(program, append([]string{program}, recordLink(args[1:], plan.PathLinks)...), os.Environ())
	fmt.Fprintf(os.Stderr, "%s: %v\n", program, err)
	return 1
}

// isLinker reports whether this program was started as the linker: its own name, os.Args[0], says so.
func isLinker(name string) bool { return filepath.Dir(name) == plan.PathLink }

// question is the flag that the Go linker asks about; empty when args are a link. A question ends with the place of the
// output, the flag and the program to try it with.
func question(args []string) string {
	if n := len(args); n >= 5 && args[n-4] == "-o" && filepath.Base(args[n-1]) == "trivial.c" {
		return args[n-2]
	}
	return ""
}
