package verify

import (
	"debug/elf"
	"io"
)

// call finds the target of a direct call or jump at the beginning of code that lies at pc.
type call struct {
	step  int // bytes from one instruction to look at to the next
	bytes int // that it needs
	to    func(code []byte, order order, pc uint64) (target uint64, ok bool)
}

type order interface{ Uint32([]byte) uint32 }

// calls is by machine. On others it is not known who calls what.
var calls = map[elf.Machine]call{
	elf.EM_X86_64:  {1, 5, callX86},
	elf.EM_386:     {1, 5, call386},
	elf.EM_AARCH64: {4, 4, callARM64},
	elf.EM_ARM:     {4, 4, callARM},
	elf.EM_S390:    {2, 6, callS390},
}

// callX86 is CALL rel32 or JMP rel32.
func callX86(code []byte, o order, pc uint64) (uint64, bool) {
	return pc + 5 + uint64(int64(int32(o.Uint32(code[1:])))), code[0]&^1 == 0xe8
}

func call386(code []byte, o order, pc uint64) (uint64, bool) {
	target, ok := callX86(code, o, pc)
	return target & 0xffffffff, ok
}

// callARM64 is BL or B: 26 bits, in words.
func callARM64(code []byte, o order, pc uint64) (uint64, bool) {
	word := o.Uint32(code)
	return pc + uint64(int64(int32(word<<6)>>4)), word&0x7c000000 == 0x14000000
}

// callARM is BL, B or BLX: 24 bits, in words from two instructions on. BLX has half a word more in its H bit, and ends in Thumb code.
func callARM(code []byte, o order, pc uint64) (uint64, bool) {
	word := o.Uint32(code)
	target := uint64(uint32(pc) + 8 + uint32(int32(word<<8)>>6))
	if word>>25 == 0x7d {
		return target + uint64(word>>23&2) | 1, true
	}
	return target, word&0x0e000000 == 0x0a000000
}

// callS390 is BRASL or BRCL: 32 bits, in half words.
func callS390(code []byte, o order, pc uint64) (uint64, bool) {
	return pc + uint64(int64(int32(o.Uint32(code[2:])))*2), code[0] == 0xc0 && (code[1]&0xf == 5 || code[1]&0xf == 4)
}

// called reports whether some code of the file calls or jumps to the address.
func called(r io.ReaderAt, f *elf.File, target uint64) bool {
	c, ok := calls[f.Machine]
	if !ok {
		return false
	}
	found := false
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Flags&elf.PF_X == 0 {
			continue
		}
		scan(r, extent{int64(p.Off), int64(p.Filesz)}, c.bytes-1, func(at int64, window []byte) bool {
			found = c.in(window, f.ByteOrder, p.Vaddr+uint64(at), target)
			return !found
		})
	}
	return found
}

// in looks for a call of the target in code that lies at pc.
func (c call) in(code []byte, o order, pc, target uint64) bool {
	for i := 0; i+c.bytes <= len(code); i += c.step {
		if c.step == 1 && code[i]&^1 != 0xe8 { // most bytes of x86 code, which is looked at byte by byte
			continue
		}
		if to, ok := c.to(code[i:i+c.bytes], o, pc+uint64(i)); ok && to == target {
			return true
		}
	}
	return false
}
