package verify

import "bytes"

// looks begin files that are executables of some system, or libraries and objects of such. The universal Mach-O's is a Java class's too.
var looks = []string{"\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xfe\xed\xfa\xcf", "\xfe\xed\xfa\xce", "\x00asm", "\xca\xfe\xba\xbe", "\xca\xfe\xba\xbf"}

// LooksExecutable reports whether a file that begins with head is worth a look: whether its first bytes are those of ELF, PE, Mach-O
// or WebAssembly. Four bytes are enough.
func LooksExecutable(head []byte) bool {
	for _, prefix := range looks {
		if bytes.HasPrefix(head, []byte(prefix)) {
			return true
		}
	}
	return false
}
