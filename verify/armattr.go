package verify

import (
	"bytes"
	"debug/elf"
	stdbinary "encoding/binary"
)

// armAttributes are the build attributes that C compilers leave in .ARM.attributes (ABI for the Arm Architecture, Addenda,
// "Build attributes"). A linker merges them upwards: the file's value is the highest of its parts.
type armAttributes struct {
	cpuArch uint64 // Tag_CPU_arch
	fpArch  uint64 // Tag_FP_arch
	vfpArgs uint64 // Tag_ABI_VFP_args: 1 passes floats in floating point registers
	hasCPU  bool   // Tag_CPU_arch is there: a compiler's object is in the file
}

const (
	tagCPUArch  = 6
	tagFPArch   = 10
	tagVFPArgs  = 28
	tagCompat   = 32
	tagFileWide = 1
)

// shtARMAttributes is SHT_ARM_ATTRIBUTES.
const shtARMAttributes = 0x70000003

// readARMAttributes gives nil for other machines and for files without the section.
func readARMAttributes(f *elf.File) *armAttributes {
	if f.Machine != elf.EM_ARM {
		return nil
	}
	for _, s := range f.Sections {
		if s.Type != shtARMAttributes {
			continue
		}
		raw, err := s.Data()
		if err != nil || len(raw) == 0 || raw[0] != 'A' {
			return nil
		}
		return parseARMAttributes(raw[1:], f.ByteOrder)
	}
	return nil
}

// parseARMAttributes walks vendor sections (length, name) and, in the public one, the file-wide attributes.
func parseARMAttributes(raw []byte, order stdbinary.ByteOrder) *armAttributes {
	a := &armAttributes{}
	for len(raw) >= 4 {
		size := uint64(order.Uint32(raw))
		if size < 4 || size > uint64(len(raw)) {
			break
		}
		vendor, rest, found := bytes.Cut(raw[4:size], []byte{0})
		if found && string(vendor) == "aeabi" {
			a.readSubsections(rest, order)
		}
		raw = raw[size:]
	}
	return a
}

func (a *armAttributes) readSubsections(raw []byte, order stdbinary.ByteOrder) {
	for len(raw) >= 5 {
		size := uint64(order.Uint32(raw[1:]))
		if size < 5 || size > uint64(len(raw)) {
			return
		}
		if raw[0] == tagFileWide {
			a.readTags(raw[5:size])
		}
		raw = raw[size:]
	}
}

// stringTags are the tags below 32 whose value is a text; from 33 on the odd ones are.
var stringTags = map[uint64]bool{4: true, 5: true}

func (a *armAttributes) readTags(raw []byte) {
	for len(raw) > 0 {
		tag, n := stdbinary.Uvarint(raw)
		if n <= 0 {
			return
		}
		raw = raw[n:]
		if tag == tagCompat {
			_, n = stdbinary.Uvarint(raw)
			raw = raw[max(n, 0):]
		}
		if stringTags[tag] || tag >= tagCompat && (tag == tagCompat || tag%2 == 1) {
			_, raw, _ = bytes.Cut(raw, []byte{0})
			continue
		}
		value, n := stdbinary.Uvarint(raw)
		if n <= 0 {
			return
		}
		raw = raw[n:]
		a.set(tag, value)
	}
}

func (a *armAttributes) set(tag, value uint64) {
	switch tag {
	case tagCPUArch:
		a.cpuArch, a.hasCPU = value, true
	case tagFPArch:
		a.fpArch = value
	case tagVFPArgs:
		a.vfpArgs = value
	}
}
