package objects

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

// IsArchive reports whether an object is a compiled package.
func IsArchive(body []byte) bool { return bytes.HasPrefix(body, []byte(archiveMagic)) }

// IsIndex reports whether an object is the go command's index of a folder's packages (cmd/go/internal/modindex). It names such a
// folder by its path and its files' times, or by its module alone: another project's may go by the same name.
func IsIndex(body []byte) bool { return bytes.HasPrefix(body, []byte("go index v")) }

// HasNative reports whether an object is a package's archive with members that an assembler or a C compiler wrote. The go command's
// name for it says nothing of headers outside the package.
func HasNative(body []byte) bool {
	return anyMember(body, func(name string, _ []byte) bool { return !goMembers[name] })
}

// HasC reports whether it has members that Go's own tools did not write: their objects begin with a line that says so
// (cmd/internal/objfile, "go object OS ARCH VERSION").
func HasC(body []byte) bool {
	return anyMember(body, func(name string, data []byte) bool {
		return !goMembers[name] && !bytes.HasPrefix(data, []byte("go object "))
	})
}

// anyMember reports whether an archive has such a member, or is not what the Go tools write: better to compile that once more.
func anyMember(body []byte, is func(name string, data []byte) bool) bool {
	if !IsArchive(body) {
		return false
	}
	for at := len(archiveMagic); at < len(body); {
		if at+archiveHeader > len(body) {
			return true
		}
		header := string(body[at : at+archiveHeader])
		size, err := strconv.Atoi(strings.TrimSpace(header[48:58]))
		at += archiveHeader
		if err != nil || size < 0 || size > len(body)-at || is(strings.TrimRight(header[:16], " "), body[at:at+size]) {
			return true
		}
		at += size + size%2
	}
	return false
}
