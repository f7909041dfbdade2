package sysroot

import (
	"bytes"
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
