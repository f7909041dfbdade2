package sysroot

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// item is one member of a package's data archive.
type item struct {
	tar.Header
	content string
}

func file(name, content string) item {
	return item{tar.Header{Typeflag: tar.TypeReg, Name: "./" + name, Mode: 0o644, Size: int64(len(content))}, content}
}

func program(name string) item {
	h := file(name, "program")
	h.Mode = 0o4755
	return h
}

func dir(name string) item {
	return item{Header: tar.Header{Typeflag: tar.TypeDir, Name: "./" + name + "/", Mode: 0o700}}
}

func link(name, target string) item {
	return item{Header: tar.Header{Typeflag: tar.TypeSymlink, Name: "./" + name, Linkname: target}}
}

func hardlink(name, target string) item {
	return item{Header: tar.Header{Typeflag: tar.TypeLink, Name: "./" + name, Linkname: "./" + target}}
}

// deb writes a package file whose data archive holds the members, compressed as ext says: "", ".gz" or ".zst".
func deb(t *testing.T, name, ext string, members ...item) string {
	t.Helper()
	var data bytes.Buffer
	var w io.WriteCloser = nopCloser{&data}
	switch ext {
	case ".gz":
		w = gzip.NewWriter(&data)
	case ".zst":
		z, err := zstd.NewWriter(&data)
		require.NoError(t, err)
		w = z
	}
	tw := tar.NewWriter(w)
	for _, h := range members {
		require.NoError(t, tw.WriteHeader(&h.Header))
		_, err := io.WriteString(tw, h.content)
		require.NoError(t, err)
	}
	require.NoError(t, tw.Close())
	require.NoError(t, w.Close())
	var out bytes.Buffer
	out.WriteString(arMagic)
	for _, m := range []struct{ name, data string }{{"debian-binary", "2.0\n"}, {"control.tar.xz", "odd"}, {"data.tar" + ext, data.String()}} {
		fmt.Fprintf(&out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n%s", m.name, 0, 0, 0, "100644", len(m.data), m.data)
		if len(m.data)%2 == 1 {
			out.WriteByte('\n')
		}
	}
	p := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(p, out.Bytes(), 0o644))
	return p
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// listing names everything below root with what it is: "usr/bin/clang 0755 program", "lib -> usr/lib"; plain
// directories are left out.
func listing(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		rel, _ := filepath.Rel(root, p)
		require.Zero(t, info.ModTime().Unix(), "time of %s", rel)
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			require.NoError(t, err)
			out = append(out, rel+" -> "+target)
		case d.IsDir() && info.Mode() == fs.ModeDir|0o755:
		case d.IsDir():
			out = append(out, fmt.Sprintf("%s/ %v", rel, info.Mode()))
		default:
			data, err := os.ReadFile(p)
			require.NoError(t, err)
			out = append(out, fmt.Sprintf("%s %04o %s", rel, info.Mode(), data))
		}
		return nil
	}))
	return out
}

var mergeLinks = []string{"bin -> usr/bin", "lib -> usr/lib", "lib64 -> usr/lib64", "sbin -> usr/sbin"}

func unpacked(t *testing.T, opt UnpackOptions, debs ...string) []string {
	t.Helper()
	dest := filepath.Join(t.TempDir(), "root")
	require.NoError(t, Unpack(dest, debs, opt))
	all := listing(t, dest)
	require.Subset(t, all, mergeLinks)
	var own []string
	for _, line := range all {
		if !strings.Contains(strings.Join(mergeLinks, "\n"), line) {
			own = append(own, line)
		}
	}
	return own
}

var glibcArm64 = UnpackOptions{Kind: KindGlibc, Arch: "arm64"}

func TestUnpackGlibc(t *testing.T) {
	d := deb(t, "libc6.deb", ".zst",
		dir("lib"), file("lib/ld-linux.so.1", "loader"), link("lib/a/old.so", "../../usr/lib/a/x.so.1"), file("usr/lib/a/x.so.1", "x"),
		link("usr/lib/a/x.so", "/lib/a/x.so.1"), hardlink("usr/lib/a/y.so.1", "usr/lib/a/x.so.1"), hardlink("usr/lib/a/doc", "usr/share/doc/x"),
		file("usr/include/x.h", "h"), file("usr/share/pkgconfig/x.pc", "pc"), program("usr/bin/x-config"),
		file("usr/share/doc/x", "d"), file("usr/share/man/man1/x", "m"), file("usr/share/locale/de/x", "l"), file("usr/share/lintian/x", "l"),
		file("usr/lib/a/gconv/UTF-7.so", "g"), file("usr/lib/locale/C/x", "c"), file("usr/lib/locales.a", "kept"), file("etc/x", "e"), file("var/x", "v"))
	require.Equal(t, []string{
		"usr/include/x.h 0644 h",
		"usr/lib/a/old.so -> x.so.1",
		"usr/lib/a/x.so -> x.so.1",
		"usr/lib/a/x.so.1 0644 x",
		"usr/lib/a/y.so.1 0644 x",
		"usr/lib/ld-linux.so.1 0644 loader",
		"usr/lib/locales.a 0644 kept",
		"usr/share/pkgconfig/x.pc 0644 pc",
	}, unpacked(t, glibcArm64, d))
}

func TestUnpackMusl(t *testing.T) {
	m := "aarch64-linux-musl"
	got := unpacked(t, UnpackOptions{Kind: KindMusl, Arch: "arm64"},
		deb(t, "musl.deb", "", program("usr/lib/"+m+"/libc.so"), link("lib/ld-musl-aarch64.so.1", m+"/libc.so")),
		deb(t, "musl-dev.deb", ".gz", file("usr/lib/"+m+"/libc.a", "a"), file("usr/include/"+m+"/stdio.h", "s"), link("usr/lib/"+m+"/libc.so", "/lib/"+m+"/libc.so"),
			file("usr/include/"+m+"-other/x.h", "stays")),
		deb(t, "libgcc.deb", "", file("usr/lib/gcc/aarch64-linux-gnu/14/libgcc.a", "g"), file("usr/lib/gcc/aarch64-linux-gnu/14/libgcc_s.so", "script")),
		deb(t, "libz-dev.deb", "", file("usr/lib/aarch64-linux-gnu/libz.a", "z"), file("usr/lib/aarch64-linux-gnu/libz.so.1.3", "shared"),
			link("usr/lib/aarch64-linux-gnu/libz.so", "libz.so.1.3"), file("usr/lib/aarch64-linux-gnu/pkgconfig/zlib.pc", "pc")))
	require.Equal(t, []string{
		"usr/include/aarch64-linux-musl-other/x.h 0644 stays",
		"usr/include/stdio.h 0644 s",
		"usr/lib/aarch64-linux-gnu/libz.a 0644 z",
		"usr/lib/aarch64-linux-gnu/pkgconfig/zlib.pc 0644 pc",
		"usr/lib/gcc/aarch64-linux-gnu/14/libgcc.a 0644 g",
		"usr/lib/ld-musl-aarch64.so.1 -> libc.so",
		"usr/lib/libc.a 0644 a",
		"usr/lib/libc.so 0755 program",
	}, got)
}

func TestUnpackHost(t *testing.T) {
	bin := "usr/lib/llvm-19/bin"
	got := unpacked(t, UnpackOptions{Kind: KindHost, Arch: "amd64"},
		deb(t, "clang.deb", "", program(bin+"/clang"), link("usr/bin/clang-19", "../lib/llvm-19/bin/clang")), deb(t, "pkgconf.deb", "", program("usr/bin/pkgconf")))
	require.Subset(t, got, []string{
		bin + "/clang 0755 program",
		bin + "/aarch64-linux-gnu-clang -> clang",
		bin + "/arm-linux-musleabihf-clang++ -> clang++",
		bin + "/aarch64-unknown-linux-gnu.cfg 0644 --sysroot=/target\n-Qunused-arguments\n-fuse-ld=lld\n",
		bin + "/arm-unknown-linux-musleabihf.cfg 0644 --sysroot=/target\n-Qunused-arguments\n-fuse-ld=lld\n-march=armv7-a\n-mfpu=vfpv3-d16\n-mfloat-abi=hard\n-static-libgcc\n--gcc-triple=arm-linux-gnueabihf\n-idirafter/target/usr/include/arm-linux-gnueabihf\n-L/target/usr/lib\n-L/target/usr/lib/arm-linux-gnueabihf\n",
		bin + "/i386-unknown-linux-musl.cfg 0644 --sysroot=/target\n-Qunused-arguments\n-fuse-ld=lld\n-march=i686\n-static-libgcc\n--gcc-triple=i686-linux-gnu\n-idirafter/target/usr/include/i386-linux-gnu\n-L/target/usr/lib\n-L/target/usr/lib/i386-linux-gnu\n",
		bin + "/aarch64-unknown-linux-musl-clang++.cfg 0644 " + clangConfig(archs[1], KindMusl) + "-stdlib=libc++\n",
		"usr/bin/aarch64-linux-gnu-clang -> ../lib/llvm-19/bin/aarch64-linux-gnu-clang",
		"usr/bin/clang-19 -> ../lib/llvm-19/bin/clang",
		"usr/bin/pkg-config -> pkgconf",
		"usr/bin/static-pkg-config -> pkgconf",
		"usr/share/pkgconfig/personality.d/static.personality 0644 " + staticPersonality,
		"tmp/ dtrwxrwxrwx",
	})
	for _, a := range Archs() {
		require.Contains(t, got, bin+"/"+a.CC(KindGlibc)+" -> clang")
		require.Contains(t, got, bin+"/"+a.CXX(KindMusl)+" -> clang++")
	}
	err := Unpack(t.TempDir(), []string{deb(t, "x.deb", "", program("usr/bin/pkgconf"))}, UnpackOptions{Kind: KindHost, Arch: "amd64"})
	require.ErrorContains(t, err, "host packages have 0 of usr/lib/llvm-*/bin/clang, want 1")
}

func TestPkgConfigEnv(t *testing.T) {
	a, err := ArchOf("arm64")
	require.NoError(t, err)
	require.Equal(t, []string{
		"PKG_CONFIG=/usr/bin/pkg-config",
		"PKG_CONFIG_LIBDIR=/target/usr/lib/aarch64-linux-gnu/pkgconfig:/target/usr/lib/pkgconfig:/target/usr/share/pkgconfig",
		"PKG_CONFIG_SYSROOT_DIR=/target",
		"PKG_CONFIG_SYSTEM_INCLUDE_PATH=/target/usr/include:/target/usr/include/aarch64-linux-gnu",
		"PKG_CONFIG_SYSTEM_LIBRARY_PATH=/target/usr/lib:/target/usr/lib/aarch64-linux-gnu",
	}, a.PkgConfigEnv(false))
	require.Equal(t, "PKG_CONFIG=/usr/bin/static-pkg-config", a.PkgConfigEnv(true)[0])
}

// Of two packages with the same file the later wins, however long each takes to unpack.
func TestLaterPackageWins(t *testing.T) {
	small := deb(t, "small.deb", "", file("usr/lib/x", "small"), link("usr/lib/l", "small"))
	big := deb(t, "big.deb", "", file("usr/lib/x", strings.Repeat("b", 1<<20)), link("usr/lib/l", "big"))
	for range 5 {
		require.Equal(t, []string{"usr/lib/l -> small", "usr/lib/x 0644 small"}, unpacked(t, glibcArm64, big, small))
		got := unpacked(t, glibcArm64, small, big)
		require.Equal(t, "usr/lib/l -> big", got[0])
		require.Len(t, got[1], len("usr/lib/x 0644 ")+1<<20)
	}
}

func TestHostilePackages(t *testing.T) {
	for name, c := range map[string]struct {
		want    string
		members []item
	}{
		"file above":            {`member "./../x" leads out of the package`, []item{file("../x", "evil")}},
		"file above in between": {"leads out of the package", []item{file("usr/lib/../../../x", "evil")}},
		"link above":            {"is a link that leads out of the root", []item{link("usr/lib/x", "../../../etc")}},
		"hidden link above":     {"is a link that leads out of the root", []item{link("usr/lib/x", "../../../root/usr/lib/y")}},
		"hard link above":       {"leads out of the package", []item{hardlink("usr/lib/x", "../../secret")}},
		"hard link to outside":  {"no such file", []item{hardlink("usr/lib/x", "usr/lib/none")}},
		"device":                {`is of type '3'`, []item{{Header: tar.Header{Typeflag: tar.TypeChar, Name: "usr/lib/null"}}}},
		"fifo":                  {`is of type '6'`, []item{{Header: tar.Header{Typeflag: tar.TypeFifo, Name: "usr/lib/pipe"}}}},
		"directory as a link":   {"is a link here and a directory in another package", []item{file("usr/lib/d/x", "x"), link("usr/lib/d", "e")}},
	} {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(outer, "secret"), []byte("secret"), 0o600))
			err := Unpack(filepath.Join(outer, "root"), []string{deb(t, "evil.deb", "", c.members...)}, glibcArm64)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "evil.deb")
			entries, err := os.ReadDir(outer)
			require.NoError(t, err)
			require.Len(t, entries, 2, "nothing beside the root")
		})
	}
}

// A link of one package cannot make another package's file land elsewhere, even when it lies in the root already.
func TestNoWritingThroughLinks(t *testing.T) {
	outer := t.TempDir()
	root, target := filepath.Join(outer, "root"), filepath.Join(outer, "target")
	require.NoError(t, os.MkdirAll(filepath.Join(root, "usr/lib"), 0o755))
	require.NoError(t, os.Mkdir(target, 0o755))
	require.NoError(t, os.Symlink(target, filepath.Join(root, "usr/lib/d")))
	err := Unpack(root, []string{deb(t, "x.deb", "", file("usr/lib/d/x", "evil"))}, glibcArm64)
	require.ErrorContains(t, err, "x.deb")
	require.Empty(t, func() []os.DirEntry { e, _ := os.ReadDir(target); return e }())
}

func TestNotADeb(t *testing.T) {
	p := filepath.Join(t.TempDir(), "x.deb")
	good, err := os.ReadFile(deb(t, "good.deb", ".gz", file("usr/lib/x", strings.Repeat("x", 5000))))
	require.NoError(t, err)
	for name, c := range map[string]struct{ data, want string }{
		"text":        {"hello, this is text", "x.deb: not a Debian package: no ar archive"},
		"empty":       {"", "not a Debian package"},
		"no data":     {string(good[:72]), "it has no data.tar"},
		"other first": {strings.Replace(string(good), "debian-binary", "debian-banana", 1), "its first member is"},
		"header":      {strings.Replace(string(good), "`\n", "'\n", 1), "damaged ar header"},
		"cut short":   {string(good[:len(good)-20]), "unexpected EOF"},
	} {
		require.NoError(t, os.WriteFile(p, []byte(c.data), 0o644))
		err := Unpack(t.TempDir(), []string{p}, glibcArm64)
		require.ErrorContains(t, err, c.want, name)
	}
	require.ErrorIs(t, Unpack(t.TempDir(), []string{p + ".none"}, glibcArm64), fs.ErrNotExist)
	require.ErrorContains(t, Unpack(t.TempDir(), nil, UnpackOptions{Kind: "solaris", Arch: "arm64"}), `cannot unpack for kind "solaris"`)
	require.ErrorContains(t, Unpack(t.TempDir(), nil, UnpackOptions{Kind: KindMusl, Arch: "m68k"}), "m68k")
}

func TestBaseFiles(t *testing.T) {
	zones := zoneFile(t, "Europe/Berlin", "zone", "UTC", "utc")
	dest := t.TempDir()
	require.NoError(t, BaseFiles(dest, Base{Roots: []byte("certificates\n"), Zones: zones}))
	require.Equal(t, []string{
		"etc/group 0644 root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n",
		"etc/nsswitch.conf 0644 passwd: files\ngroup: files\nhosts: files dns\n",
		"etc/passwd 0644 root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
		"etc/ssl/certs/ca-certificates.crt 0644 certificates\n",
		"home/nonroot/ drwx------",
		"root/ drwx------",
		"tmp/ dtrwxrwxrwx",
		"usr/share/zoneinfo/Europe/Berlin 0644 zone",
		"usr/share/zoneinfo/UTC 0644 utc",
	}, listing(t, dest))

	for _, b := range []Base{{}, {Roots: []byte("x")}, {Zones: zones}} { // what nobody asks for is left out
		dest := t.TempDir()
		require.NoError(t, BaseFiles(dest, b))
		got := strings.Join(listing(t, dest), "\n")
		require.Contains(t, got, "tmp/ dtrwxrwxrwx")
		require.Equal(t, len(b.Roots) > 0, strings.Contains(got, "ca-certificates.crt"))
		require.Equal(t, b.Zones != "", strings.Contains(got, "Europe/Berlin"))
	}
	for want, archive := range map[string]string{
		`holds "../etc/passwd", which is no name of a zone`: zoneFile(t, "../etc/passwd", "x"),
		"zones.zip is empty":        zoneFile(t),
		"not a valid zip file":      filepath.Join(dest, "etc/passwd"),
		"no such file or directory": filepath.Join(dest, "none.zip"),
	} {
		require.ErrorContains(t, BaseFiles(t.TempDir(), Base{Zones: archive}), want)
	}
}

// zoneFile is an archive of time zones, each a name and its content.
func zoneFile(t *testing.T, files ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "zones.zip")
	f, err := os.Create(name)
	require.NoError(t, err)
	w := zip.NewWriter(f)
	for i := 0; i < len(files); i += 2 {
		out, err := w.Create(files[i])
		require.NoError(t, err)
		_, err = out.Write([]byte(files[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, errors.Join(w.Close(), f.Close()))
	return name
}
