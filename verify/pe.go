package verify

import (
	"debug/pe"
	"fmt"
	"io"
	"slices"
	"strings"
)

// peMachines names the machine field in the words of the arches table.
var peMachines = map[uint16]string{
	pe.IMAGE_FILE_MACHINE_I386:  "i386",
	pe.IMAGE_FILE_MACHINE_AMD64: "x86-64",
	pe.IMAGE_FILE_MACHINE_ARM:   "arm",
	pe.IMAGE_FILE_MACHINE_ARMNT: "arm",
	pe.IMAGE_FILE_MACHINE_ARM64: "aarch64",
}

// peSubsystems are those of programs for people; drivers and firmware are none.
var peSubsystems = map[uint16]string{
	pe.IMAGE_SUBSYSTEM_WINDOWS_GUI: "windows gui program",
	pe.IMAGE_SUBSYSTEM_WINDOWS_CUI: "windows console program",
}

func parsePE(r io.ReaderAt, size int64) (*binary, error) {
	f, err := pe.NewFile(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	for _, s := range f.Sections {
		if end := int64(s.Offset) + int64(s.Size); s.Size > 0 && end > size {
			return nil, fmt.Errorf("truncated: section %s ends at byte %d, the file at %d", s.Name, end, size)
		}
	}
	bin := &binary{machine: peMachines[f.Machine], order: little, system: []evidence{{"windows", "PE format"}}, sections: peSections(f)}
	if bin.machine == "" {
		bin.machine = fmt.Sprintf("PE machine %#x", f.Machine)
	}
	var subsystem uint16
	switch h := f.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		bin.bits, subsystem = 32, h.Subsystem
	case *pe.OptionalHeader64:
		bin.bits, subsystem = 64, h.Subsystem
	default:
		bin.bits, bin.kind, bin.kindBad = 32, "object", "is an object file without an optional header, not linked yet"
		return bin, nil
	}
	bin.kind, bin.kindBad = peKind(f.Characteristics, subsystem)
	bin.needed = peLibraries(f)
	return bin, nil
}

func peKind(characteristics, subsystem uint16) (kind, bad string) {
	kind, known := peSubsystems[subsystem]
	switch {
	case characteristics&pe.IMAGE_FILE_DLL != 0:
		return "DLL", "is a DLL"
	case characteristics&pe.IMAGE_FILE_EXECUTABLE_IMAGE == 0:
		return "object", "is not marked as an executable image"
	case !known:
		return fmt.Sprintf("subsystem %d", subsystem), fmt.Sprintf("is for subsystem %d, neither console nor gui", subsystem)
	}
	return kind, ""
}

// peLibraries lists the imported DLLs in lower case, sorted. debug/pe tells them only as "symbol:dll".
func peLibraries(f *pe.File) []string {
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return nil
	}
	var names []string
	for _, s := range symbols {
		if i := strings.LastIndexByte(s, ':'); i >= 0 {
			names = append(names, strings.ToLower(s[i+1:]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// windowsLibraries are DLLs that every supported Windows has, beside the api-ms-win-* sets.
var windowsLibraries = []string{"advapi32.dll", "bcrypt.dll", "bcryptprimitives.dll", "cfgmgr32.dll", "comctl32.dll", "comdlg32.dll",
	"credui.dll", "crypt32.dll", "cryptui.dll", "d2d1.dll", "d3d11.dll", "d3d9.dll", "dbghelp.dll", "dnsapi.dll", "dsound.dll", "dwmapi.dll", "dwrite.dll",
	"dxgi.dll", "gdi32.dll", "gdiplus.dll", "hid.dll", "imm32.dll", "iphlpapi.dll", "kernel32.dll", "kernelbase.dll", "mpr.dll", "msimg32.dll",
	"mscoree.dll", "msvcrt.dll", "mswsock.dll", "ncrypt.dll", "netapi32.dll", "normaliz.dll", "ntdll.dll", "ole32.dll", "oleacc.dll", "oleaut32.dll",
	"opengl32.dll", "pdh.dll", "powrprof.dll", "propsys.dll", "psapi.dll", "rpcrt4.dll", "secur32.dll", "setupapi.dll",
	"shell32.dll", "shlwapi.dll", "synchronization.dll", "ucrtbase.dll", "user32.dll", "userenv.dll", "usp10.dll", "uxtheme.dll", "version.dll",
	"wevtapi.dll", "winhttp.dll", "wininet.dll", "winmm.dll", "winspool.drv", "wintrust.dll", "wldap32.dll", "ws2_32.dll",
	"wsock32.dll", "wtsapi32.dll"}

func isWindowsLibrary(name string) bool {
	return strings.HasPrefix(name, "api-ms-win-") || strings.HasPrefix(name, "ext-ms-win-") || slices.Contains(windowsLibraries, name)
}

// isAppleLibrary: what macOS itself ships lies in these two trees and nowhere else.
func isAppleLibrary(name string) bool {
	return strings.HasPrefix(name, "/usr/lib/") || strings.HasPrefix(name, "/System/Library/")
}

// systemLibraries is by file format.
var systemLibraries = map[string]func(string) bool{
	formatPE:    isWindowsLibrary,
	formatMachO: isAppleLibrary,
	formatWasm:  func(module string) bool { return wasmSystems[module] != "" },
}

// checkImports: a PE or Mach-O program may import what the system ships. Another library has to travel with the program:
// a failure when a static program was asked for, else a note.
func checkImports(s *subject) []Finding {
	isSystem, ok := systemLibraries[s.bin.format]
	if !ok {
		return nil
	}
	var foreign []string
	for _, name := range s.bin.needed {
		if !isSystem(name) {
			foreign = append(foreign, name)
		}
	}
	list, text := strings.Join(s.bin.needed, ", "), strings.Join(foreign, ", ")
	switch static := s.bin.format != formatWasm && strings.HasPrefix(s.want.Link, "static"); {
	case len(foreign) > 0 && static:
		return fail("needed", list, "system libraries only", "needs "+text+", which the system does not ship, want "+s.want.Link)
	case len(foreign) > 0:
		return note("needed", list, "", "needs "+text+", which the system does not ship: it must come with the program")
	case list == "":
		return pass("needed", "none", "", "needs no library")
	}
	return pass("needed", list, "", "needs "+list+", which the system ships")
}
