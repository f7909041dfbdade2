package size

import (
	"slices"
	"strings"
)

// span is a part of memory.
type span struct{ from, to uint64 }

// spans are the parts of memory that Go's linker marks as its own; what lies elsewhere is C's (cmd/link/internal/ld/data.go).
var spans = []struct{ from, to string }{
	{"runtime.rodata", "runtime.erodata"}, {"runtime.types", "runtime.etypes"}, {"runtime.noptrdata", "runtime.enoptrdata"}, {"runtime.data", "runtime.edata"},
}

// data counts variables and constants that have a name, by package. Code is not looked at: the function table has it. It reports
// whether there are symbols that tell their sizes: those of ELF do. Up to the next symbol there may be much that has no name.
func (img *image) data(sum totals) bool {
	if img.symbols == nil {
		return false
	}
	own, sized := img.goSpans()
	found, known := totals{}, int64(0)
	img.symbols(func(s symbol) {
		if s.size > 0 && img.counts(s) && s.size <= img.sections[s.sect].size && known <= img.bytes(Data) {
			known += s.size
			found.add(owner(s, own), s.size, 0)
		}
	})
	if known <= img.bytes(Data) { // else they lie over each other, and no sum says anything
		sum.join(found)
	}
	return sized
}

// owner is the package of a variable.
func owner(s symbol, own []span) []byte {
	switch {
	case !slices.ContainsFunc(own, func(p span) bool { return s.addr >= p.from && s.addr < p.to }):
		return []byte(Foreign)
	case slices.Contains(tables, string(s.name)):
		return []byte(Shared)
	}
	return packageOf(s.name)
}

// counts reports whether the symbol is of a section with data in the file.
func (img *image) counts(s symbol) bool {
	return s.sect >= 0 && s.sect < len(img.sections) && img.sections[s.sect].kind == Data && img.sections[s.sect].size > 0
}

// goSpans are the parts of memory that are Go's, and whether symbols tell their sizes.
func (img *image) goSpans() (own []span, sized bool) {
	at := map[string]uint64{}
	img.symbols(func(s symbol) {
		sized = sized || s.size > 0
		if strings.HasPrefix(string(s.name), "runtime.") {
			for _, p := range spans {
				if string(s.name) == p.from || string(s.name) == p.to {
					at[string(s.name)] = s.addr
				}
			}
		}
	})
	for _, p := range spans {
		if at[p.to] > at[p.from] {
			own = append(own, span{at[p.from], at[p.to]})
		}
	}
	return own, sized
}
