package verify

import (
	"debug/elf"
	"fmt"
	"slices"
)

// loads are the segments that are put into memory, in the order of the file.
func (e *elfFacts) loads() []elf.ProgHeader {
	var list []elf.ProgHeader
	for _, p := range e.progs {
		if p.Type == elf.PT_LOAD {
			list = append(list, p)
		}
	}
	return list
}

// segmentOf is the first segment of a type.
func (e *elfFacts) segmentOf(kind elf.ProgType) (elf.ProgHeader, bool) {
	i := slices.IndexFunc(e.progs, func(p elf.ProgHeader) bool { return p.Type == kind })
	if i < 0 {
		return elf.ProgHeader{}, false
	}
	return e.progs[i], true
}

// isLibrary: a shared object that is no program.
func (b *binary) isLibrary() bool { return b.kind == kindShared }

// startable reports whether the file is a program or a library, not an object file or a core dump.
func (b *binary) startable() bool {
	return b.format == formatELF && (b.kindBad == "" || b.isLibrary())
}

// onLinux reports whether a program or library was asked for that Linux's own kernel starts.
func (s *subject) onLinux() bool {
	return s.bin.startable() && (s.want.GOOS == "linux" || s.want.GOOS == "android")
}

// lowestAddress is where a kernel lets programs begin: vm.mmap_min_addr, 64 KiB wherever Linux's own default is kept.
const lowestAddress = 1 << 16

// checkStart looks at how the kernel puts the file into memory, and at who relocates it.
func checkStart(s *subject) []Finding {
	if !s.onLinux() {
		return nil
	}
	if bad := layoutProblem(s.bin.elf.loads(), s.bin.relocates); bad != "" {
		return fail("start", bad, "", bad)
	}
	if s.bin.isLibrary() || s.bin.interp != "" || !s.bin.relocates || s.bin.elf.dynamic.relocations == 0 {
		return pass("start", fmt.Sprintf("%#x", s.bin.elf.entry), "", fmt.Sprintf("its segments can be loaded and it starts at %#x", s.bin.elf.entry))
	}
	return s.checkRelocator()
}

// layoutProblem says why the kernel refuses the segments or puts them over each other (load_elf_binary in fs/binfmt_elf.c).
func layoutProblem(loads []elf.ProgHeader, relocates bool) string {
	if len(loads) == 0 {
		return "has nothing to load: no PT_LOAD segment"
	}
	if first := loads[0].Vaddr; !relocates && first < lowestAddress {
		return fmt.Sprintf("wants to be loaded at address %#x, below the %#x where the kernel lets programs begin", first, lowestAddress)
	}
	for i, p := range loads {
		end := p.Vaddr + p.Memsz
		switch {
		case p.Filesz > p.Memsz:
			return fmt.Sprintf("segment %d has more bytes in the file (%d) than in memory (%d)", i, p.Filesz, p.Memsz)
		case end < p.Vaddr:
			return fmt.Sprintf("segment %d goes beyond the last address", i)
		case i+1 < len(loads) && loads[i+1].Vaddr < p.Vaddr:
			return fmt.Sprintf("segments %d and %d are not in the order of their addresses", i, i+1)
		case i+1 < len(loads) && loads[i+1].Vaddr < end:
			return fmt.Sprintf("segments %d and %d lie over each other at %#x", i, i+1, loads[i+1].Vaddr)
		}
	}
	return ""
}

// relocators are the functions that relocate a static position independent program before anything else runs: glibc's, which crt1.o
// brings as an empty one, and the second stage of musl's rcrt1.o, which crt1.o does not have.
var relocators = []string{"_dl_relocate_static_pie", "__dls2"}

// localMark is a local symbol that linkers put into every such file: where strip -x took it away, it took those of relocators as well.
const localMark = "_DYNAMIC"

// emptyFunction is more bytes than a function has that does nothing, with whatever the compiler puts around it.
const emptyFunction = 64

// checkRelocator: in a static program nobody but its own start code applies relocations.
func (s *subject) checkRelocator() []Finding {
	n := s.bin.elf.dynamic.relocations
	for _, name := range relocators {
		f, there := s.bin.elf.symbols[name]
		switch {
		case there && name == relocators[0] && f.size < emptyFunction:
			return fail("start", name+" is empty", "", fmt.Sprintf("needs %d relocations at its start, and its %s does nothing: "+
				"it was linked with the start code of a program at a fixed address, and crashes", n, name))
		case there:
			return pass("start", name, "", fmt.Sprintf("its segments can be loaded, and %s applies its %d relocations", name, n))
		}
	}
	if _, there := s.bin.elf.symbols[localMark]; !there {
		return note("start", "unknown", "", fmt.Sprintf("needs %d relocations at its start; that its own start code applies them cannot be known of a stripped file", n))
	}
	return fail("start", "no relocator", "", fmt.Sprintf("needs %d relocations at its start, and has neither a loader nor start code that applies them (rcrt1.o's): it crashes", n))
}

// pageSizes are the largest pages that kernels of an architecture are built with (PAGE_SIZE choices in arch/*/Kconfig); 4 KiB for others.
var pageSizes = map[string]uint64{
	"arm64": 64 << 10, "loong64": 64 << 10, "mips": 64 << 10, "mipsle": 64 << 10, "mips64": 64 << 10, "mips64le": 64 << 10,
	"ppc64": 64 << 10, "ppc64le": 64 << 10,
}

const smallPage = 4 << 10

// checkPageSize: segments are mapped a page at a time, so file and memory must agree within a page, and no page can have two rights.
func checkPageSize(s *subject) []Finding {
	if !s.onLinux() || len(s.bin.elf.loads()) == 0 {
		return nil
	}
	largest := max(pageSizes[s.want.GOARCH], smallPage)
	want := fmt.Sprintf("pages of %d KiB", largest>>10)
	for page := uint64(smallPage); page <= largest; page *= 4 { // the kernels' choices: 4, 16 and 64 KiB
		if bad := pageProblem(s.bin.elf.loads(), page); bad != "" {
			return fail("page-size", bad, want, fmt.Sprintf("cannot be loaded with pages of %d KiB: %s, want %s (linker: -z max-page-size=%d)", page>>10, bad, want, largest))
		}
	}
	return pass("page-size", want, want, fmt.Sprintf("can be loaded with pages of up to %d KiB", largest>>10))
}

// pageProblem finds what cannot be mapped with pages of one size.
func pageProblem(loads []elf.ProgHeader, page uint64) string {
	for i, p := range loads {
		if p.Filesz > 0 && (p.Vaddr-p.Off)%page != 0 {
			return fmt.Sprintf("segment %d is at %#x in the file and at %#x in memory", i, p.Off, p.Vaddr)
		}
		if i == 0 {
			continue
		}
		before := loads[i-1]
		same := before.Flags == p.Flags && before.Vaddr-before.Off == p.Vaddr-p.Off
		if last := before.Vaddr + before.Memsz - 1; before.Memsz > 0 && p.Memsz > 0 && !same && last/page == p.Vaddr/page {
			return fmt.Sprintf("segments %d and %d share the page at %#x", i-1, i, p.Vaddr/page*page)
		}
	}
	return ""
}
