package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/sysroot"
)

// aptDir is where apt's sources are listed.
const aptDir = "/etc/apt"

// aptSource is one archive that apt uses.
type aptSource struct {
	uri    string
	suites []string
	keys   []string // keyring files that its signature is checked with; none: apt's common ones
}

// discoverDebian returns the mirror of Debian's archive, and of its security archive, that apt uses on this machine, and the keys that sign
// these where they are not Debian's. Archives of other distributions and vendors do not count.
func discoverDebian(dir string) []found {
	mirrors, keys := map[string]found{}, &found{arg: argKeys}
	files, _ := filepath.Glob(filepath.Join(dir, "sources.list.d", "*"))
	for _, path := range append([]string{filepath.Join(dir, "sources.list")}, files...) {
		for _, s := range aptSources(path) {
			arg := s.buildArg()
			if _, known := mirrors[arg]; arg != "" && !known {
				mirrors[arg] = found{arg, strings.TrimRight(s.uri, "/"), path}
				keys.addKeys(s.keys)
			}
		}
	}
	var out []found
	for _, arg := range []string{"DEBIAN_MIRROR", "DEBIAN_SECURITY_MIRROR"} {
		if f, ok := mirrors[arg]; ok {
			out = append(out, f)
		}
	}
	if keys.value != "" {
		out = append(out, *keys)
	}
	return out
}

// argKeys is the build arg with the keys of mirrors that are signed anew.
const argKeys = "DEBIAN_KEYS"

// addKeys adds the keyrings of a source. Those of the package debian-archive-keyring have the keys that crossgo knows.
func (f *found) addKeys(files []string) {
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil || strings.HasPrefix(filepath.Base(name), "debian-archive-") || slices.Contains(strings.Split(f.from, ", "), name) {
			continue
		}
		keys, err := sysroot.Armor(data)
		if err != nil {
			fmt.Fprintf(os.Stderr, "note: apt's keyring %s is not handed to the build: %v\n", name, err)
			continue
		}
		f.value, f.from = f.value+keys, strings.TrimPrefix(f.from+", "+name, ", ")
	}
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
		var keys []string
		if open, rest, ok := strings.Cut(line, "["); ok {
			if options, after, ok := strings.Cut(rest, "]"); ok {
				line, keys = open+after, signedBy(options)
			}
		}
		fields := strings.Fields(line)
		if len(fields) >= 3 && fields[0] == "deb" {
			out = append(out, aptSource{fields[1], fields[2:3], keys})
		}
	}
	return out
}

// signedBy finds the keyrings among the options of a line.
func signedBy(options string) []string {
	for _, o := range strings.Fields(options) {
		if files, ok := strings.CutPrefix(o, "signed-by="); ok {
			return keyFiles(strings.Split(files, ","))
		}
	}
	return nil
}

// keyFiles are the names of files among what may be fingerprints as well, or a key itself.
func keyFiles(words []string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return !filepath.IsAbs(w) })
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
			out = append(out, aptSource{uri, fields["suites"], keyFiles(fields["signed-by"])})
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
