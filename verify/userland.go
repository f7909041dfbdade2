package verify

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// userlandPrograms and userlandLibraries are where a distribution has its own files.
var (
	userlandPrograms  = []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin"}
	userlandLibraries = []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/lib/*-linux-*", "/usr/lib/*-linux-*"}
)

// maxUserland bounds how many files of an image are looked at.
const maxUserland = 20000

// Machine says whether the programs that the image has of its own are for the platform of want; where it has none, the libraries.
// Most of them decide: a cross compiler's or another architecture's libraries among them are no fault. Of each file only the
// header is read.
func (r Rootfs) Machine(want Want) []Finding {
	t := tree{r.FS}
	row := arches[want.GOARCH]
	asked := ident{row.machine, row.bits, row.order}
	count := t.countMachines(userlandPrograms)
	if len(count.first) == 0 {
		count = t.countMachines(userlandLibraries)
	}
	most, found := count.most()
	var findings []Finding
	switch {
	case want.GOOS != "linux":
		findings = note("fits-machine", want.GOOS, "", "an image for "+want.GOOS+", whose own programs are not looked at")
	case !found:
		findings = pass("fits-machine", "none", asked.machine, "has no programs of its own")
	case most != asked:
		findings = fail("fits-machine", most.String(), asked.String(), fmt.Sprintf("its own programs are for %s, as %s is, want %s (%d of %d files)",
			most, count.first[most], asked, count.files[most], count.total()))
	default:
		findings = pass("fits-machine", most.String(), asked.String(), fmt.Sprintf("its own programs are for %s (%d of %d files)", most, count.files[most], count.total()))
	}
	for _, rule := range imageRules {
		findings = rule.settle(findings, r.Allow)
	}
	return findings
}

// ident is what an ELF header says of the processor.
type ident struct {
	machine string
	bits    int
	order   string
}

func (i ident) String() string { return fmt.Sprintf("%s, %d-bit, %s", i.machine, i.bits, i.order) }

// machineCount is how many files are for each machine, and the first of them.
type machineCount struct {
	files map[ident]int
	first map[ident]string
}

func (c machineCount) total() (n int) {
	for _, files := range c.files {
		n += files
	}
	return n
}

// most is the machine with the most files, of equals the one whose first file comes first by name.
func (c machineCount) most() (best ident, found bool) {
	for id, n := range c.files {
		if !found || n > c.files[best] || n == c.files[best] && c.first[id] < c.first[best] {
			best, found = id, true
		}
	}
	return best, found
}

// countMachines reads the headers of the regular files in directories, whose last element may be a pattern. A directory that a link
// leads to is read once.
func (t tree) countMachines(patterns []string) machineCount {
	c := machineCount{files: map[ident]int{}, first: map[ident]string{}}
	var seen []string
	left := maxUserland
	for _, pattern := range patterns {
		for _, name := range t.dirs(pattern) {
			real, info, err := t.resolve(name)
			if err != nil || !info.IsDir() || slices.Contains(seen, real) {
				continue
			}
			seen = append(seen, real)
			left = t.countDir(real, left, c)
		}
	}
	return c
}

// dirs is the pattern itself, or all that match it.
func (t tree) dirs(pattern string) []string {
	if strings.Contains(pattern, "*") {
		return t.glob(pattern)
	}
	return []string{pattern}
}

func (t tree) countDir(dir string, left int, c machineCount) int {
	entries, err := t.fs.ReadDir(relative(dir))
	if err != nil {
		return left
	}
	for _, e := range entries {
		if left == 0 {
			return 0
		}
		if e.Type() != 0 { // links lead to what is counted where it is
			continue
		}
		left--
		name := path.Join(dir, e.Name())
		if id, ok := t.ident(name); ok {
			c.files[id]++
			if c.first[id] == "" {
				c.first[id] = name
			}
		}
	}
	return left
}

// identSize is what the header of ELF files begins with in both classes: e_ident, e_type, e_machine.
const identSize = 20

// ident reads the first bytes of a file.
func (t tree) ident(name string) (ident, bool) {
	f, err := t.fs.Open(relative(name))
	if err != nil {
		return ident{}, false
	}
	defer f.Close()
	return readIdent(f)
}

func readIdent(f fs.File) (ident, bool) {
	var head [identSize]byte
	if n, _ := f.Read(head[:]); n < identSize || string(head[:4]) != elf.ELFMAG {
		return ident{}, false
	}
	id := ident{bits: 32, order: little}
	if elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS64 {
		id.bits = 64
	}
	machine := elf.Machine(uint16(head[18]) | uint16(head[19])<<8)
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		id.order, machine = big, elf.Machine(uint16(head[19])|uint16(head[18])<<8)
	}
	if id.machine = elfMachines[machine]; id.machine == "" {
		id.machine = machine.String()
	}
	return id, true
}
