package size

import (
	"bytes"
	"strings"
)

// maxPath is longer than any import path in use.
const maxPath = 512

// tables are symbols of Go's linker that belong to the program as a whole (cmd/link/internal/ld).
var tables = []string{"runtime.findfunctab", "runtime.typelink", "runtime.itablink", "runtime.pclntab", "runtime.gcdata", "runtime.gcbss", "runtime.modinfo"}

// packageOf is the import path in the name of a function or variable as Go's linker writes it: "net/http.(*conn).serve" is of
// "net/http", "example.com/a%2eb.F[go.shape.int]" of "example.com/a.b". Names without a dot are not Go's.
func packageOf(name []byte) []byte {
	for _, prefix := range []string{"type:", "go:", "typerel.", "type..", "go.(*"} { // the last two before Go 1.20
		if of, ok := bytes.CutPrefix(name, []byte(prefix)); ok {
			return ofTables(bytes.TrimPrefix(of, []byte(".")))
		}
	}
	path := name
	if i := bytes.IndexAny(path, "[({"); i >= 0 { // type arguments, receivers: they have slashes of their own
		path = path[:i]
	}
	slash := bytes.LastIndexByte(path, '/')
	dot := bytes.IndexByte(path[slash+1:], '.')
	switch {
	case dot < 0 && slash < 0:
		return []byte(Foreign)
	case dot >= 0:
		path = path[:slash+1+dot]
	}
	if len(path) == 0 || len(path) > maxPath {
		return []byte(Others)
	}
	return unescape(path)
}

// ofTables is the package of what a compiler generates for a type: "eq.[2]net/http.Request" compares requests. All else is shared.
func ofTables(name []byte) []byte {
	for _, prefix := range []string{"eq.", "hash."} {
		if of, ok := bytes.CutPrefix(name, []byte(prefix)); ok {
			for len(of) > 0 && of[0] == '[' { // arrays
				_, of, _ = bytes.Cut(of, []byte("]"))
			}
			if path := packageOf(of); string(path) != Foreign {
				return path
			}
		}
	}
	return []byte(Shared)
}

// unescape takes back the %xx of import paths (cmd/internal/objabi.PathToPrefix).
func unescape(path []byte) []byte {
	if bytes.IndexByte(path, '%') < 0 {
		return path
	}
	out := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			hi, lo := strings.IndexByte(hexDigits, path[i+1]), strings.IndexByte(hexDigits, path[i+2])
			if hi >= 0 && lo >= 0 {
				out, i = append(out, byte(hi<<4|lo)), i+2
				continue
			}
		}
		out = append(out, path[i])
	}
	return out
}

const hexDigits = "0123456789abcdef"
