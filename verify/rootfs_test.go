package verify

import (
	"archive/tar"
	"debug/elf"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// filesIn puts files with a mode, and an owner after it, into a file system: "0755 etc/passwd", "0700:1000:1000 opt/app", and links as
// imageFiles has them.
func filesIn(t *testing.T, files map[string]string) FS {
	t.Helper()
	all := fstest.MapFS{}
	for key, content := range files {
		words, name, ok := strings.Cut(key, " ")
		require.True(t, ok, key)
		mode, ids, _ := strings.Cut(words, ":")
		uid, gid, _ := strings.Cut(ids, ":")
		f := &fstest.MapFile{Data: []byte(content), Mode: fs.FileMode(number(t, mode, 8)), Sys: &tar.Header{Uid: number(t, uid, 10), Gid: number(t, gid, 10)}}
		if target, link := strings.CutPrefix(content, "->"); link {
			f.Data, f.Mode = []byte(target), fs.ModeSymlink|0o777
		}
		if content == "dir" {
			f.Data, f.Mode = nil, f.Mode|fs.ModeDir
		}
		all[name] = f
	}
	for name := range all { // those that nobody named have the mode 0555 in a MapFS
		for dir := path.Dir(name); dir != "." && all[dir] == nil; dir = path.Dir(dir) {
			all[dir] = &fstest.MapFile{Mode: fs.ModeDir | 0o755}
		}
	}
	return all
}

func number(t *testing.T, text string, base int) (n int) {
	t.Helper()
	for _, c := range text {
		require.True(t, c >= '0' && c < '0'+rune(base), text)
		n = n*base + int(c-'0')
	}
	return n
}

const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\napp:x:1000:1000::/:/bin/sh\n"
	group  = "root:x:0:\nwww:x:33:other,app\nstaff:x:50:\n"
)

func TestLookupUser(t *testing.T) {
	root := tree{filesIn(t, map[string]string{"0644 etc/passwd": passwd, "0644 etc/group": group})}
	for name, want := range map[string]user{
		"":           {"", 0, []int{0}},
		"root":       {"root", 0, []int{0}},
		"app":        {"app", 1000, []int{1000, 33}},
		"1000":       {"1000", 1000, []int{1000, 33}},
		"65532":      {"65532", 65532, []int{0}},
		"65532:65":   {"65532:65", 65532, []int{65}},
		"app:staff":  {"app:staff", 1000, []int{50}},
		"app:123":    {"app:123", 1000, []int{123}},
		"1234:staff": {"1234:staff", 1234, []int{50}},
	} {
		got, err := lookupUser(root, name)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
	for name, text := range map[string]string{"nobody": "no user nobody in /etc/passwd", "app:nogroup": "no group nogroup in /etc/group", "broken": "no user broken"} {
		_, err := lookupUser(root, name)
		require.ErrorContains(t, err, text)
	}
	_, err := lookupUser(tree{filesIn(t, nil)}, "app")
	require.ErrorContains(t, err, "no user app")
}

func TestFitsModes(t *testing.T) {
	loader := lib(nil)
	dynamic := app(muslLoader, elfSpec{needed: []string{"libx.so"}})
	whole := func(changes map[string]string, without ...string) FS {
		files := map[string]string{
			"0644 etc/passwd": passwd, "0644 etc/group": group,
			"0755 usr/bin/app": dynamic, "0777 bin": "->usr/bin", "0755 lib/ld-musl-x86_64.so.1": loader, "0644 usr/lib/libx.so": lib(nil),
		}
		for _, name := range without {
			delete(files, name)
		}
		for name, content := range changes {
			files[name] = content
		}
		return filesIn(t, files)
	}
	for _, c := range []struct {
		name, user, program string
		image               FS
		text                string // empty: it holds
	}{
		{"nonroot", "65532", "/bin/app", whole(nil), ""},
		{"root", "", "/usr/bin/app", whole(map[string]string{"0600 usr/lib/libx.so": lib(nil)}, "0644 usr/lib/libx.so"), ""},
		{"no such user", "www", "/bin/app", whole(nil), "the image has no user www in /etc/passwd"},
		{"program", "65532:65532", "/bin/app", whole(map[string]string{"0750 usr/bin/app": dynamic}, "0755 usr/bin/app"),
			"user 65532:65532 may not execute /bin/app (mode 0750, owner 0:0)"},
		{"a number without a group has the group 0", "65532", "/bin/app", whole(map[string]string{"0750 usr/bin/app": dynamic}, "0755 usr/bin/app"), ""},
		{"program of its group", "65532:7", "/bin/app", whole(map[string]string{"0710:0:7 usr/bin/app": dynamic}, "0755 usr/bin/app"), ""},
		{"program of another group of the user", "app", "/bin/app", whole(map[string]string{"0710:0:33 usr/bin/app": dynamic}, "0755 usr/bin/app"), ""},
		{"the owner has less than others", "app", "/bin/app", whole(map[string]string{"0455:1000:0 usr/bin/app": dynamic}, "0755 usr/bin/app"),
			"user app may not execute /bin/app (mode 0455, owner 1000:0)"},
		{"nobody may, not even root", "", "/bin/app", whole(map[string]string{"0644 usr/bin/app": dynamic}, "0755 usr/bin/app"), "root may not execute /bin/app (mode 0644"},
		{"directory", "65532", "/bin/app", whole(map[string]string{"0700:1000:0 usr": "dir"}), "user 65532 may not enter /usr (mode 0700, owner 1000:0)"},
		{"directory and root", "", "/bin/app", whole(map[string]string{"0700:1000:0 usr": "dir"}), ""},
		{"top", "65532", "/bin/app", whole(map[string]string{"0700 .": "dir"}), "user 65532 may not enter / (mode 0700"},
		{"loader", "65532", "/bin/app", whole(map[string]string{"0744 lib/ld-musl-x86_64.so.1": loader}, "0755 lib/ld-musl-x86_64.so.1"),
			"user 65532 may not execute /lib/ld-musl-x86_64.so.1"},
		{"library", "65532:65532", "/bin/app", whole(map[string]string{"0640 usr/lib/libx.so": lib(nil)}, "0644 usr/lib/libx.so"), "user 65532:65532 may not read /usr/lib/libx.so"},
	} {
		t.Run(c.name, func(t *testing.T) {
			findings, err := Rootfs{FS: c.image, User: c.user}.Fits(Program{Path: c.program})
			require.NoError(t, err)
			f := get(t, findings, "fits-modes")
			if c.text == "" {
				require.Equal(t, Pass, f.Level, f.Text)
				require.Empty(t, failures(findings))
				return
			}
			require.Equal(t, []string{"fits-modes"}, failures(findings), "%v", findings)
			require.Contains(t, f.Text, c.text)
		})
	}
	findings, err := Rootfs{FS: whole(map[string]string{"0700 usr": "dir"}), User: "65532", Allow: []string{"fits-modes"}}.Fits(Program{Path: "/bin/app"})
	require.NoError(t, err)
	require.Equal(t, Note, get(t, findings, "fits-modes").Level)
}

// A program that the image does not have yet brings its mode; zero is for those whose mode is set later.
func TestFitsModesOfWhatIsPutThere(t *testing.T) {
	static := app("", elfSpec{})
	for mode, text := range map[fs.FileMode]string{0o755: "", 0: "", 0o711: "", 0o700: "may not execute /app (mode 0700, owner 0:0)", 0o644: "(mode 0644"} {
		findings, err := Rootfs{FS: filesIn(t, nil), User: "65532"}.Fits(Program{Path: "/app", File: strings.NewReader(static), Size: int64(len(static)), Mode: mode})
		require.NoError(t, err)
		f := get(t, findings, "fits-modes")
		require.Equal(t, text == "", f.Level == Pass, f.Text)
		require.Contains(t, f.Text, text)
	}
}

func TestImageMachine(t *testing.T) {
	of := func(m elf.Machine) string { return string(elfSpec{machine: m}.build()) }
	amd, arm := of(elf.EM_X86_64), of(elf.EM_AARCH64)
	for _, c := range []struct {
		name  string
		files map[string]string
		level Level
		text  string
	}{
		{"empty", nil, Pass, "has no programs of its own"},
		{"right", map[string]string{"0755 usr/bin/sh": arm, "0777 bin": "->usr/bin", "0755 usr/bin/ls": arm}, Pass, "aarch64, 64-bit, little endian (2 of 2 files)"},
		{"some foreign", map[string]string{"0755 bin/sh": arm, "0755 bin/ls": arm, "0755 bin/qemu": amd}, Pass, "(2 of 3 files)"},
		{"wrong", map[string]string{"0755 bin/sh": amd, "0755 bin/ls": amd}, Fail, "its own programs are for x86-64, 64-bit, little endian, as /bin/ls is, want aarch64"},
		{"another one", map[string]string{"0755 bin/sh": of(elf.EM_S390)}, Fail, "are for s390, "},
		{"libraries alone", map[string]string{"0644 usr/lib/x86_64-linux-gnu/libc.so.6": amd}, Fail, "as /usr/lib/x86_64-linux-gnu/libc.so.6 is"},
		{"programs before libraries", map[string]string{"0755 bin/sh": arm, "0644 lib/a.so": amd, "0644 lib/b.so": amd}, Pass, "(1 of 1 files)"},
		{"scripts do not count", map[string]string{"0755 bin/sh": "#!/bin/busybox", "0755 bin/x": "\x7fELF"}, Pass, "no programs"},
		{"links do not lead out", map[string]string{"0777 bin": "->/../../proc/self"}, Pass, "no programs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := WantFor("linux/arm64")
			require.NoError(t, err)
			f := get(t, Rootfs{FS: filesIn(t, c.files)}.Machine(want), "fits-machine")
			require.Equal(t, c.level, f.Level, f.Text)
			require.Contains(t, f.Text, c.text)
		})
	}
}

func TestEntry(t *testing.T) {
	static := app("", elfSpec{})
	files := map[string]string{
		"0755 usr/bin/sh": static, "0777 bin": "->usr/bin", "0755 srv/server": static, "0644 srv/plain": static,
		"0755 srv/start": "#!/bin/sh -e\nexec server\n", "0755 srv/twice": "#! /srv/start\n", "0755 srv/crlf": "#!/bin/sh\r\n", "0755 srv/bash": "#!/bin/bash\n",
		"0755 srv/loop": "#!/srv/loop\n", "0755 srv/empty": "#!\n", "0755 etc": "dir", "0700 srv/mine": "#!/bin/sh\n",
	}
	for _, c := range []struct {
		args    string
		workdir string
		env     string
		program string // empty: fails
		text    string
	}{
		{args: "/srv/server --flag", program: "/srv/server", text: "starts /srv/server"},
		{args: "sh -c x", program: "/usr/bin/sh", text: "starts /usr/bin/sh"},
		{args: "server", env: "PATH=/bin:/srv", program: "/srv/server", text: "starts /srv/server"},
		{args: "./server", workdir: "/srv", program: "/srv/server", text: "/srv/server"},
		{args: "server", env: "PATH=.", workdir: "/srv", program: "/srv/server", text: "/srv/server"},
		{args: "/srv/start", program: "/bin/sh", text: "starts /srv/start, a script for /bin/sh"},
		{args: "/srv/twice", program: "/bin/sh", text: "a script for /srv/start, a script for /bin/sh"},
		{args: "/srv/empty", program: "/srv/empty", text: "starts /srv/empty"},
		{args: "server", text: "starts server, which is in no directory of PATH (/usr/local/sbin:"},
		{args: "plain", env: "PATH=/srv", text: "in no directory of PATH (/srv)"},
		{args: "/server", text: "starts /server, which the image does not have"},
		{args: "/etc", text: "starts /etc, which is a directory"},
		{args: "/srv/crlf", text: "ends with a carriage return"},
		{args: "/srv/bash", text: "the script /srv/bash for /bin/bash, which the image does not have"},
		{args: "/srv/loop", text: "behind more than 5 scripts"},
	} {
		t.Run(c.args, func(t *testing.T) {
			program, findings := Rootfs{FS: filesIn(t, files), User: "65532"}.Entry(Start{Args: strings.Fields(c.args), Env: []string{"HOME=/", c.env}, WorkDir: c.workdir})
			require.Equal(t, c.program, program, "%v", findings)
			f := get(t, findings, "fits-entrypoint")
			require.Equal(t, c.program == "", f.Level == Fail)
			require.Contains(t, f.Text, c.text)
		})
	}
	_, findings := Rootfs{FS: filesIn(t, files), User: "65532"}.Entry(Start{Args: []string{"/srv/mine"}})
	require.Contains(t, get(t, findings, "fits-modes").Text, "user 65532 may not execute /srv/mine (mode 0700")
	_, findings = Rootfs{FS: filesIn(t, nil)}.Entry(Start{Args: []string{"/bin/sh", "-c", "server"}})
	require.Contains(t, findings[0].Text, "an entrypoint that is no list needs a shell")
	_, findings = Rootfs{FS: filesIn(t, nil)}.Entry(Start{})
	require.Equal(t, Note, findings[0].Level)
}

// What is missing is named with the package that has it.
func TestBrings(t *testing.T) {
	for _, c := range []struct {
		image imageFiles
		app   string
		text  string
	}{
		{debian(nil), app(glibcLoader, elfSpec{needed: []string{"libstdc++.so.6"}}), "; Debian's libstdc++6 brings it"},
		{debian(nil), app(glibcLoader, elfSpec{needed: []string{"libm.so.6"}}), "; Debian's libc6 brings it"},
		{alpine(nil), app(muslLoader, elfSpec{needed: []string{"libstdc++.so.6"}}), "; Alpine's libstdc++ brings it"},
		{alpine(nil), app(glibcLoader, elfSpec{}), "; Debian's libc6 brings it, Alpine's gcompat stands in"},
		{debian(nil), app(muslLoader, elfSpec{}), "; Alpine's base images have it, Debian's musl brings it"},
	} {
		root := c.image
		root["app"] = c.app
		dir := root.make(t)
		findings, err := Fits(dir, dir+"/app")
		require.NoError(t, err)
		require.Contains(t, strings.Join(texts(findings), "\n"), c.text)
	}
	seen := map[string]bool{}
	for _, b := range bringers {
		require.False(t, seen[b.file], b.file)
		require.NotEmpty(t, b.debian+b.alpine, b.file)
		seen[b.file] = true
	}
}

func texts(findings []Finding) (all []string) {
	for _, f := range findings {
		all = append(all, f.Text)
	}
	return all
}

func TestToldPlatform(t *testing.T) {
	facts := func(settings ...Setting) Facts { return Facts{Build: &Build{Settings: settings}} }
	for want, f := range map[string]Facts{
		"linux/amd64":          facts(Setting{"GOOS", "linux"}, Setting{"GOARCH", "amd64"}, Setting{"GOAMD64", "v1"}),
		"linux/amd64/v3":       facts(Setting{"GOOS", "linux"}, Setting{"GOARCH", "amd64"}, Setting{"GOAMD64", "v3"}),
		"linux/arm/v6":         facts(Setting{"GOOS", "linux"}, Setting{"GOARCH", "arm"}, Setting{"GOARM", "6,hardfloat"}),
		"darwin/arm64":         facts(Setting{"GOOS", "darwin"}, Setting{"GOARCH", "arm64"}),
		"windows/amd64":        facts(Setting{"GOOS", "windows"}, Setting{"GOARCH", "amd64"}, Setting{"GOAMD64", "v9"}),
		"linux/mips/softfloat": facts(Setting{"GOOS", "linux"}, Setting{"GOARCH", "mips"}, Setting{"GOMIPS", "softfloat"}),
		"":                     facts(Setting{"GOOS", "linux"}, Setting{"GOARCH", "vax"}),
	} {
		require.Equal(t, want, f.Platform())
	}
	require.Empty(t, Facts{}.Platform())
}
