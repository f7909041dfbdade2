package env

import (
	"regexp"
	"strings"
	"time"
)

// stamp is a time as Release files write it.
func stamp(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC") }

// fieldLine finds a field that fits on its own line.
func fieldLine(name string) *regexp.Regexp { return regexp.MustCompile(`(?m)^` + name + `: *(.*)\n`) }

// field is the value of a one-line field of a Release, or nothing.
func field(text []byte, name string) string {
	if m := fieldLine(name).FindSubmatch(text); m != nil {
		return strings.TrimSpace(string(m[1]))
	}
	return ""
}

// setField changes a one-line field, or puts it first.
func setField(text []byte, name, value string) []byte {
	line := []byte(name + ": " + value + "\n")
	if re := fieldLine(name); re.Match(text) {
		return re.ReplaceAllLiteral(text, line)
	}
	return append(line, text...)
}
