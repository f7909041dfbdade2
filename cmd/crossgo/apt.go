package main

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// aptDir is where apt's sources are listed.
const aptDir = "/etc/apt"

// aptSource is one archive that apt uses.
type aptSource struct {
	uri    string
	suites []string
}

// discoverDebian returns the mirror of Debian's archive, and of its security archive, that apt uses on this machine.
// Archives of other distributions and vendors do not count.
func discoverDebian(dir string) []found {
	mirrors := map[string]found{}
	files, _ := filepath.Glob(filepath.Join(dir, "sources.list.d", "*"))
	for _, path := range append([]string{filepath.Join(dir, "sources.list")}, files...) {
		for _, s := range aptSources(path) {
			arg := s.buildArg()
			if _, known := mirrors[arg]; arg != "" && !known {
				mirrors[arg] = found{arg, strings.TrimRight(s.uri, "/"), path}
			}
		}
	}
	var out []found
	for _, arg := range []string{"DEBIAN_MIRROR", "DEBIAN_SECURITY_MIRROR"} {
		if f, ok := mirrors[arg]; ok {
			out = append(out, f)
		}
	}
	return out
}

// buildArg says what the archive is good for: the build arg that takes it, or "".
func (s aptSource) buildArg() string {
	u, err := url.Parse(s.uri)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	path := strings.TrimRight(u.Path, "/")
	security := slices.ContainsFunc(s.suites, func(suite string) bool {
		return strings.HasSuffix(suite, "-security") || strings.HasSuffix(suite, "/updates")
	})
	switch {
	case security && strings.Contains(path, "debian"):
		return "DEBIAN_SECURITY_MIRROR"
	case !security && strings.HasSuffix(path, "/debian"):
		return "DEBIAN_MIRROR"
	}
	return ""
}

// aptSources reads one of apt's files, in the style that its name asks for; see sources.list(5).
func aptSources(path string) []aptSource {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	switch filepath.Ext(path) {
	case ".sources":
		return deb822Sources(string(data))
	case ".list":
		return lineSources(string(data))
	}
	return nil
}

// lineSources reads lines such as "deb [arch=amd64] http://host/debian bookworm main".
func lineSources(text string) []aptSource {
	var out []aptSource
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if open, rest, ok := strings.Cut(line, "["); ok {
			if _, after, ok := strings.Cut(rest, "]"); ok {
				line = open + after
			}
		}
		fields := strings.Fields(line)
		if len(fields) >= 3 && fields[0] == "deb" {
			out = append(out, aptSource{fields[1], fields[2:3]})
		}
	}
	return out
}

// deb822Sources reads stanzas of fields, parted by empty lines.
func deb822Sources(text string) []aptSource {
	var out []aptSource
	for _, stanza := range strings.Split(text, "\n\n") {
		fields := deb822Fields(stanza)
		enabled := len(fields["enabled"]) == 0 || fields["enabled"][0] != "no"
		if !enabled || !slices.Contains(fields["types"], "deb") {
			continue
		}
		for _, uri := range fields["uris"] {
			out = append(out, aptSource{uri, fields["suites"]})
		}
	}
	return out
}

// deb822Fields maps field names, in lower case, to their words. A line that begins with a space continues the last field.
func deb822Fields(stanza string) map[string][]string {
	fields, last := map[string][]string{}, ""
	for line := range strings.Lines(stanza) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			name, rest, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			last, line = strings.ToLower(name), rest
		}
		fields[last] = append(fields[last], strings.Fields(line)...)
	}
	return fields
}
