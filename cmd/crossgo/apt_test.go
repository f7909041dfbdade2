package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/archivekey"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/stretchr/testify/require"
)

func TestDiscoverDebian(t *testing.T) {
	const main, security = "DEBIAN_MIRROR", "DEBIAN_SECURITY_MIRROR"
	for name, test := range map[string]struct {
		files map[string]string
		want  map[string]string
	}{
		"deb822": {
			files: map[string]string{"sources.list.d/debian.sources": `# a comment
Types: deb deb-src
# another
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`},
			want: map[string]string{main: "http://mirror.example/debian", security: "http://mirror.example/debian-security"},
		},
		"lines": {
			files: map[string]string{"sources.list": `# deb http://old.example/debian bookworm main
deb-src http://src.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian bookworm main # here
deb http://security.example/debian-security bookworm-security main
deb http://second.example/debian bookworm main
`},
			want: map[string]string{main: "https://mirror.example/debian", security: "http://security.example/debian-security"},
		},
		"security beside the main archive": {
			files: map[string]string{"sources.list": "deb http://mirror.example/debian bullseye/updates main\n"},
			want:  map[string]string{security: "http://mirror.example/debian"},
		},
		"the list comes before its folder": {
			files: map[string]string{"sources.list": "deb http://one.example/debian sid main\n", "sources.list.d/b.list": "deb http://two.example/debian sid main\n"},
			want:  map[string]string{main: "http://one.example/debian"},
		},
		"switched off": {files: map[string]string{"sources.list.d/a.sources": "Enabled: no\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: sid\n"}},
		"continued line": {
			files: map[string]string{"sources.list.d/a.sources": "Types: deb\nURIs:\n http://mirror.example/debian\nSuites: sid\n"},
			want:  map[string]string{main: "http://mirror.example/debian"},
		},
		"other vendors": {files: map[string]string{"sources.list": "deb http://mirror.example/ubuntu noble main\ndeb https://vendor.example/apt stable main\ndeb cdrom:[x]/debian sid main\ndeb file:/srv/debian sid main\n"}},
		"other files":   {files: map[string]string{"sources.list.d/debian.list.bak": "deb http://mirror.example/debian sid main\n"}},
		"no apt":        {},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(dir, "sources.list.d"), 0o755))
			for file, text := range test.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644))
			}
			got := map[string]string{}
			for _, f := range discoverDebian(dir) {
				got[f.arg] = f.value
			}
			if test.want == nil {
				test.want = map[string]string{}
			}
			require.Equal(t, test.want, got)
		})
	}
}

// TestKeysOfTheMachinesMirror: those that apt checks the mirror with, unless they are Debian's own.
func TestKeysOfTheMachinesMirror(t *testing.T) {
	dir := t.TempDir()
	key := archivekey.New(t, 0)
	var binary bytes.Buffer
	require.NoError(t, key.Serialize(&binary))
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, data, 0o644))
		return path
	}
	company, debian := file("company.gpg", binary.Bytes()), file("debian-archive-keyring.gpg", binary.Bytes())
	broken := file("broken.gpg", []byte("x"))
	line := func(keys string) string {
		return "deb [arch=amd64 signed-by=" + keys + "] http://mirror.example/debian trixie main\n"
	}
	stanza := func(keys string) string {
		return "Types: deb\nURIs: http://mirror.example/debian http://mirror.example/debian-security\nSuites: trixie\nSigned-By: " + keys + "\n"
	}
	for name, c := range map[string]struct {
		file, text, from string
	}{
		"line":         {"sources.list", line(company), company},
		"stanza":       {"sources.list.d/a.sources", stanza(company + " " + debian), company},
		"Debian's":     {"sources.list", line(debian), ""},
		"other vendor": {"sources.list", strings.Replace(line(company), "/debian", "/apt", 1), ""},
		"fingerprint":  {"sources.list", line(archivekey.Fingerprint(key)), ""},
		"no keyring":   {"sources.list", line(broken), ""},
		"not there":    {"sources.list", line("/nowhere/x.gpg"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			etc := t.TempDir()
			path := filepath.Join(etc, c.file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
			var keys found
			for _, f := range discoverDebian(etc) {
				if f.arg == "DEBIAN_KEYS" {
					keys = f
				}
			}
			require.Equal(t, c.from, keys.from)
			if c.from != "" {
				ring, err := sysroot.Keyring{}.Add([]byte(keys.value))
				require.NoError(t, err)
				require.Equal(t, archivekey.Fingerprint(key)+" (Archive <archive@example.org>)", ring.String())
			}
		})
	}
}
