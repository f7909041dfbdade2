package sysroot

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// para is one paragraph of a Packages file; more holds further fields.
func para(name, version, section string, more ...string) string {
	return fmt.Sprintf("Package: %s\nVersion: %s\nSection: %s\nArchitecture: arm64\nFilename: pool/%s_%s.deb\nSize: 10\nSHA256: %064x\nDescription: one\n folded: line\n%s\n",
		name, version, section, name, version, len(name)*1000+len(version), strings.Join(append(more, ""), "\n"))
}

func index(t *testing.T, archive string, paras ...string) *Index {
	t.Helper()
	x, err := ReadIndex(strings.NewReader(strings.Join(paras, "")), archive)
	require.NoError(t, err)
	require.Equal(t, len(paras), x.Len())
	return x
}

func names(s Set) string {
	var out []string
	for _, p := range s.Packages {
		out = append(out, p.Name+"="+p.Version+"@"+p.Archive)
	}
	return strings.Join(out, " ")
}

func resolve1(t *testing.T, req Request, xs ...*Index) (string, error) {
	t.Helper()
	req.Name, req.Arch = "cc", "arm64"
	lock, err := Resolve("trixie", []Request{req}, map[string][]*Index{"arm64": xs})
	if err != nil {
		require.Nil(t, lock)
		return "", err
	}
	return names(lock.Sets[0]), nil
}

func TestHighestVersionWins(t *testing.T) {
	main := index(t, "main", para("a", "1.9", "libs"), para("a", "1.10", "libs"), para("b", "2", "libs"), para("c", "1~rc1", "libs"), para("c", "1", "libs"))
	security := index(t, "security", para("b", "2+deb13u1", "libs"), para("a", "1.10", "libs"))
	got, err := resolve1(t, Request{Packages: []string{"a", "b", "c"}}, main, security)
	require.NoError(t, err)
	require.Equal(t, "a=1.10@main b=2+deb13u1@security c=1@main", got)
}

func TestPackagesAreTakenExactly(t *testing.T) {
	x := index(t, "main", para("clang", "1", "devel", "Depends: gcc, libx"), para("libx", "1", "libs"))
	got, err := resolve1(t, Request{Kind: KindHost, Packages: []string{"clang"}}, x)
	require.NoError(t, err)
	require.Equal(t, "clang=1@main", got)
}

func TestClosureOfExtra(t *testing.T) {
	x := index(t, "main",
		para("libc6", "2.41", "libs", "Depends: libgcc-s1"),
		para("libgcc-s1", "14", "libs"),
		para("libfoo-dev", "1", "libdevel", "Pre-Depends: libpre", "Depends: libfoo1 (= 1), libc6 (>= 2.38) |", " libc6-udeb, missing | libalt-dev, virtual, perl:any, gcc-14, foo-bin, tool, libold (>= 2) | libnew"),
		para("libfoo1", "1", "libs"), para("libpre", "1", "libs"), para("libalt-dev", "1", "libdevel", "Depends: x11proto-dev"),
		para("x11proto-dev", "1", "x11"),
		para("zprovider", "1", "libs", "Provides: virtual"), para("aprovider", "1", "libs", "Provides: other, virtual (= 3)"),
		para("perl", "5", "perl", "Depends: libperl"), para("libperl", "5", "libs"),
		para("gcc-14", "14", "devel"), para("foo-bin", "1", "libs"), para("tool", "1", "utils"),
		para("libold", "1", "libs"), para("libnew", "1", "libs"),
	)
	got, err := resolve1(t, Request{Kind: KindGlibc, Packages: []string{"libc6"}, Extra: []string{"libfoo-dev"}}, x)
	require.NoError(t, err)
	require.Equal(t, "libc6=2.41@main libfoo-dev=1@main libpre=1@main libfoo1=1@main libalt-dev=1@main aprovider=1@main libnew=1@main x11proto-dev=1@main", got)
}

func TestMuslClosureHasNoSharedLibraries(t *testing.T) {
	x := index(t, "main", para("musl-dev", "1", "libdevel"), para("libc6-dev", "1", "libdevel"), para("libz1", "1", "libs"), para("libz-dev", "1", "libdevel", "Depends: libz1, libc6-dev"))
	got, err := resolve1(t, Request{Kind: KindMusl, Packages: []string{"musl-dev"}, Extra: []string{"libz-dev"}}, x)
	require.NoError(t, err)
	require.Equal(t, "musl-dev=1@main libz-dev=1@main", got)

	_, err = resolve1(t, Request{Kind: KindMusl, Extra: []string{"libz1"}}, x)
	require.ErrorContains(t, err, `package "libz1" has only shared libraries for glibc`)
	got, err = resolve1(t, Request{Kind: KindGlibc, Extra: []string{"libz-dev"}}, x)
	require.NoError(t, err)
	require.Equal(t, "libz-dev=1@main libz1=1@main libc6-dev=1@main", got)
}

func TestOlderVersionWhenADependencyWantsIt(t *testing.T) {
	main := index(t, "main", para("liba-dev", "1", "libdevel", "Depends: liba1 (= 1)"), para("liba1", "1", "libs"))
	security := index(t, "security", para("liba1", "2", "libs"))
	got, err := resolve1(t, Request{Kind: KindGlibc, Extra: []string{"liba-dev"}}, main, security)
	require.NoError(t, err)
	require.Equal(t, "liba-dev=1@main liba1=1@main", got)
}

// All problems come at once, in the order of the request.
func TestResolveErrors(t *testing.T) {
	arm64 := index(t, "main",
		para("libsqlite3-dev", "1", "libdevel"), para("libsqlcipher-dev", "1", "libdevel"), para("sqlite3", "1", "database"),
		para("bash", "5", "shells", "Essential: yes"),
		para("libbad-dev", "1", "libdevel", "Depends: libnone | libolder (>= 3)"), para("libolder", "2", "libs"),
		para("libworse-dev", "1", "libdevel", "Depends: libnone (>= 1)"),
	)
	amd64 := index(t, "main", para("libx86-dev", "1", "libdevel"))
	_, err := Resolve("trixie", []Request{
		{Name: "cc", Kind: KindGlibc, Arch: "arm64", Packages: []string{"nothing"},
			Extra: []string{"libsqlit3-dev", "libx86-dev", "sqlite3", "bash", "libbad-dev", "libworse-dev"},
			Where: []string{"f:1:1", "f:2:1", "f:3:1", "f:4:1"}},
		{Name: "other", Arch: "s390x"},
	}, map[string][]*Index{"arm64": {arm64}, "amd64": {amd64}})
	require.EqualError(t, err, strings.Join([]string{
		`set cc: package "nothing" is not in suite trixie for arm64`,
		`f:1:1: package "libsqlit3-dev" is not in suite trixie for arm64; nearest: libsqlite3-dev`,
		`f:2:1: package "libx86-dev" is not in suite trixie for arm64, only for amd64`,
		`f:3:1: package "sqlite3" is no library or header package (section database): only libraries and headers of the target can be used`,
		`f:4:1: package "bash" is essential to a running system (section shells): only libraries and headers of the target can be used`,
		`set cc: package libbad-dev 1: needs libnone or libolder (>= 3), suite trixie has libolder 2`,
		`set cc: package libworse-dev 1: needs libnone (>= 1), which suite trixie does not have for arm64`,
		`set other: no package index for architecture s390x, there are: amd64, arm64`,
	}, "\n"))
}

func TestSameInputSameLock(t *testing.T) {
	read := func() []byte {
		x := index(t, "main", para("libb-dev", "1", "libdevel", "Depends: v"), para("p2", "1", "libs", "Provides: v"), para("p1", "1", "libs", "Provides: v"))
		lock, err := Resolve("trixie", []Request{{Name: "cc", Arch: "arm64", Extra: []string{"libb-dev"}}}, map[string][]*Index{"arm64": {x}})
		require.NoError(t, err)
		data, err := json.Marshal(lock)
		require.NoError(t, err)
		return data
	}
	first := read()
	for range 5 {
		require.Equal(t, string(first), string(read()))
	}
	require.Contains(t, string(first), `"name":"p1"`)
}

func TestReadIndexRefuses(t *testing.T) {
	good := para("a", "1", "libs")
	for name, c := range map[string][2]string{
		"digest":         {"SHA256: 0", "SHA256: x"},
		"path":           {"Filename: pool/a_1.deb", "Filename: ../../etc/passwd"},
		"absolute path":  {"Filename: pool", "Filename: /pool"},
		"version":        {"Version: 1", "Version: a:1"},
		"name":           {"Package: a", "Pack: a"},
		"size":           {"Size: 10", "Size: ten"},
		"field":          {"Section: libs", "Section libs"},
		"provided names": {"Description: one", "Provides: a b c"},
	} {
		_, err := ReadIndex(strings.NewReader(strings.Replace(good, c[0], c[1], 1)), "main")
		require.ErrorContains(t, err, "index main: line ", name)
	}
	x, err := ReadIndex(strings.NewReader(strings.TrimSpace(good)), "main") // no line break at the end
	require.NoError(t, err)
	require.Equal(t, 1, x.Len())
}

func TestOpen(t *testing.T) {
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, err := w.Write([]byte(para("a", "1", "libs")))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	r, err := Open("main/Packages.gz", &gz)
	require.NoError(t, err)
	x, err := ReadIndex(r, "main")
	require.NoError(t, err)
	require.Equal(t, 1, x.Len())
	_, err = Open("Packages.xz", strings.NewReader("not xz at all, but long enough"))
	require.ErrorContains(t, err, "Packages.xz")
}

func TestTables(t *testing.T) {
	for floor, want := range map[string]string{"": "trixie", "2.17": "bullseye", "2.31": "bullseye", "2.35": "bullseye", "2.36": "bookworm", "2.41": "trixie", "2.99": "trixie"} {
		s, err := SuiteForFloor(floor)
		require.NoError(t, err)
		require.Equal(t, want, s.Codename, floor)
	}
	for _, bad := range []string{"3", "2.", "2.x", "2.31.1"} {
		_, err := SuiteForFloor(bad)
		require.ErrorContains(t, err, "bullseye (glibc 2.31), bookworm (glibc 2.36), trixie (glibc 2.41)")
	}
	_, err := SuiteOf("sarge")
	require.ErrorContains(t, err, `Debian suite "sarge" is not known`)

	p, err := GlibcSysroot("bookworm", "armhf", true)
	require.NoError(t, err)
	require.Contains(t, p, "libstdc++-12-dev")
	p, err = MuslSysroot("trixie", "riscv64", true)
	require.NoError(t, err)
	require.Equal(t, []string{"musl", "musl-dev", "linux-libc-dev", "libgcc-14-dev"}, p)
	_, err = MuslSysroot("bookworm", "arm64", true)
	require.EqualError(t, err, "suite bookworm has no C++ library for musl, only for: trixie")
	_, err = MuslSysroot("bookworm", "arm64", false)
	require.NoError(t, err)
	require.Equal(t, []string{"emscripten"}, MuslSources(true))
	require.Empty(t, MuslSources(false))
	_, err = GlibcSysroot("bullseye", "riscv64", false)
	require.EqualError(t, err, `suite bullseye has no glibc for Debian architecture "riscv64", only for: amd64, arm64, armhf, i386`)
	_, err = HostToolchain("s390x")
	require.EqualError(t, err, "no C toolchain runs on build machines of architecture s390x, only on: amd64, arm64")
	p, err = HostToolchain("arm64")
	require.NoError(t, err)
	require.Contains(t, p, "clang-19")
}

func TestArchs(t *testing.T) {
	for platform, want := range map[string]string{"amd64/": "amd64", "amd64/v3": "amd64", "arm/v7": "armhf", "arm/": "armhf", "arm/v5": "armel", "arm/v6": "armel", "386/": "i386", "riscv64/": "riscv64"} {
		goarch, variant, _ := strings.Cut(platform, "/")
		a, err := ArchFor(goarch, variant)
		require.NoError(t, err)
		require.Equal(t, want, a.Debian)
	}
	armhf, err := ArchOf("armhf")
	require.NoError(t, err)
	require.False(t, armhf.StaticPIE(KindGlibc))
	require.True(t, armhf.StaticPIE(KindMusl))
	_, err = ArchFor("arm", "v9")
	require.ErrorContains(t, err, "there is no C sysroot for linux/arm/v9, only for: linux/amd64")
	_, err = ArchOf("mips")
	require.ErrorContains(t, err, `Debian architecture "mips" is not supported`)
	for _, s := range Suites() {
		for _, name := range append(s.Archs, s.Musl...) {
			_, err := ArchOf(name)
			require.NoError(t, err)
		}
	}
}

const sourcesText = `Package: emscripten
Version: 3.1-1
Files:
 609bdc222f31d1a954c639bba9793bd6 9 emscripten_3.1.orig.tar.xz
Checksums-Sha256:
 e73e46faab3524b399acc622d305b38ee271efb111c55e2b0ba6053a71c1776f 1 emscripten_3.1-1.dsc
 274d9ff5686f7e28fd00873fe04202f07fb8f5c950c978842f9e43c35d9baf03 2 emscripten_3.1.orig-Xtypes.tar.xz
 394804c47d38ca3f1fa37b0b12beba60c2b03e6d7d3140a4e658b6dc6fee4481 3 emscripten_3.1.orig.tar.xz
Directory: pool/main/e/emscripten

Package: native
Version: 1
Checksums-Sha256:
 e73e46faab3524b399acc622d305b38ee271efb111c55e2b0ba6053a71c1776f 1 native_1.tar.xz
Directory: pool/main/n/native
`

func TestResolveSources(t *testing.T) {
	main, err := ReadSources(strings.NewReader(sourcesText), "main")
	require.NoError(t, err)
	require.Equal(t, 1, main.Len(), "only source packages with an upstream archive")
	security, err := ReadSources(strings.NewReader(strings.ReplaceAll(sourcesText, "3.1", "3.2")), "security")
	require.NoError(t, err)

	req := Request{Name: "cc", Kind: KindMusl, Arch: "arm64", Packages: []string{"musl"}, Sources: []string{"emscripten"}}
	binary := index(t, "main", para("musl", "1", "libs"))
	lock, err := Resolve("trixie", []Request{req}, map[string][]*Index{"arm64": {binary}, SourceArch: {main, security}})
	require.NoError(t, err)
	require.Len(t, lock.Sets[0].Packages, 2)
	require.Equal(t, Package{Name: "emscripten", Version: "3.2-1", Architecture: "source", Archive: "security", Size: 3,
		Filename: "pool/main/e/emscripten/emscripten_3.2.orig.tar.xz", SHA256: "394804c47d38ca3f1fa37b0b12beba60c2b03e6d7d3140a4e658b6dc6fee4481"}, lock.Sets[0].Packages[1])

	_, err = Resolve("trixie", []Request{req}, map[string][]*Index{"arm64": {binary}})
	require.EqualError(t, err, "set cc: no index of source packages")
	req.Sources = []string{"native"}
	_, err = Resolve("trixie", []Request{req}, map[string][]*Index{"arm64": {binary}, SourceArch: {main}})
	require.EqualError(t, err, `set cc: source package "native" is not in suite trixie, or has no file .orig.tar.xz or .gz`)
}

func TestReadSourcesRefuses(t *testing.T) {
	for old, want := range map[string]string{
		"Directory: pool/main/e":       "is no path below the archive",
		"Version: 3.1-1":               "is no Debian version",
		"Package: emscripten":          "paragraph without Package",
		" 3 emscripten_3.1.orig.tar":   "has 4 words",
		"394804c47d38ca3f1fa37b0b12be": "is no sha256 digest",
		"Version: 1\n":                 "is no field of a Sources file",
	} {
		broken := map[string]string{"Directory: pool/main/e": "Directory: /e", "Version: 3.1-1": "Version: -", "Package: emscripten": "X: y",
			" 3 emscripten_3.1.orig.tar": " 3 4 emscripten_3.1.orig.tar", "394804c47d38ca3f1fa37b0b12be": "39", "Version: 1\n": "what\n"}[old]
		_, err := ReadSources(strings.NewReader(strings.Replace(sourcesText, old, broken, 1)), "main")
		require.ErrorContains(t, err, want)
	}
}
