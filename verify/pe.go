package verify

import (
	"cmp"
	"debug/pe"
	stdbinary "encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
)

// peMachines names the machine field in the words of the arches table. Windows on 32-bit ARM takes Thumb-2 code alone (ARMNT).
var peMachines = map[uint16]string{
	pe.IMAGE_FILE_MACHINE_I386:  "i386",
	pe.IMAGE_FILE_MACHINE_AMD64: "x86-64",
	pe.IMAGE_FILE_MACHINE_ARMNT: "arm",
	pe.IMAGE_FILE_MACHINE_ARM64: "aarch64",
}

// peObjectBits is the word size of objects, whose headers do not say it.
var peObjectBits = map[uint16]int{
	pe.IMAGE_FILE_MACHINE_I386:  32,
	pe.IMAGE_FILE_MACHINE_AMD64: 64,
	pe.IMAGE_FILE_MACHINE_ARMNT: 32,
	pe.IMAGE_FILE_MACHINE_ARM64: 64,
}

// peSubsystems are those of programs for people, as a Want names them; drivers and firmware are none.
var peSubsystems = map[uint16]string{
	pe.IMAGE_SUBSYSTEM_WINDOWS_GUI: "gui",
	pe.IMAGE_SUBSYSTEM_WINDOWS_CUI: "console",
}

// peFacts is what only PE images have.
type peFacts struct {
	subsystem       string // "console", "gui", or "subsystem 1"
	characteristics uint16 // of the file
	dll             uint16 // DllCharacteristics, which programs have too
	entry           uint32 // address of the entry point
	open            []string
}

const peDLL = "DLL"

func parsePE(r io.ReaderAt, size int64) (*binary, error) {
	f, err := pe.NewFile(windows(limited(r, size), size)) // it reads symbols one by one
	if err != nil {
		return nil, err
	}
	if err := checkSections(f, size); err != nil {
		return nil, err
	}
	bin := &binary{machine: peMachines[f.Machine], order: little, system: []evidence{{"windows", "PE format"}}, sections: peSections(f)}
	if bin.machine == "" {
		bin.machine = fmt.Sprintf("PE machine %#x", f.Machine)
	}
	head := make([]byte, 2)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if f.OptionalHeader == nil || string(head) != "MZ" { // Go's linker gives its objects an optional header
		bin.bits, bin.kind, bin.kindBad, bin.role = peObjectBits[f.Machine], "object", "is an object file, not linked yet", objectRole
		return bin, nil
	}
	bin.takeHeader(f)
	if err := checkPlaces(f); err != nil {
		return nil, err
	}
	if bin.needed, err = peLibraries(f); err != nil {
		return nil, err
	}
	if bin.role == libraryRole {
		bin.exports, err = peExports(f)
	}
	return bin, err
}

// takeHeader reads the optional header, which every image has.
func (b *binary) takeHeader(f *pe.File) {
	b.pe = &peFacts{characteristics: f.Characteristics}
	var subsystem, major, minor uint16
	switch h := f.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		b.bits, subsystem, major, minor = 32, h.Subsystem, h.MajorSubsystemVersion, h.MinorSubsystemVersion
		b.pe.dll, b.pe.entry = h.DllCharacteristics, h.AddressOfEntryPoint
	case *pe.OptionalHeader64:
		b.bits, subsystem, major, minor = 64, h.Subsystem, h.MajorSubsystemVersion, h.MinorSubsystemVersion
		b.pe.dll, b.pe.entry = h.DllCharacteristics, h.AddressOfEntryPoint
	}
	b.minOS = fmt.Sprintf("%d.%d", major, minor)
	if b.pe.subsystem = peSubsystems[subsystem]; b.pe.subsystem == "" {
		b.pe.subsystem = fmt.Sprintf("subsystem %d", subsystem)
	}
	for _, s := range f.Sections {
		if s.Characteristics&(pe.IMAGE_SCN_MEM_WRITE|pe.IMAGE_SCN_MEM_EXECUTE) == pe.IMAGE_SCN_MEM_WRITE|pe.IMAGE_SCN_MEM_EXECUTE {
			b.pe.open = append(b.pe.open, s.Name)
		}
	}
	b.peKind(f, subsystem)
}

func (b *binary) peKind(f *pe.File, subsystem uint16) {
	name, known := peSubsystems[subsystem]
	switch {
	case f.Characteristics&pe.IMAGE_FILE_DLL != 0:
		b.kind, b.kindBad, b.role = peDLL, "is a DLL", libraryRole
	case f.Characteristics&pe.IMAGE_FILE_EXECUTABLE_IMAGE == 0:
		b.kind, b.kindBad = "object", "is not marked as an executable image"
	case !known:
		b.kind, b.kindBad = b.pe.subsystem, fmt.Sprintf("is for subsystem %d, neither console nor gui", subsystem)
	case !peCode(f, b.pe.entry):
		b.kind, b.kindBad = "windows "+name+" program", fmt.Sprintf("has its entry point at %#x, where there is no code", b.pe.entry)
	default:
		b.kind, b.role = "windows "+name+" program", programRole
	}
}

// peCode reports whether an address lies in an executable section.
func peCode(f *pe.File, addr uint32) bool {
	return slices.ContainsFunc(f.Sections, func(s *pe.Section) bool {
		return s.Characteristics&pe.IMAGE_SCN_MEM_EXECUTE != 0 && addr >= s.VirtualAddress && addr-s.VirtualAddress < max(s.VirtualSize, s.Size)
	})
}

// checkSections finds a file that ends before its sections do, and sections that share bytes of the file.
func checkSections(f *pe.File, size int64) error {
	type part struct {
		name    string
		at, end int64
	}
	var parts []part
	for _, s := range f.Sections {
		if s.Size == 0 || s.Offset == 0 {
			continue
		}
		p := part{s.Name, int64(s.Offset), int64(s.Offset) + int64(s.Size)}
		if p.end > size {
			return fmt.Errorf("truncated: section %s ends at byte %d, the file at %d", s.Name, p.end, size)
		}
		parts = append(parts, p)
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(parts); i++ {
		if parts[i].at < parts[i-1].end {
			return fmt.Errorf("sections %s and %s share bytes of the file", parts[i-1].name, parts[i].name)
		}
	}
	return nil
}

// checkPlaces finds sections that overlap in memory or are out of order: Windows refuses such an image.
func checkPlaces(f *pe.File) error {
	end, last := uint64(0), ""
	for _, s := range f.Sections {
		if uint64(s.VirtualAddress) < end {
			return fmt.Errorf("section %s begins at address %#x, before section %s ends", s.Name, s.VirtualAddress, last)
		}
		end, last = uint64(s.VirtualAddress)+uint64(max(s.VirtualSize, 1)), s.Name
	}
	return nil
}

// Entries of the import directory and of the delayed one (PE format, "The .idata Section" and "Delay-Load Import Tables"): how long
// they are, and where in them the address of the library's name stands.
var peImports = []struct{ directory, size, name int }{
	{pe.IMAGE_DIRECTORY_ENTRY_IMPORT, 20, 12},
	{pe.IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT, 32, 4},
}

const maxImports = 1 << 12

// peLibraries lists the imported DLLs in lower case, sorted. debug/pe leaves out those that are imported by number alone.
func peLibraries(f *pe.File) ([]string, error) {
	var names []string
	for _, table := range peImports {
		at := peDirectory(f, table.directory)
		for i := 0; at.Size > 0; i++ {
			entry, err := peRead(f, at.VirtualAddress+uint32(i*table.size), uint32(table.size))
			if err != nil || i == maxImports {
				return nil, fmt.Errorf("the table of imports is damaged")
			}
			addr := stdbinary.LittleEndian.Uint32(entry[table.name:])
			if addr == 0 {
				break
			}
			name, err := peString(f, addr)
			if err != nil {
				return nil, fmt.Errorf("imported library: %w", err)
			}
			names = append(names, strings.ToLower(name))
		}
	}
	return sortedNames(names), nil
}

// windowsLibraries are DLLs that every supported Windows has, beside the api-ms-win-* sets.
var windowsLibraries = []string{"activeds.dll", "advapi32.dll", "authz.dll", "avrt.dll", "bcrypt.dll", "bcryptprimitives.dll", "cfgmgr32.dll", "combase.dll", "comctl32.dll", "comdlg32.dll",
	"credui.dll", "crypt32.dll", "cryptui.dll", "d2d1.dll", "d3d11.dll", "d3d9.dll", "dbghelp.dll", "dnsapi.dll", "dsound.dll", "dwmapi.dll", "dwrite.dll",
	"dxgi.dll", "gdi32.dll", "gdiplus.dll", "fwpuclnt.dll", "hid.dll", "imm32.dll", "iphlpapi.dll", "kernel32.dll", "kernelbase.dll", "mpr.dll", "msimg32.dll",
	"mscoree.dll", "msvcrt.dll", "msi.dll", "mswsock.dll", "ncrypt.dll", "netapi32.dll", "normaliz.dll", "ntdll.dll", "ole32.dll", "oleacc.dll", "oleaut32.dll",
	"opengl32.dll", "pdh.dll", "powrprof.dll", "propsys.dll", "psapi.dll", "rpcrt4.dll", "secur32.dll", "setupapi.dll", "shcore.dll",
	"shell32.dll", "shlwapi.dll", "sspicli.dll", "synchronization.dll", "tdh.dll", "ucrtbase.dll", "urlmon.dll", "user32.dll", "userenv.dll", "usp10.dll", "uxtheme.dll", "version.dll",
	"wevtapi.dll", "winhttp.dll", "wininet.dll", "winmm.dll", "winspool.drv", "wintrust.dll", "wlanapi.dll", "wldap32.dll", "ws2_32.dll",
	"wsock32.dll", "wtsapi32.dll"}

func isWindowsLibrary(name string) bool {
	return strings.HasPrefix(name, "api-ms-win-") || strings.HasPrefix(name, "ext-ms-win-") || slices.Contains(windowsLibraries, name)
}

// isAppleLibrary: what macOS itself ships lies in these two trees and nowhere else.
func isAppleLibrary(name string) bool {
	return strings.HasPrefix(name, "/usr/lib/") || strings.HasPrefix(name, "/System/Library/")
}

// checkImports: a PE program may import what the system ships. Another library has to travel with the program:
// a failure when a static program was asked for, else a note.
func checkImports(s *subject) []Finding {
	if s.bin.pe == nil {
		return nil
	}
	var foreign []string
	for _, name := range s.bin.needed {
		if !isWindowsLibrary(name) {
			foreign = append(foreign, name)
		}
	}
	list, text := strings.Join(s.bin.needed, ", "), strings.Join(foreign, ", ")
	switch static := strings.HasPrefix(s.want.Link, "static"); {
	case len(foreign) > 0 && static:
		return fail("needed", list, "system libraries only", "needs "+text+", which the system does not ship, want "+s.want.Link)
	case len(foreign) > 0:
		return note("needed", list, "", "needs "+text+", which the system does not ship: it must come with the program")
	case list == "":
		return pass("needed", "none", "", "needs no library")
	}
	return pass("needed", list, "", "needs "+list+", which the system ships")
}
