package verify

import (
	"bytes"
	stdbinary "encoding/binary"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// The head of Go's build information (debug/buildinfo): a mark, the size of pointers, flags, and 32 bytes from its start two
// texts with their lengths before them: the Go version and the module information, the latter between infoStart and infoEnd.
const (
	buildInfoHead   = 32
	buildInfoInline = 2 // flag: the texts stand here, as they do since Go 1.18
)

// buildInfoMark is put together when the program starts, so that it does not stand in every program that has this package.
var buildInfoMark = []byte(strings.Join([]string{"\xff Go build", "inf:"}, ""))

// archiveBuildInfo reads the build info of a c-archive: debug/buildinfo reads no objects. It stands in the one member that Go
// itself linked.
func archiveBuildInfo(r io.ReaderAt, members []member) (*debug.BuildInfo, error) {
	for _, m := range members {
		if info := objectBuildInfo(io.NewSectionReader(r, m.at, m.size), m.size); info != nil {
			return info, nil
		}
	}
	return nil, fmt.Errorf("no build info")
}

// objectBuildInfo looks for the mark and reads what follows, nil without any.
func objectBuildInfo(r io.ReaderAt, size int64) *debug.BuildInfo {
	for from := int64(0); ; {
		i := find(io.NewSectionReader(r, from, size-from), size-from, buildInfoMark)
		if i < 0 {
			return nil
		}
		raw := make([]byte, min(size-from-i, infoMax))
		if n, err := r.ReadAt(raw, from+i); err != nil && err != io.EOF || n < len(raw) {
			return nil
		}
		if info := parseBuildInfo(raw); info != nil {
			return info
		}
		from += i + int64(len(buildInfoMark))
	}
}

// parseBuildInfo reads the two texts.
func parseBuildInfo(raw []byte) *debug.BuildInfo {
	if len(raw) < buildInfoHead || raw[15]&buildInfoInline == 0 {
		return nil
	}
	version, rest := lengthText(raw[buildInfoHead:])
	text, _ := lengthText(rest)
	text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte(infoStart)), []byte(infoEnd))
	info, err := debug.ParseBuildInfo(string(text))
	if err != nil || len(version) == 0 || len(text) == 0 {
		return nil
	}
	info.GoVersion = string(version)
	return info
}

// lengthText cuts a text with its length before it.
func lengthText(raw []byte) (text, rest []byte) {
	length, n := stdbinary.Uvarint(raw)
	if n <= 0 || length > uint64(len(raw)-n) {
		return nil, nil
	}
	return raw[n : n+int(length)], raw[n+int(length):]
}
