package main

import (
	"os"
	"path/filepath"
	"testing"

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
