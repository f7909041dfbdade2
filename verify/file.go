package verify

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// The file formats, as they are named in findings.
const (
	formatELF   = "ELF"
	formatPE    = "PE"
	formatMachO = "Mach-O"
	formatWasm  = "WebAssembly"
	formatAr    = "ar archive"
)

// File reads the file at path and gives the outcome of every check that applies to it, in the fixed order of the checks
// (see Rules). The error is for a file that cannot be read at all; whatever is wrong with what was read is a
// finding of level Fail, so is a directory or another thing that is no regular file.
func File(path string, want Want) ([]Finding, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return []Finding{{Check: "format", Level: Fail, Found: kindOf(info), Want: want.format(),
			Text: fmt.Sprintf("is %s, want a regular file in %s format", kindOf(info), want.format())}}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	beside := header{problem: noHeader}
	if want.BuildMode != "" {
		beside = headerBeside(path)
	}
	return read(f, info.Size(), want, beside), nil
}

// Read is File for bytes that are open already: r holds size bytes. Of a library it knows no header: want.Exports says what it exports.
func Read(r io.ReaderAt, size int64, want Want) []Finding {
	return read(r, size, want, header{problem: noHeader})
}

const noHeader = "there is no header to compare with"

func read(r io.ReaderAt, size int64, want Want, beside header) []Finding {
	if _, _, _, err := ParsePlatform(want.platform()); err != nil {
		return []Finding{{Check: "platform", Level: Fail, Found: want.platform(), Text: err.Error()}}
	}
	bin, err := parse(r, size)
	if err != nil {
		return []Finding{{Check: "format", Level: Fail, Found: err.Error(), Want: want.format(),
			Text: fmt.Sprintf("is %s, want %s", err, want.format())}}
	}
	s := &subject{want: want, file: r, size: size, bin: bin, build: readBuild(r, size, bin), header: beside}
	s.functions = linkedFunctions(r, size, bin, s.build != nil, askedFunctions)
	var found []Finding
	for _, rule := range Rules() {
		found = append(found, rule.run(s)...)
	}
	return found
}

// Failed reports whether any finding makes the file unfit.
func Failed(findings []Finding) bool {
	for _, f := range findings {
		if f.Level == Fail {
			return true
		}
	}
	return false
}

func kindOf(info os.FileInfo) string {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return "a directory"
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeDevice != 0:
		return "a device"
	case mode&os.ModeSocket != 0:
		return "a socket"
	}
	return "a special file"
}

// binary is what a file says about itself, the same for every format.
type binary struct {
	format  string
	machine string // in the words of arches
	bits    int
	order   string // little or big
	kind    string // "executable", "shared object", …
	kindBad string // why it is no program that can be started; empty when it is one
	role    string // what it is good for: one of the roles

	system    []evidence // what the format, notes and loader say about the operating system
	interp    string     // loader path of an ELF file
	needed    []string   // libraries it names, in the order of the file
	relocates bool       // ELF: position independent
	hasDyn    bool       // ELF: has a dynamic segment
	pieFlag   bool       // ELF: DF_1_PIE
	elf       *elfFacts  // more about ELF files, nil for others
	pe        *peFacts   // more about PE files that are no objects, nil for others
	macho     *machoFacts
	wasm      []wasmFunction // what a WebAssembly module imports
	minOS     string         // Mach-O and PE: the oldest system that loads it, "12.0"; empty when nothing says so
	signature string         // Mach-O: "", "signed" or what is wrong with the signature
	sections  []Section      // what takes up the bytes of the file
	pclntab   extent         // Go's table of functions, with their names; empty where no section says where it is
	cgoLinked bool           // Go's runtime/cgo is in the file
	exports   []string       // of a library or an archive: the functions and variables that others can link with, sorted; nil when that cannot be known
	members   []member       // of an archive
}

// extent is a part of the file, in bytes from its start.
type extent struct{ at, size int64 }

// evidence is one sign of an operating system (or of a libc) and where it was seen.
type evidence struct {
	says string // a GOOS, or what else was found
	why  string // "OS/ABI byte", "loader /system/bin/linker64"
}

// magic starts a format; what is not ours is named, so that the message helps.
type magic struct {
	prefix string
	format string // one of ours, or empty
	name   string // of a foreign format
	parse  func(io.ReaderAt, int64) (*binary, error)
}

// magics are tried in this order.
func magics() []magic {
	return []magic{
		{prefix: "\x7fELF", format: formatELF, parse: parseELF},
		{prefix: "MZ", format: formatPE, parse: parsePE},
		{prefix: "\xcf\xfa\xed\xfe", format: formatMachO, parse: parseMachO},
		{prefix: "\xce\xfa\xed\xfe", format: formatMachO, parse: parseMachO},
		{prefix: "\xfe\xed\xfa\xcf", format: formatMachO, parse: parseMachO},
		{prefix: "\xfe\xed\xfa\xce", format: formatMachO, parse: parseMachO},
		{prefix: "\x00asm", format: formatWasm, parse: parseWasm},
		{prefix: "\xca\xfe\xba\xbe", name: "a universal (fat) Mach-O file or a Java class; every platform needs a file of its own"},
		{prefix: "\xca\xfe\xba\xbf", name: "a universal (fat) 64-bit Mach-O file; every platform needs a file of its own"},
		{prefix: "#!", name: "a script"},
		{prefix: arMagic, format: formatAr, parse: parseArchive},
		{prefix: "!<thin>\n", name: "a thin ar archive, whose members are files elsewhere"},
		{prefix: "\x64\x86", format: formatPE, parse: parsePE}, // objects for windows begin with their machine
		{prefix: "\x4c\x01", format: formatPE, parse: parsePE},
		{prefix: "\x64\xaa", format: formatPE, parse: parsePE},
		{prefix: "\xc4\x01", format: formatPE, parse: parsePE},
		{prefix: "\x1f\x8b", name: "gzip compressed data"},
		{prefix: "PK\x03\x04", name: "a zip archive"},
		{prefix: "BC\xc0\xde", name: "LLVM bitcode"},
		{prefix: "\x01\xdf", name: "an XCOFF file (aix)"},
		{prefix: "\x01\xf7", name: "an XCOFF file (aix)"},
		{prefix: "\x00\x00\x8a\x97", name: "a plan9 a.out file"},
	}
}

// parse recognises the format and reads the file. A panic of a debug package on a hostile file is an error like any other.
func parse(r io.ReaderAt, size int64) (bin *binary, err error) {
	if size == 0 {
		return nil, fmt.Errorf("an empty file")
	}
	head := make([]byte, 16)
	n, readErr := r.ReadAt(head, 0)
	if readErr != nil && readErr != io.EOF {
		return nil, fmt.Errorf("not readable: %w", readErr)
	}
	for _, m := range magics() {
		if !bytes.HasPrefix(head[:n], []byte(m.prefix)) {
			continue
		}
		if m.format == "" {
			return nil, fmt.Errorf("%s", m.name)
		}
		defer func() {
			if p := recover(); p != nil {
				bin, err = nil, fmt.Errorf("a damaged %s file: %v", m.format, p)
			}
		}()
		bin, err = m.parse(r, size)
		if err != nil {
			return nil, fmt.Errorf("a damaged %s file: %w", m.format, err)
		}
		bin.format = m.format
		names := extent{0, size}
		if t := bin.pclntab; t.at < 0 || t.size <= 0 || t.at > size || t.size > size-t.at { // none, or not of this file
			bin.pclntab = extent{}
		} else {
			names = t
		}
		if len(bin.members) == 0 {
			bin.cgoLinked = contains(io.NewSectionReader(r, names.at, names.size), names.size, cgoMark)
		}
		return bin, nil
	}
	return nil, fmt.Errorf("of an unknown format (begins with % x)", head[:min(n, 4)])
}

// contains looks for mark anywhere in the file, a window at a time.
func contains(r io.ReaderAt, size int64, mark []byte) bool {
	return find(r, size, mark) >= 0
}

// find is the offset of the first mark in the file, -1 without one.
func find(r io.ReaderAt, size int64, mark []byte) int64 {
	found := int64(-1)
	scan(r, extent{0, size}, len(mark)-1, func(at int64, window []byte) bool {
		if i := bytes.Index(window, mark); i >= 0 {
			found = at + int64(i)
		}
		return found < 0
	})
	return found
}
