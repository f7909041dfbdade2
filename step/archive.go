package step

import (
	"bytes"
	"strconv"
	"strings"
)

// The common archive format: a magic line, then members behind headers of 60 bytes, at even offsets (ar(5)).
const (
	archiveMagic  = "!<arch>\n"
	archiveHeader = 60
)

// goMembers are the members of a package's archive that the Go compiler writes (cmd/compile, cmd/pack).
var goMembers = map[string]bool{"__.PKGDEF": true, "_go_.o": true}

// hasNative reports whether an object is a package's archive with members that an assembler or a C compiler wrote.
func hasNative(body []byte) bool {
	if !bytes.HasPrefix(body, []byte(archiveMagic)) {
		return false
	}
	for at := len(archiveMagic); at+archiveHeader <= len(body); {
		header := string(body[at : at+archiveHeader])
		if !goMembers[strings.TrimRight(header[:16], " ")] {
			return true
		}
		size, err := strconv.Atoi(strings.TrimSpace(header[48:58]))
		if err != nil || size < 0 {
			return true // not what the Go tools write: better to compile it once more
		}
		at += archiveHeader + size + size%2
	}
	return false
}
