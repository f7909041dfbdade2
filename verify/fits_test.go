package verify

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// imageFiles is a root file system: paths to file content, or to a link's target after "->".
type imageFiles map[string]string

// make writes the tree and gives its root. Every file is executable, a name ending in "!" is not.
func (files imageFiles) make(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		mode := os.FileMode(0o755)
		if strings.HasSuffix(name, "!") {
			name, mode = strings.TrimSuffix(name, "!"), 0o644
		}
		place := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(place), 0o755))
		if target, ok := strings.CutPrefix(content, "->"); ok {
			require.NoError(t, os.Symlink(target, place))
			continue
		}
		require.NoError(t, os.WriteFile(place, []byte(content), mode))
	}
	return root
}

func lib(needed []string, defines ...string) string {
	return string(elfSpec{machine: elf.EM_X86_64, kind: elf.ET_DYN, dynamic: true, needed: needed, defines: defines}.build())
}

func app(interp string, spec elfSpec) string {
	spec.interp = interp
	if spec.machine == 0 {
		spec.machine = elf.EM_X86_64
	}
	return string(spec.build())
}

// debian is a glibc 2.31 image in Debian's layout, with absolute links as real images have them.
func debian(more imageFiles) imageFiles {
	files := imageFiles{
		"lib64":                                        "->/usr/lib64",
		"lib":                                          "->usr/lib",
		"usr/lib64/ld-linux-x86-64.so.2":               "->/lib/x86_64-linux-gnu/ld-2.31.so",
		"usr/lib/x86_64-linux-gnu/ld-2.31.so":          lib(nil, "GLIBC_2.2.5"),
		"usr/lib/x86_64-linux-gnu/libc.so.6":           "->libc-2.31.so",
		"usr/lib/x86_64-linux-gnu/libc-2.31.so":        lib([]string{"ld-linux-x86-64.so.2"}, "GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.31"),
		"usr/lib/x86_64-linux-gnu/libwrongmachine.so!": string(elfSpec{machine: elf.EM_AARCH64, kind: elf.ET_DYN, dynamic: true}.build()),
		"usr/lib/x86_64-linux-gnu/libtext.so!":         "text",
		"usr/lib/x86_64-linux-gnu/libdeep.so!":         lib([]string{"libabsent.so", "libc.so.6"}),
		"opt/lib/libown.so!":                           lib([]string{"libsecond.so"}),
		"opt/lib/libsecond.so!":                        lib(nil),
	}
	for name, content := range more {
		files[name] = content
	}
	return files
}

func alpine(more imageFiles) imageFiles {
	files := imageFiles{
		"lib/ld-musl-x86_64.so.1":        lib(nil),
		"lib/libc.musl-x86_64.so.1":      "->ld-musl-x86_64.so.1",
		"usr/lib/libsqlite3.so.0!":       lib(muslSo),
		"opt/own/libown.so!":             lib(muslSo),
		"usr/lib/libneedsgone.so!":       lib([]string{"libgone.so"}),
		"usr/local/lib/libwithrpath.so!": lib([]string{"libown.so"}),
	}
	for name, content := range more {
		files[name] = content
	}
	return files
}

func TestFits(t *testing.T) {
	needs := func(names ...string) elfSpec { return elfSpec{needed: names} }
	for _, c := range []struct {
		name  string
		image imageFiles
		app   string
		fails []string
		check string
		text  string
	}{
		{"static fits anywhere", imageFiles{}, app("", elfSpec{}), nil, "fits-loader", "needs nothing"},
		{"glibc in an empty image", imageFiles{}, app(glibcLoader, needs("libc.so.6")), []string{"fits-loader"}, "fits-loader", "needs " + glibcLoader + " (glibc), which the image does not have (it has no loader at all"},
		{"glibc on alpine", alpine(nil), app(glibcLoader, needs("libc.so.6")), []string{"fits-loader"}, "fits-loader",
			"needs /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have (its loader is /lib/ld-musl-x86_64.so.1: musl)"},
		{"musl on debian", debian(nil), app(muslLoader, needs(muslSo...)), []string{"fits-loader"}, "fits-loader", "(its loader is /lib64/ld-linux-x86-64.so.2: glibc)"},
		{"glibc on debian", debian(nil), app(glibcLoader, elfSpec{needed: glibcSo, needs: glibcNeed("GLIBC_2.9")}), nil, "fits-versions", "glibc 2.31 in the image"},
		{"glibc too new", debian(nil), app(glibcLoader, elfSpec{needed: glibcSo, needs: glibcNeed("GLIBC_2.9", "GLIBC_2.34")}), []string{"fits-versions"}, "fits-versions", "/app needs glibc 2.34, the image has glibc 2.31"},
		{"version not defined", debian(nil), app(glibcLoader, elfSpec{needed: glibcSo, needs: glibcNeed("GLIBC_2.10")}), []string{"fits-versions"}, "fits-versions", "GLIBC_2.10 of libc.so.6"},
		{"library missing", debian(nil), app(glibcLoader, needs("libstdc++.so.6", "libc.so.6")), []string{"fits-needed"}, "fits-needed", "/app needs libstdc++.so.6, which the image does not have in /lib/x86_64-linux-gnu"},
		{"library's library missing", debian(nil), app(glibcLoader, needs("libdeep.so")), []string{"fits-needed"}, "fits-needed", "/usr/lib/x86_64-linux-gnu/libdeep.so needs libabsent.so"},
		{"library of another machine", debian(nil), app(glibcLoader, needs("libwrongmachine.so")), []string{"fits-needed"}, "fits-needed", "aarch64, want ELF 64-bit little endian x86-64"},
		{"library that is text", debian(nil), app(glibcLoader, needs("libtext.so")), []string{"fits-needed"}, "fits-needed", "unknown format"},
		{"runpath is not inherited", debian(nil), app(glibcLoader, elfSpec{needed: []string{"libown.so"}, runpath: "/opt/lib"}), []string{"fits-needed"}, "fits-needed", "/opt/lib/libown.so needs libsecond.so"},
		{"rpath is inherited", debian(nil), app(glibcLoader, elfSpec{needed: []string{"libown.so"}, rpath: "/opt/lib"}), nil, "fits-needed", "/opt/lib/libown.so, /opt/lib/libsecond.so"},
		{"rpath beside a runpath is ignored", debian(nil), app(glibcLoader, elfSpec{needed: []string{"libsecond.so"}, rpath: "/opt/lib", runpath: "/nowhere"}), []string{"fits-needed"}, "fits-needed", "libsecond.so"},
		{"origin", debian(nil), app(glibcLoader, elfSpec{needed: []string{"libsecond.so"}, runpath: "$ORIGIN/opt/lib"}), nil, "fits-needed", "/opt/lib/libsecond.so"},
		{"path in needed", debian(nil), app(glibcLoader, needs("/opt/lib/libsecond.so")), nil, "fits-needed", "/opt/lib/libsecond.so"},
		{"ld.so.conf", debian(imageFiles{"etc/ld.so.cache!": "", "etc/ld.so.conf!": "# dirs\ninclude ld.so.conf.d/*.conf\n", "etc/ld.so.conf.d/own.conf!": "/opt/lib # ours\n"}),
			app(glibcLoader, needs("libown.so")), nil, "fits-needed", "/opt/lib/libown.so"},
		{"ld.so.conf without ldconfig", debian(imageFiles{"etc/ld.so.conf!": "/opt/lib\n"}), app(glibcLoader, needs("libown.so")), []string{"fits-needed"}, "fits-needed", "libown.so"},
		{"loader of another machine", imageFiles{"lib64/ld-linux-x86-64.so.2": string(elfSpec{machine: elf.EM_AARCH64}.build())}, app(glibcLoader, needs()), []string{"fits-loader"}, "fits-loader", "aarch64"},
		{"loader not executable", imageFiles{"lib64/ld-linux-x86-64.so.2!": lib(nil)}, app(glibcLoader, needs()), []string{"fits-loader"}, "fits-loader", "right to execute"},
		{"a loader of Debian's by itself", imageFiles{"lib64/ld-linux-x86-64.so.2": lib(nil) + "\x00/lib/x86_64-linux-gnu/\x00/usr/lib/x86_64-linux-gnu/\x00/lib/\x00", "usr/lib/x86_64-linux-gnu/libx.so!": lib(nil)},
			app(glibcLoader, needs("libx.so")), nil, "fits-needed", "/usr/lib/x86_64-linux-gnu/libx.so"},
		{"lib64 layout", imageFiles{"lib64/ld-linux-x86-64.so.2": lib(nil), "usr/lib64/libx.so!": lib(nil)}, app(glibcLoader, needs("libx.so")), nil, "fits-needed", "/usr/lib64/libx.so"},
		{"musl on alpine", alpine(nil), app(muslLoader, needs("libsqlite3.so.0", "libc.musl-x86_64.so.1")), nil, "fits-needed", "/usr/lib/libsqlite3.so.0"},
		{"musl library missing", alpine(nil), app(muslLoader, needs("libneedsgone.so")), []string{"fits-needed"}, "fits-needed", "libgone.so"},
		{"musl inherits runpath", alpine(nil), app(muslLoader, elfSpec{needed: []string{"libwithrpath.so"}, runpath: "/opt/own"}), nil, "fits-needed", "/opt/own/libown.so"},
		{"musl path file", alpine(imageFiles{"etc/ld-musl-x86_64.path!": "/opt/own\n"}), app(muslLoader, needs("libown.so")), nil, "fits-needed", "/opt/own/libown.so"},
		{"musl path file replaces the default", alpine(imageFiles{"etc/ld-musl-x86_64.path!": "/opt/own\n"}), app(muslLoader, needs("libsqlite3.so.0")), []string{"fits-needed"}, "fits-needed", "in /opt/own"},
		{"needed without loader", imageFiles{}, app("", needs("libc.so.6")), []string{"fits-loader"}, "fits-loader", "names no loader"},
		{"no executable", imageFiles{}, "text", []string{"fits-loader"}, "fits-loader", "unknown format"},
		{"wasm is a note", imageFiles{}, "\x00asm\x01\x00\x00\x00", nil, "fits-loader", "not looked for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "app")
			require.NoError(t, os.WriteFile(file, []byte(c.app), 0o755))
			findings, err := Fits(c.image.make(t), file)
			require.NoError(t, err)
			require.Equal(t, append([]string{}, c.fails...), failures(findings), "%v", findings)
			require.Contains(t, get(t, findings, c.check).Text, c.text)
		})
	}
}

// Links never lead out of the tree: what they name on this machine is not there for the image.
func TestFitsStaysInside(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "loader")
	require.NoError(t, os.WriteFile(outside, []byte(lib(nil)), 0o755))
	up := strings.Repeat("../", 30)
	for name, target := range map[string]string{"absolute": outside, "upwards": up + outside[1:], "itself": "ld-linux-x86-64.so.2"} {
		root := imageFiles{"lib64/ld-linux-x86-64.so.2": "->" + target, "app": app(glibcLoader, elfSpec{})}.make(t)
		findings, err := Fits(root, filepath.Join(root, "app"))
		require.NoError(t, err)
		require.Equal(t, []string{"fits-loader"}, failures(findings), name)
	}
	root := debian(imageFiles{"usr/bin/app": app(glibcLoader, elfSpec{needed: []string{"libsecond.so"}, runpath: "${ORIGIN}/../../opt/lib"}),
		"bin": "->/usr/bin"}).make(t)
	findings, err := Fits(root, filepath.Join(root, "bin", "app"))
	require.NoError(t, err)
	require.Empty(t, failures(findings), "%v", findings)
}

func TestFitsUnreadable(t *testing.T) {
	dir := t.TempDir()
	_, err := Fits(filepath.Join(dir, "missing"), "/dev/null")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Fits(dir, filepath.Join(t.TempDir(), "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
	findings, err := Fits(dir, t.TempDir())
	require.NoError(t, err)
	require.Equal(t, "is a directory, want an executable", findings[0].Text)
}
