package verify

import (
	"debug/elf"
	"fmt"
	"io"
	"strings"
)

// checkABIFlags compares e_flags, and what else says how functions are called, with what code for the platform has. One call across
// two such conventions is undefined, and the loader or the kernel refuses some of them.
func checkABIFlags(s *subject) []Finding {
	row, ok := abiRows[s.bin.machine]
	if !s.onLinux() || !ok || s.bin.machine != arches[s.want.GOARCH].machine {
		return nil
	}
	found := row.describe(s.bin.elf)
	if bad := row.problem(s); bad != "" {
		return fail("abi-flags", found, "the ABI of "+s.want.platform(), bad)
	}
	return pass("abi-flags", found, "", "ABI is "+found)
}

// abiRow is what the flags of one machine say.
type abiRow struct {
	describe func(*elfFacts) string
	problem  func(*subject) string // empty when the flags are the platform's
}

// abiRows is by machine, in the words of the arches table; the flags of others say nothing of calls.
var abiRows = map[string]abiRow{
	"arm":       {describeARM, armProblem},
	"loongarch": {describeLoong, loongProblem},
	"mips":      {describeMIPS, mipsProblem},
	"ppc64":     {describePower, powerProblem},
	"riscv":     {describeRISCV, riscvProblem},
}

// EF_ARM_EABIMASK (ELF for the Arm Architecture): Linux has had version 5 alone since OABI went.
const armEABI = 5

func describeARM(e *elfFacts) string { return fmt.Sprintf("EABI version %d", e.flags>>24) }

func armProblem(s *subject) string {
	if found := s.bin.elf.flags >> 24; found != armEABI {
		return fmt.Sprintf("is for EABI version %d, want version %d", found, armEABI)
	}
	return ""
}

// Flags of LoongArch (LoongArch ELF psABI, e_flags).
const (
	loongFloat  = 0x7  // how floats are passed
	loongDouble = 0x3  // in double precision registers
	loongObject = 0xc0 // version of the object format
	loongV1     = 0x40
)

func describeLoong(e *elfFacts) string {
	return fmt.Sprintf("LoongArch float ABI %d, object ABI v%d", e.flags&loongFloat, e.flags&loongObject>>6)
}

func loongProblem(s *subject) string {
	switch flags := s.bin.elf.flags; {
	case flags&loongFloat != loongDouble:
		return fmt.Sprintf("passes floats in another way (float ABI %d), want double precision registers (lp64d)", flags&loongFloat)
	case flags&loongObject != loongV1:
		return fmt.Sprintf("has object ABI v%d, from the time before Linux took LoongArch in, want v1", flags&loongObject>>6)
	}
	return ""
}

// Flags of MIPS (MIPS ABI supplement; include/elf/mips.h of binutils).
const (
	mipsABI2     = 0x20       // n32
	mipsNaN2008  = 0x400      // NaNs as in IEEE 754-2008
	mipsABIMask  = 0xf000     // o32, o64, eabi32, eabi64; 0 for n64 and for o32 that does not say it
	mipsO32      = 0x1000     //
	mipsArchMask = 0xf0000000 // instruction set
	mipsArch32R6 = 0x90000000 // releases 6 took instructions away: neither runs the other's code
	mipsArch64R6 = 0xa0000000
)

// mipsFloats are the values of fp_abi in .MIPS.abiflags; soft is 3.
var mipsFloats = map[byte]string{0: "any float", 1: "double float", 2: "single float", 3: "soft float", 4: "double float (old)", 5: "double float (xx)", 6: "double float (64)", 7: "double float (64A)"}

const mipsSoft = 3

func describeMIPS(e *elfFacts) string {
	return fmt.Sprintf("MIPS e_flags %#08x, %s", e.flags, mipsFloats[e.mipsFloat])
}

func mipsProblem(s *subject) string {
	flags, row := s.bin.elf.flags, arches[s.want.GOARCH]
	abi := flags & mipsABIMask
	switch arch := flags & mipsArchMask; {
	case row.bits == 32 && flags&mipsABI2 != 0:
		return "is for the n32 ABI, want o32"
	case row.bits == 32 && abi != 0 && abi != mipsO32:
		return fmt.Sprintf("is for the ABI %#x, want o32", abi)
	case row.bits == 64 && abi != 0:
		return fmt.Sprintf("is for the ABI %#x, want n64", abi)
	case arch == mipsArch32R6 || arch == mipsArch64R6:
		return "is for MIPS release 6, whose instructions other processors do not have, nor it theirs"
	}
	return s.mipsFloatProblem()
}

func (s *subject) mipsFloatProblem() string {
	float := s.bin.elf.mipsFloat
	row, _ := lookupVariant(s.want.GOARCH, s.want.Variant)
	new, loader := s.bin.elf.flags&mipsNaN2008 != 0, strings.Contains(s.bin.interp, "mipsn8")
	switch {
	case new != loader && s.bin.interp != "":
		return fmt.Sprintf("its NaNs and those of its loader %s are not the same (e_flags %#08x)", s.bin.interp, s.bin.elf.flags)
	case new && s.bin.interp == "":
		return "has the NaNs of IEEE 754-2008, which kernels on other processors refuse, want the older ones"
	case float == mipsSoft && row.short != "softfloat":
		return "computes without floating point registers (soft float), want hard float"
	case float != mipsSoft && float != 0 && row.short == "softfloat":
		return "passes floats in registers (" + mipsFloats[float] + "), want soft float"
	}
	return ""
}

// ptMIPSABIFlags is PT_MIPS_ABIFLAGS, a segment of 24 bytes: fp_abi is at 7.
const ptMIPSABIFlags = 0x70000003

// readMIPSFloat is fp_abi, 0 (any) where nothing says it.
func readMIPSFloat(r io.ReaderAt, f *elf.File) byte {
	for _, p := range f.Progs {
		if f.Machine == elf.EM_MIPS && p.Type == ptMIPSABIFlags && p.Filesz >= 24 {
			var raw [24]byte
			if _, err := r.ReadAt(raw[:], int64(p.Off)); err == nil {
				return raw[7]
			}
		}
	}
	return 0
}

// powerABI is the ABI version in the flags of 64-bit PowerPC (OpenPOWER ELF V2 ABI, e_flags); 0 means that the file uses nothing of either.
const powerABI = 3

func describePower(e *elfFacts) string {
	return map[uint32]string{0: "unmarked", 1: "ELFv1", 2: "ELFv2", 3: "unknown (3)"}[e.flags&powerABI]
}

// powerProblem: little endian is ELFv2; big endian is ELFv1 with glibc and what Go itself makes, ELFv2 with musl.
func powerProblem(s *subject) string {
	found := s.bin.elf.flags & powerABI
	want := uint32(1)
	if s.want.GOARCH == "ppc64le" || libcOfLoader(s.bin.interp) == musl || s.want.Libc == musl && found == 2 {
		want = 2
	}
	if found != 0 && found != want {
		return fmt.Sprintf("is for the ABI %s, want ELFv%d", describePower(s.bin.elf), want)
	}
	return ""
}

// Flags of RISC-V (RISC-V ELF psABI, e_flags).
const (
	riscvFloat    = 0x6
	riscvDouble   = 0x4
	riscvEmbedded = 0x8  // RVE: 16 registers
	riscvTSO      = 0x10 // needs total store ordering (Ztso)
)

var riscvFloats = map[uint32]string{0: "soft float", 2: "single float", 4: "double float", 6: "quad float"}

func describeRISCV(e *elfFacts) string { return riscvFloats[e.flags&riscvFloat] }

func riscvProblem(s *subject) string {
	switch flags := s.bin.elf.flags; {
	case flags&riscvFloat != riscvDouble:
		return "passes floats as the " + riscvFloats[flags&riscvFloat] + " ABI does, want double float (lp64d)"
	case flags&riscvEmbedded != 0:
		return "is for the embedded variant with 16 registers (RVE)"
	case flags&riscvTSO != 0:
		return "needs total store ordering (Ztso), which few processors have"
	}
	return ""
}
