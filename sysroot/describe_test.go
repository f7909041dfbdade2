package sysroot

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// described writes a whole package file: with its paragraph, and with members.
func described(t *testing.T, name, control string, members ...item) string {
	t.Helper()
	var out bytes.Buffer
	out.WriteString(arMagic)
	for _, part := range []struct{ name, data string }{{"debian-binary", "2.0\n"}, {"control.tar", tarOf(t, file("md5sums", ""), file("control", control))}, {"data.tar", tarOf(t, members...)}} {
		fmt.Fprintf(&out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n%s", part.name, 0, 0, 0, "100644", len(part.data), part.data)
		out.WriteString(strings.Repeat("\n", len(part.data)%2))
	}
	p := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(p, out.Bytes(), 0o644))
	return p
}

func tarOf(t *testing.T, members ...item) string {
	t.Helper()
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	for _, m := range members {
		require.NoError(t, w.WriteHeader(&m.Header))
		_, err := w.Write([]byte(m.content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return data.String()
}

const copyrightText = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nLicense:\nFiles: *\nLicense: Zlib\n words\n\nFiles: x\nLicense: GPL-2+\n\nLicense: GPL-2+\n words\n"

func TestDescribe(t *testing.T) {
	set := Set{Name: "s", Kind: KindMusl, Arch: "arm64", Packages: []Package{{Name: "musl-dev"}, {Name: "zlib1g-dev", Version: "1:1.3+b1"}, {Name: "emscripten", Architecture: SourceArch}}}
	inv, err := Describe(set, []string{
		described(t, "musl-dev.deb", "Package: musl-dev\nSource: musl\n", file("usr/lib/aarch64-linux-musl/libc.a", "x"), file("usr/share/doc/musl-dev/copyright", "free\nLicense: MIT\n")),
		described(t, "zlib1g-dev.deb", "Package: zlib1g-dev\nSource: zlib (1:1.3)\n", dir("usr/lib/aarch64-linux-gnu"), file("usr/lib/aarch64-linux-gnu/libz.a", "x"),
			link("lib/aarch64-linux-gnu/libz.so", "libz.so.1"), link("usr/lib/aarch64-linux-gnu/libzz.a", "libz.a"), file("usr/share/doc/zlib1g-dev/copyright", copyrightText)),
		"none.orig.tar.xz",
	})
	require.NoError(t, err)
	require.Equal(t, []Description{
		{Package: set.Packages[0], Source: "musl"},
		{Package: set.Packages[1], Source: "zlib", SourceVersion: "1:1.3", Licenses: []string{"GPL-2+", "Zlib"}},
		{Package: set.Packages[2]},
	}, inv.Packages)
	for file, want := range map[string]int{
		"usr/lib/libc.a": 0, "lib/libc.a": 0, "usr/lib/aarch64-linux-gnu/libz.a": 1, "usr/lib/aarch64-linux-gnu/libzz.a": 1,
		"usr/lib/libc++.a": 2, "usr/lib/libstdc++.a": 2,
	} {
		got, ok := inv.Owner(file)
		require.True(t, ok, file)
		require.Equal(t, want, got, file)
	}
	for _, file := range []string{"usr/lib/aarch64-linux-gnu/libz.so", "usr/share/doc/musl-dev/copyright", "usr/lib/aarch64-linux-gnu"} {
		_, ok := inv.Owner(file)
		require.False(t, ok, file)
	}
}

func TestLibraryOfAName(t *testing.T) {
	set := Set{Kind: KindGlibc, Arch: "amd64", Packages: []Package{{Name: "a"}, {Name: "b"}}}
	inv, err := Describe(set, []string{
		described(t, "a.deb", "", file("usr/lib/libx.so.1", ""), file("lib64/ld-linux-x86-64.so.2", "")),
		described(t, "b.deb", "", link("lib/x86_64-linux-gnu/libx.so.1", "libx.so.1.2")),
	})
	require.NoError(t, err)
	found, ok := inv.Library("amd64", "libx.so.1")
	require.True(t, ok)
	require.Equal(t, "usr/lib/x86_64-linux-gnu/libx.so.1", found)
	_, ok = inv.Library("amd64", "liby.so.1")
	require.False(t, ok)
	_, ok = inv.Library("vax", "libx.so.1")
	require.False(t, ok)
}

func TestDescribeErrors(t *testing.T) {
	set := Set{Name: "s", Kind: KindGlibc, Arch: "amd64", Packages: []Package{{Name: "a"}}}
	_, err := Describe(set, nil)
	require.EqualError(t, err, "set s: 0 package files, want 1")
	_, err = Describe(set, []string{deb(t, "a.deb", "")})
	require.ErrorContains(t, err, "a.deb: ")
	bad := filepath.Join(t.TempDir(), "b.deb")
	require.NoError(t, os.WriteFile(bad, []byte("text"), 0o644))
	_, err = Describe(set, []string{bad})
	require.EqualError(t, err, "b.deb: not a Debian package: no ar archive")
	set.Kind = "odd"
	_, err = Describe(set, []string{bad})
	require.ErrorContains(t, err, `cannot unpack for kind "odd"`)
}

func TestOwnObjects(t *testing.T) {
	require.True(t, OwnObject("usr/lib/gcc/aarch64-linux-gnu/14/libgcc.a", "stat64.o"))
	require.False(t, OwnObject("usr/lib/gcc/aarch64-linux-gnu/14/libgcc.a", "_muldi3.o"))
	require.False(t, OwnObject("usr/lib/libc.a", "stat64.o"))
	require.False(t, OwnObject("libgcc.a", "../config_site.h"))
}
