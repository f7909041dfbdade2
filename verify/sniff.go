package verify

import "bytes"

// looks begin files that are executables of some system, or libraries and objects of such. The universal Mach-O's is a Java class's too.
var looks = []string{"\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xfe\xed\xfa\xcf", "\xfe\xed\xfa\xce", "\x00asm", "\xca\xfe\xba\xbe", "\xca\xfe\xba\xbf",
	"!<arch>\n"}

// SniffSize is how many bytes LooksExecutable wants.
const SniffSize = 8

// LooksExecutable reports whether a file that begins with head is worth a look: whether its first bytes are those of ELF, PE, Mach-O,
// WebAssembly or an archive of objects. SniffSize bytes are enough.
func LooksExecutable(head []byte) bool {
	for _, prefix := range looks {
		if bytes.HasPrefix(head, []byte(prefix)) {
			return true
		}
	}
	return false
}
