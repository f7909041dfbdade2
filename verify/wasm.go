package verify

import (
	"bytes"
	stdbinary "encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Section ids and import kinds of the WebAssembly core specification, section 5.5.
const (
	wasmCustom = 0
	wasmImport = 2
	wasmExport = 7

	maxWasmSection  = 1 << 26 // bytes read of one import, export or custom section
	maxWasmSections = 1 << 16
	maxWasmNames    = 1 << 16 // imports, or exports

	wasmFunctionKind = 0
)

// wasmSystems tells the system from the module that functions are imported from.
var wasmSystems = map[string]string{
	"wasi_snapshot_preview1": "wasip1",
	"wasi_unstable":          "wasip0",
	"gojs":                   "js",
	"go":                     "js", // the name before Go 1.21
}

// wasmFunction is something that a module imports.
type wasmFunction struct{ module, name string }

// wasmRow is what a host calls and reads in a module for one system.
type wasmRow struct {
	start   string   // runs a program
	exports []string // what else a program has to export
}

// wasmRows is by GOOS. wasip1: "application ABI" of WASI; js: what lib/wasm/wasm_exec.js of the Go distribution uses.
var wasmRows = map[string]wasmRow{
	"wasip1": {"_start", []string{"memory"}},
	"js":     {"run", []string{"getsp", "mem", "resume"}},
}

// wasmReactor is the export that a host calls once before it calls the functions of a library (WASI calls that a reactor).
const wasmReactor = "_initialize"

func parseWasm(r io.ReaderAt, size int64) (*binary, error) {
	head := make([]byte, 8)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("truncated: %w", err)
	}
	if version := stdbinary.LittleEndian.Uint32(head[4:]); version != 1 {
		return nil, fmt.Errorf("version is %#x, want a core module of version 1 (components are not supported)", version)
	}
	bin := &binary{machine: "wasm", bits: 32, order: little, kind: "module without an entry", kindBad: "exports neither _start nor run: it is a library, not a program", exports: []string{}}
	err := eachSection(r, size, func(id byte, length int64, body []byte) error {
		bin.sections = append(bin.sections, Section{wasmSectionName(id, body), length})
		switch {
		case len(bin.sections) > maxWasmSections:
			return fmt.Errorf("more than %d sections", maxWasmSections)
		case id == wasmImport:
			return takeImports(bin, body)
		case id == wasmExport:
			return takeExports(bin, body)
		}
		return nil
	})
	bin.exports = sortedNames(bin.exports)
	return bin, err
}

// eachSection reads the sections one after the other and hands over the bodies of import, export and custom sections; of
// others, and of those that are too long to be read, body is nil.
func eachSection(r io.ReaderAt, size int64, take func(id byte, length int64, body []byte) error) error {
	for at := int64(8); at < size; {
		head := make([]byte, min(11, size-at))
		if _, err := r.ReadAt(head, at); err != nil && err != io.EOF {
			return err
		}
		length, n := stdbinary.Uvarint(head[1:])
		if n <= 0 {
			return fmt.Errorf("truncated: section at byte %d has no length", at)
		}
		start := at + 1 + int64(n)
		if length > uint64(size-start) {
			return fmt.Errorf("truncated: section %d ends at byte %d, the file at %d", head[0], uint64(start)+length, size)
		}
		var body []byte
		if wanted := head[0] == wasmCustom || head[0] == wasmImport || head[0] == wasmExport; wanted && length <= maxWasmSection {
			body = make([]byte, length)
			if _, err := r.ReadAt(body, start); err != nil && err != io.EOF {
				return err
			}
		}
		if err := take(head[0], int64(length), body); err != nil {
			return err
		}
		at = start + int64(length)
	}
	return nil
}

// wasmReader reads the numbers and names of a section; after the first mistake it only gives zeros and bad is set.
type wasmReader struct {
	raw []byte
	bad bool
}

func (w *wasmReader) number() uint64 {
	value, n := stdbinary.Uvarint(w.raw)
	if n <= 0 {
		w.bad, w.raw = true, nil
		return 0
	}
	w.raw = w.raw[n:]
	return value
}

func (w *wasmReader) bytes(n uint64) []byte {
	if n > uint64(len(w.raw)) {
		w.bad, w.raw = true, nil
		return nil
	}
	b := w.raw[:n]
	w.raw = w.raw[n:]
	return b
}

func (w *wasmReader) name() string { return string(w.bytes(w.number())) }

// limits skips the size limits of a table or memory.
func (w *wasmReader) limits() {
	if w.number()&1 == 1 {
		w.number()
	}
	w.number()
}

func takeImports(bin *binary, body []byte) error {
	w := &wasmReader{raw: body}
	for range w.number() {
		module, name := w.name(), w.name()
		switch kind := w.number(); kind {
		case 0: // function: type index
			w.number()
		case 1: // table: element type, limits
			w.number()
			w.limits()
		case 2:
			w.limits()
		case 3: // global: type, mutability
			w.number()
			w.number()
		default:
			return fmt.Errorf("import of kind %d", kind)
		}
		if w.bad {
			return fmt.Errorf("the import section is damaged")
		}
		if len(bin.wasm) == maxWasmNames {
			return fmt.Errorf("more than %d imports", maxWasmNames)
		}
		bin.wasm = append(bin.wasm, wasmFunction{module, name})
		takeModule(bin, module)
	}
	return nil
}

func takeModule(bin *binary, module string) {
	if slices.Contains(bin.needed, module) {
		return
	}
	bin.needed = append(bin.needed, module)
	if goos := wasmSystems[module]; goos != "" {
		bin.system = append(bin.system, evidence{goos, "imports " + module})
	}
}

func takeExports(bin *binary, body []byte) error {
	w := &wasmReader{raw: body}
	for range w.number() {
		name := w.name()
		kind := w.number()
		w.number()
		if w.bad || len(bin.exports) == maxWasmNames {
			return fmt.Errorf("the export section is damaged")
		}
		bin.exports = append(bin.exports, name)
		if kind == wasmFunctionKind {
			bin.takeEntry(name)
		}
	}
	return nil
}

// takeEntry looks whether an exported function makes the module a program or a library.
func (b *binary) takeEntry(name string) {
	for _, row := range wasmRows { // no name is in two rows
		if name == row.start {
			b.kind, b.kindBad, b.role = "module with the entry "+name, "", programRole
		}
	}
	if name == wasmReactor {
		b.kind, b.kindBad, b.role = "reactor module", "exports "+wasmReactor+": it is a library, not a program", libraryRole
	}
}

// wasmGoVersion reads the language version that Go's linker writes into the "producers" section, "go1.26.8".
func wasmGoVersion(r io.ReaderAt, size int64) string {
	version := ""
	err := eachSection(r, size, func(id byte, _ int64, body []byte) error {
		w := &wasmReader{raw: body}
		if id == wasmCustom && w.name() == "producers" {
			_, rest, _ := bytes.Cut(w.raw, []byte("\x02Go"))
			w := &wasmReader{raw: rest}
			version = w.name()
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return strings.TrimSpace(version)
}
