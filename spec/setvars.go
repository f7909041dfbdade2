package spec

import "strings"

// SetVariable is a variable that the entry's ldflags set by -X.
type SetVariable struct {
	Package string // import path, or main
	Name    string
	Element int // index into LDFlags
}

// SetVariables are the variables that the entry's ldflags set, in their order, with every ${NAME} replaced from vars. The linker
// takes what stands before the last dot for the package (addstrdata1 in cmd/link/internal/ld).
func (b *Binary) SetVariables(vars map[string]string) []SetVariable {
	var list []SetVariable
	open := false // the next word is the value of -X
	for i, element := range b.LDFlags {
		words, _ := SplitFlags(element.V) // Parse has refused what cannot be split
		for _, w := range words {
			value, given := strings.CutPrefix(strings.TrimPrefix(w, "-"), "-X=")
			if !given {
				value, given = strings.CutPrefix(w, "-X=")
			}
			switch {
			case open:
				value = w
			case !given:
				open = w == "-X" || w == "--X"
				continue
			}
			open = false
			name, _, _ := strings.Cut(value, "=")
			name, err := Expand(name, vars)
			if dot := strings.LastIndex(name, "."); err == nil && dot > 0 {
				list = append(list, SetVariable{name[:dot], name[dot+1:], i})
			}
		}
	}
	return list
}
