package sysroot

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hostWith is a host root whose compilers for arm64 and musl are a shell script.
func hostWith(t *testing.T, script string) string {
	t.Helper()
	host := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(host, "usr/bin"), 0o755))
	for _, name := range []string{"aarch64-linux-musl-clang", "aarch64-linux-musl-clang++"} {
		require.NoError(t, os.WriteFile(filepath.Join(host, "usr/bin", name), []byte("#!/bin/sh\n"+script), 0o755))
	}
	return host
}

// pretend writes what it was asked into the object: the last argument, after -c SOURCE -o.
const pretend = `for a; do last=$a; done; echo "${0##*/} $*" > "$last"` + "\n"

const libgccArm64 = "usr/lib/gcc/aarch64-linux-gnu/14/libgcc.a"

// members are the members of an ar archive, NAME: CONTENT.
func members(t *testing.T, archive string) []string {
	t.Helper()
	r := strings.NewReader(archive)
	magic := make([]byte, len(arMagic))
	_, err := io.ReadFull(r, magic)
	require.NoError(t, err)
	require.Equal(t, arMagic, string(magic))
	var out []string
	for {
		name, size, err := arMember(r)
		if err == io.EOF {
			return out
		}
		require.NoError(t, err)
		data := make([]byte, size+size%2)
		_, err = io.ReadFull(r, data)
		require.NoError(t, err)
		out = append(out, name+": "+string(data[:size]))
	}
}

func TestAppendArchive(t *testing.T) {
	one := appendArchive(nil, []object{{"a.o", []byte("odd")}})
	two := appendArchive(one, []object{{"very-long-name-of-an.o", []byte("even")}})
	require.True(t, bytes.HasPrefix(two, one))
	require.Equal(t, []string{"a.o: odd", "very-long-name-: even"}, members(t, string(two)))
}

func TestUnpackMuslAddsCompat(t *testing.T) {
	gcc := string(appendArchive(nil, []object{{"divdi3.o", []byte("gcc")}}))
	d := deb(t, "libgcc.deb", "", file(libgccArm64, gcc))
	dest := t.TempDir()
	opt := UnpackOptions{Kind: KindMusl, Arch: "arm64", HostRoot: hostWith(t, pretend)}
	require.NoError(t, Unpack(dest, []string{d}, opt))
	got, err := os.ReadFile(filepath.Join(dest, libgccArm64))
	require.NoError(t, err)
	m := members(t, string(got))
	require.Equal(t, "divdi3.o: gcc", m[0])
	require.Contains(t, m, "chkmem.o: aarch64-linux-musl-clang --no-default-config "+strings.Join(targetFlags(archs[1], KindMusl, dest), " ")+
		" "+strings.Join(compatFlags, " ")+" -c chkmem.c -o chkmem.o\n")
}

// origTar is a source archive as emscripten's.
func origTar(t *testing.T, files ...item) string {
	t.Helper()
	var data bytes.Buffer
	w := gzip.NewWriter(&data)
	tw := tar.NewWriter(w)
	for _, f := range files {
		require.NoError(t, tw.WriteHeader(&f.Header))
		_, err := io.WriteString(tw, f.content)
		require.NoError(t, err)
	}
	require.NoError(t, tw.Close())
	require.NoError(t, w.Close())
	p := filepath.Join(t.TempDir(), "emscripten_1.orig.tar.gz")
	require.NoError(t, os.WriteFile(p, data.Bytes(), 0o644))
	return p
}

func TestUnpackMuslCXX(t *testing.T) {
	d := deb(t, "libgcc.deb", "", file(libgccArm64, string(appendArchive(nil, nil))))
	lib := "emscripten-1/system/lib/"
	o := origTar(t, file("emscripten-1/tools/x.cpp", "no"), file(lib+"libcxx/src/string.cpp", "s"), file(lib+"libcxx/src/tz.cpp", "no"), file(lib+"libcxx/src/support/win32/x.cpp", "no"),
		file(lib+"libcxx/include/map", "m"), file(lib+"libcxx/include/__config_site", "emscripten"), file(lib+"libcxx/include/__config_site.in", "no"),
		file(lib+"libcxxabi/src/private_typeinfo.cpp", "p"), file(lib+"libcxxabi/src/cxa_noexception.cpp", "no"), file(lib+"libcxxabi/include/cxxabi.h", "a"),
		file(lib+"libunwind/src/Save.S", "u"), file(lib+"libunwind/include/unwind.h", "no"))
	dest := t.TempDir()
	opt := UnpackOptions{Kind: KindMusl, Arch: "arm64", CXX: true, HostRoot: hostWith(t, pretend)}
	require.NoError(t, Unpack(dest, []string{d, o}, opt))

	got, err := os.ReadFile(filepath.Join(dest, libcxxArchive))
	require.NoError(t, err)
	m := members(t, string(got))
	require.Len(t, m, 3)
	require.Regexp(t, `^string.cpp.o: aarch64-linux-musl-clang\+\+ .*-std=c\+\+23.* -c libcxx/src/string.cpp `, m[0])
	require.Regexp(t, `^private_typeinf: .*-D__WASM_EXCEPTIONS__ `, m[1])
	require.Regexp(t, `^Save.S.o: aarch64-linux-musl-clang .*-std=c99 `, m[2])

	site, err := os.ReadFile(filepath.Join(dest, libcxxHeaders, "__config_site"))
	require.NoError(t, err)
	require.Contains(t, string(site), "_LIBCPP_HAS_MUSL_LIBC")
	require.Equal(t, []string{"usr/include/c++/v1/__config_site", "usr/include/c++/v1/cxxabi.h", "usr/include/c++/v1/map", libgccArm64,
		libcxxArchive, "usr/lib/libc++abi.a", "usr/lib/libstdc++.a", "usr/lib/libunwind.a"}, regular(t, dest))

	require.ErrorContains(t, Unpack(t.TempDir(), []string{d}, opt), "0 source archives among the files of a musl root, want 1")
	require.ErrorContains(t, Unpack(t.TempDir(), []string{d, origTar(t, file("x-1/README", "x"))}, opt), "emscripten_1.orig.tar.gz: has no system/lib/libcxx")
	require.ErrorContains(t, Unpack(t.TempDir(), []string{d, origTar(t, file("../x", "x"))}, opt), "leads out")
	opt.CXX = false
	require.ErrorContains(t, Unpack(t.TempDir(), []string{d, o}, opt), "1 source archives among the files of a musl root, want 0")
	require.ErrorContains(t, Unpack(t.TempDir(), []string{d, o}, UnpackOptions{Kind: KindMusl, Arch: "arm64", CXX: true}), "needs a host toolchain")
}

// regular are the regular files below root.
func regular(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, _ := filepath.Rel(root, p)
			out = append(out, rel)
		}
		return err
	}))
	return out
}

func TestUnpackMuslTellsWhatTheCompilerSaid(t *testing.T) {
	gcc := string(appendArchive(nil, nil))
	d := deb(t, "libgcc.deb", "", file(libgccArm64, gcc))
	opt := UnpackOptions{Kind: KindMusl, Arch: "arm64", HostRoot: hostWith(t, "echo first; echo second >&2; exit 3")}
	err := Unpack(t.TempDir(), []string{d}, opt)
	require.ErrorContains(t, err, "compile chkfail.c for aarch64-linux-musl: exit status 3\nfirst\nsecond")
	require.ErrorContains(t, err, "compile time64.c for")

	other := deb(t, "other.deb", "", file("usr/include/x.h", "x"))
	require.ErrorContains(t, Unpack(t.TempDir(), []string{other}, opt), "packages have 0 of usr/lib/gcc/aarch64-linux-gnu/N/libgcc.a, want 1")
}
