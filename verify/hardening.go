package verify

import (
	"debug/elf"
	"fmt"
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
