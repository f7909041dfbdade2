package verify

import (
	"debug/elf"
	"fmt"
	"path"
	"slices"
	"strings"
)

// checkExecStack reads what the file asks of the kernel for its stack.
func checkExecStack(s *subject) []Finding {
	if !s.onLinux() {
		return nil
	}
	stack, there := s.bin.elf.segmentOf(elf.PT_GNU_STACK)
	switch {
	case !there:
		return fail("exec-stack", "not said", "no", "does not say that its stack holds no code (no PT_GNU_STACK), which on some processors and kernels makes it, and all data, executable")
	case stack.Flags&elf.PF_X != 0:
		return fail("exec-stack", "yes", "no", "asks for an executable stack: what overflows a buffer can be run")
	}
	return pass("exec-stack", "no", "no", "its stack is not executable")
}

// checkWritableCode finds segments that are both written and run.
func checkWritableCode(s *subject) []Finding {
	if !s.onLinux() {
		return nil
	}
	for i, p := range s.bin.elf.loads() {
		if p.Flags&elf.PF_W != 0 && p.Flags&elf.PF_X != 0 {
			return fail("writable-code", "yes", "no", fmt.Sprintf("segment %d at %#x is writable and executable", i, p.Vaddr))
		}
	}
	return pass("writable-code", "no", "no", "no segment is both writable and executable")
}

// checkTextRelocations: only files with a dynamic section have any.
func checkTextRelocations(s *subject) []Finding {
	switch {
	case !s.onLinux() || !s.bin.hasDyn:
		return nil
	case s.bin.elf.dynamic.textRelocations:
		return fail("text-relocations", "yes", "no", "relocations change its code (DT_TEXTREL): every process has a copy of its own, writable while it is loaded")
	}
	return pass("text-relocations", "no", "no", "no relocation changes its code")
}

// The protection of tables that are only written while a program is loaded.
const (
	relroNone    = "none"
	relroPartial = "partial"
	relroFull    = "full"
)

// relro is how far those tables are made read-only: not at all, without the addresses of functions that are looked up at their first
// call, or all of them.
func (b *binary) relro() string {
	d := b.elf.dynamic
	_, there := b.elf.segmentOf(elf.PT_GNU_RELRO)
	switch {
	case !there:
		return relroNone
	case d.lazy && !d.bindNow:
		return relroPartial
	}
	return relroFull
}

// checkRelro asks it of files that are relocated when they start. Others, as Go's own linker makes them, have no such tables.
func checkRelro(s *subject) []Finding {
	if !s.onLinux() || s.bin.interp == "" && !s.bin.relocates {
		return nil
	}
	const want = "partial or full"
	switch found := s.bin.relro(); found {
	case relroNone:
		return fail("relro", found, want, "its tables of addresses stay writable after the start (no PT_GNU_RELRO)")
	case relroPartial:
		return pass("relro", found, want, "RELRO is partial: the addresses of imported functions stay writable (-z now makes it full)")
	default:
		return pass("relro", found, want, "RELRO is full")
	}
}

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

// buildFolders are where builds happen or where everybody may write: what is looked for there at run time is missing, or somebody else's.
var buildFolders = []string{"/tmp", "/var/tmp", "/dev/shm", "/home", "/root", "/build", "/builds", "/src", "/usr/src", "/go", "/github", "/workspace", "/workspaces",
	"/nix", "/gnu", "/sysroot", "/link", "/modules", "/toolchain", "/out"}

// checkRpath looks at the folders in which the loader is told to look first.
func checkRpath(s *subject) []Finding {
	if !s.onLinux() {
		return nil
	}
	d := s.bin.elf.dynamic
	all := slices.Concat(d.rpath, d.runpath)
	if len(all) == 0 {
		return nil
	}
	var bad []string
	for _, dir := range all {
		if why := rpathProblem(dir); why != "" {
			bad = append(bad, fmt.Sprintf("%q, %s", dir, why))
		}
	}
	list := strings.Join(all, ":")
	if len(bad) > 0 {
		return fail("rpath", list, "folders of the system, or $ORIGIN", "libraries are looked for in "+strings.Join(bad, "; in "))
	}
	return pass("rpath", list, "", "libraries are looked for in "+strings.Join(all, ", ")+" first")
}

// rpathProblem says what is wrong with one folder, nothing when it is fit. $ORIGIN is the folder of the file itself.
func rpathProblem(dir string) string {
	head, _, _ := strings.Cut(dir, "/")
	switch {
	case dir == "":
		return "which is the working directory"
	case head == "$ORIGIN" || head == "${ORIGIN}":
		return ""
	case !path.IsAbs(dir):
		return "which is relative to the working directory"
	}
	clean := path.Clean(dir)
	for _, folder := range buildFolders {
		if clean == folder || strings.HasPrefix(clean, folder+"/") {
			return "which is a folder of the build or one that others may write to"
		}
	}
	return ""
}
