package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asking is a program that calls one function of the standard library for each need that a call shows.
const asking = `package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"time"
)

func main() {
	fmt.Println(http.Get(os.Args[1]))
	fmt.Println(time.LoadLocation(os.Args[1]))
	fmt.Println(user.Lookup(os.Args[1]))
	fmt.Println(os.CreateTemp("", "x"))
	fmt.Println(exec.Command("ls").Run())
	fmt.Println(os.UserCacheDir())
}
`

// quiet imports the same packages and calls what needs nothing. Its zones are its own, and its server checks nobody.
const quiet = `package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"time"
	_ "time/tzdata"
)

func main() {
	fmt.Println(time.LoadLocation(os.Args[1]))
	fmt.Println(http.ListenAndServe(":80", nil), exec.ErrNotFound, user.UnknownUserIdError(1), os.ErrNotExist)
}
`

var (
	askingBuild = goBuild{name: "asking", source: asking, env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}, args: []string{"-trimpath", "-ldflags=-s -w"}}
	quietBuild  = goBuild{name: "quiet", source: quiet, env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}}
	scratch     = Image{Base: "scratch", Chosen: true}
	auto        = Image{Base: "auto", Has: AutoMeets()}
)

// levels are the findings of the rules about needs, as "needs-tmp warn".
func levels(findings []Finding) []string {
	list := []string{}
	for _, f := range findings {
		if strings.HasPrefix(f.Check, "needs-") {
			list = append(list, f.Check+" "+string(f.Level))
		}
	}
	return list
}

func in(t *testing.T, b goBuild, img *Image, allow ...string) []Finding {
	t.Helper()
	findings, err := File(b.path(t), Want{GOOS: "linux", GOARCH: "amd64", Image: img, Allow: allow})
	require.NoError(t, err)
	require.Empty(t, failures(findings))
	return findings
}

func TestNeeds(t *testing.T) {
	withEnv, several := scratch, scratch
	withEnv.Env = []string{"TMPDIR=/data", "HOME=/data", "SSL_CERT_FILE=/ca.pem", "ZONEINFO="} // nothing is no place
	several.Has = []string{NeedPrograms}
	for _, c := range []struct {
		b    goBuild
		img  Image
		want []string
	}{
		{askingBuild, scratch, []string{"needs-roots warn", "needs-zones warn", "needs-users warn", "needs-home warn", "needs-tmp warn", "needs-programs warn"}},
		{askingBuild, withEnv, []string{"needs-roots pass", "needs-zones warn", "needs-users warn", "needs-home pass", "needs-tmp pass", "needs-programs warn"}},
		{askingBuild, several, []string{"needs-roots warn", "needs-zones warn", "needs-users warn", "needs-home warn", "needs-tmp warn", "needs-programs pass"}},
		{askingBuild, auto, []string{"needs-roots pass", "needs-zones pass", "needs-users pass", "needs-home pass", "needs-tmp pass", "needs-programs note"}},
		{quietBuild, scratch, []string{"needs-roots note"}},
		{quietBuild, auto, []string{"needs-roots pass"}},
		{forPlatform("linux/amd64"), scratch, []string{}},
	} {
		require.Equal(t, c.want, levels(in(t, c.b, &c.img)), "%s on %+v", c.b.name, c.img)
	}
}

func TestWhatNeedsSay(t *testing.T) {
	on := in(t, askingBuild, &scratch, "needs-zones")
	require.Equal(t, "the program looks for CA certificates (net/http.(*Client).do is linked), which the image on scratch does not have: "+
		"base: auto brings it, or an import of golang.org/x/crypto/x509roots/fallback", get(t, on, "needs-roots").Text)
	require.Equal(t, Note, get(t, on, "needs-zones").Level)
	require.Contains(t, get(t, on, "needs-zones").Text, "(allowed)")
	require.Contains(t, get(t, in(t, quietBuild, &scratch), "needs-roots").Text, "may look for CA certificates (crypto/x509.loadSystemRoots")

	alone := in(t, askingBuild, nil)
	require.Empty(t, levels(alone))
	require.Equal(t, Note, get(t, alone, "needs").Level)
	require.Equal(t, "CA certificates, time zones, the names of users and groups, a home directory, a directory for temporary files, other programs to start", get(t, alone, "needs").Found)
	require.Equal(t, Pass, get(t, in(t, quietBuild, nil), "needs").Level)
}

// TestNeedsOfAnImage looks into the root of an image that somebody else made.
func TestNeedsOfAnImage(t *testing.T) {
	full := imageFiles{
		"etc/ssl/certs/ca-certificates.crt": "x", "usr/share/zoneinfo/Europe/Berlin": "x", "etc/passwd": "x", "home/app/x": "x", "tmp/x": "x", "usr/bin/ls": "x", "bin": "->usr/bin",
	}
	root := full.make(t)
	require.NoError(t, os.Chmod(filepath.Join(root, "tmp"), 0o777))
	img := Image{Base: "full", Chosen: true, Root: root}
	for _, l := range levels(in(t, askingBuild, &img)) {
		require.Regexp(t, " pass$", l)
	}

	require.NoError(t, os.Chmod(filepath.Join(root, "tmp"), 0o755)) // others may not write
	require.NoError(t, os.RemoveAll(filepath.Join(root, "usr/share/zoneinfo/Europe")))
	require.NoError(t, os.Remove(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt")))
	require.NoError(t, os.Remove(filepath.Join(root, "usr/bin/ls")))
	require.Equal(t, []string{"needs-roots warn", "needs-zones warn", "needs-users pass", "needs-home pass", "needs-tmp warn", "needs-programs warn"}, levels(in(t, askingBuild, &img)))
	require.NoError(t, os.Symlink("/nowhere/outside", filepath.Join(root, "etc/ssl/cert.pem")))
	require.Equal(t, "needs-roots warn", levels(in(t, askingBuild, &img))[0], "a link to nothing is no certificate")

	img.Root = filepath.Join(root, "missing")
	require.Equal(t, "needs-users warn", levels(in(t, askingBuild, &img))[2])
}

// TestNeedsOfEveryFormat finds the functions where the table has a section of its own, in both byte orders, and where not.
func TestNeedsOfEveryFormat(t *testing.T) {
	const temporary = "package main\n\nimport (\n\t\"os\"\n\t\"time\"\n)\n\nfunc main() { os.CreateTemp(\"\", \"x\"); time.LoadLocation(os.Args[0]) }\n"
	for _, platform := range []string{"linux/s390x", "linux/386", "windows/amd64", "darwin/arm64", "wasip1/wasm"} {
		b := forPlatform(platform, "-ldflags=-s -w")
		b.name, b.source = "temporary-"+b.name, temporary
		needed, err := Needs(b.path(t), []string{NeedTmp, NeedZones, NeedRoots})
		require.NoError(t, err)
		require.Equal(t, []string{NeedTmp, NeedZones}, needed, platform)
		findings := readBytes(t, contentOf(t, b.path(t)), platform, Want{Image: &scratch})
		require.Equal(t, Warn, get(t, findings, "needs-tmp").Level, platform)
		if platform == "windows/amd64" {
			alone := get(t, readBytes(t, contentOf(t, b.path(t)), platform, Want{}), "needs-zones")
			require.Equal(t, Warn, alone.Level)
			require.Contains(t, alone.Text, "an import of time/tzdata would do")
		}
	}
}

// TestNeedsWithoutSections: a file without section headers has its table somewhere, in its place or not.
func TestNeedsWithoutSections(t *testing.T) {
	file := filepath.Join(t.TempDir(), "asking")
	require.NoError(t, os.WriteFile(file, contentOf(t, askingBuild.path(t)), 0o755))
	dropSections(t, file)
	all := []string{NeedHome, NeedPrograms, NeedRoots, NeedTmp, NeedUsers, NeedZones}
	needed, err := Needs(file, all)
	require.NoError(t, err)
	require.Equal(t, all, needed)
}

// TestHostileFunctionTables: headers that lie, and thousands of them, end in bounded time.
func TestHostileFunctionTables(t *testing.T) {
	raw := contentOf(t, askingBuild.path(t))
	header := bytes.Index(raw, []byte("\xf1\xff\xff\xff\x00\x00\x01\x08"))
	require.Positive(t, header)
	for _, at := range []int{header + 6, header + 7, header + 32, header + 40} {
		bad := slices.Clone(raw)
		for i := range 8 {
			bad[at+i] = 0xff
		}
		require.Contains(t, levels(readBytes(t, bad, "linux/amd64", Want{Image: &scratch})), "needs-tmp warn", "the names are searched everywhere")
	}
	flood := append(raw[:header:header], bytes.Repeat([]byte("\xf1\xff\xff\xff\x00\x00"), 1<<21)...)
	bin := &binary{order: little, pclntab: extent{0, int64(len(flood))}}
	require.Empty(t, linkedFunctions(bytes.NewReader(flood), int64(len(flood)), bin, true, askedFunctions))
	require.Nil(t, linkedFunctions(bytes.NewReader(flood), int64(len(flood)), bin, false, askedFunctions))
	long := bytes.Repeat([]byte("x"), 1<<20)
	eachName(bytes.NewReader(append(long, "\x00y\x00z"...)), func(name []byte) { require.Contains(t, []string{"y", "z"}, string(name)) })
}

func contentOf(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	return raw
}

// TestNothingIsSaidOfOtherPrograms: a program in C has no function table.
func TestNothingIsSaidOfOtherPrograms(t *testing.T) {
	findings, err := File(cc(t, "int main(void) { return 0; }\n"), Want{GOOS: "linux", GOARCH: strings.TrimSpace(goEnv(t, "GOHOSTARCH")), CGO: "on", Image: &scratch})
	require.NoError(t, err)
	require.Empty(t, levels(findings))
	for _, f := range findings {
		require.NotContains(t, []string{"needs", "pure-go"}, f.Check)
	}
}

func TestNeedsCannotBeRead(t *testing.T) {
	_, err := Needs(filepath.Join(t.TempDir(), "none"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	file := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755))
	_, err = Needs(file, nil)
	require.ErrorContains(t, err, "is a script")
}

const resolving = `package main

import (
	"fmt"
	"net"
	"os/user"
)

func main() {
	fmt.Println(net.LookupHost("x"))
	fmt.Println(user.Lookup("x"))
}
`

// TestPureGo compares the same program with the C library's resolver, with Go's by a tag, and without cgo.
func TestPureGo(t *testing.T) {
	for _, c := range []struct {
		name, cgo string
		args      []string
		level     Level
	}{
		{"resolving-off", "off", nil, Note},
		{"resolving-on", "on", nil, Pass},
		{"resolving-tags", "on", []string{"-tags=netgo,osusergo"}, Note},
	} {
		host := strings.TrimSpace(goEnv(t, "GOHOSTARCH"))
		env := []string{"GOOS=linux", "GOARCH=" + host, "CGO_ENABLED=" + cgoSettings[c.cgo]}
		source := resolving
		if c.args != nil { // some C has to be left
			source = strings.Replace(resolving, "import (", "// static int three(void) { return 3; }\nimport \"C\"\n\nimport (", 1)
			source = strings.Replace(source, "func main() {", "func main() {\n\tfmt.Println(C.three())", 1)
		}
		b := goBuild{name: c.name, source: source, env: env, args: c.args}
		findings, err := File(b.path(t), Want{GOOS: "linux", GOARCH: host, CGO: c.cgo})
		require.NoError(t, err)
		require.Empty(t, failures(findings))
		require.Equal(t, c.level, get(t, findings, "pure-go").Level, c.name)
		if c.level == Note {
			require.Contains(t, get(t, findings, "pure-go").Text, "host names are resolved by Go itself")
			require.Contains(t, get(t, findings, "pure-go").Text, "users and groups are looked up in /etc/passwd")
		}
	}
}

// TestNameServices: what resolves by glibc needs its modules in the image, unless the glibc has them in itself.
func TestNameServices(t *testing.T) {
	host := strings.TrimSpace(goEnv(t, "GOHOSTARCH"))
	b := goBuild{name: "resolving-on", source: resolving, env: []string{"GOOS=linux", "GOARCH=" + host, "CGO_ENABLED=1"}}
	for _, c := range []struct {
		files imageFiles
		level Level
	}{
		{debian(nil), Warn},
		{debian(imageFiles{"usr/lib/x86_64-linux-gnu/libnss_dns.so.2": "x"}), Pass},
		{debian(imageFiles{"usr/lib/x86_64-linux-gnu/libc.so.6": lib(nil, "GLIBC_2.2.5", "GLIBC_2.34")}), Pass},
	} {
		img := Image{Base: "debian", Chosen: true, Root: c.files.make(t)}
		findings, err := File(b.path(t), Want{GOOS: "linux", GOARCH: host, Image: &img})
		require.NoError(t, err)
		require.Equal(t, c.level, get(t, findings, "needs-dns").Level)
	}
	require.NotContains(t, levels(in(t, askingBuild, &scratch)), "needs-dns warn")
}
