package sysroot

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// elfFile is the smallest 64-bit ELF file that names a loader (empty: none) and needed libraries.
func elfFile(t *testing.T, loader string, needed ...string) string {
	t.Helper()
	const headers = 64 + 56 // file header and one program header
	strtab := []byte{0}
	var dynamic []elf.Dyn64
	for _, name := range needed {
		dynamic = append(dynamic, elf.Dyn64{Tag: int64(elf.DT_NEEDED), Val: uint64(len(strtab))})
		strtab = append(append(strtab, name...), 0)
	}
	dynamic = append(dynamic, elf.Dyn64{Tag: int64(elf.DT_NULL)})
	interp := append([]byte(loader), 0)
	interpAt := uint64(headers)
	strAt := interpAt + uint64(len(interp))
	dynAt := strAt + uint64(len(strtab))
	dynLen := uint64(len(dynamic) * 16)

	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_AARCH64), Version: 1, Phoff: 64, Shoff: dynAt + dynLen, Ehsize: 64, Phentsize: 56, Shentsize: 64, Shnum: 3, Shstrndx: 1}
	copy(h.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	if loader != "" {
		h.Phnum = 1
	}
	var out bytes.Buffer
	for _, part := range []any{
		h, elf.Prog64{Type: uint32(elf.PT_INTERP), Off: interpAt, Filesz: uint64(len(interp))},
		interp, strtab, dynamic,
		elf.Section64{},
		elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: strAt, Size: uint64(len(strtab))},
		elf.Section64{Type: uint32(elf.SHT_DYNAMIC), Off: dynAt, Size: dynLen, Link: 1, Entsize: 16},
	} {
		require.NoError(t, binary.Write(&out, binary.LittleEndian, part))
	}
	return out.String()
}

func onDisk(t *testing.T, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "server")
	require.NoError(t, os.WriteFile(p, []byte(content), 0o755))
	return p
}

// paths names every file below root; all have to be plain ones.
func paths(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			require.True(t, d.Type().IsRegular(), "%s is a plain file", p)
			rel, _ := filepath.Rel(root, p)
			out = append(out, rel)
		}
		return err
	}))
	return out
}

func TestCopyRuntimeGlibc(t *testing.T) {
	lib := "usr/lib/aarch64-linux-gnu/"
	root := t.TempDir()
	require.NoError(t, Unpack(root, []string{deb(t, "libs.deb", "",
		file("lib/aarch64-linux-gnu/ld-linux-aarch64.so.1", elfFile(t, "")), link("lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu/ld-linux-aarch64.so.1"),
		file(lib+"libc.so.6", elfFile(t, "", "ld-linux-aarch64.so.1")), file(lib+"libgcc_s.so.1", elfFile(t, "", "libc.so.6")),
		file(lib+"libsqlite3.so.0.8.6", elfFile(t, "", "libm.so.6", "libc.so.6")), link(lib+"libsqlite3.so.0", "libsqlite3.so.0.8.6"),
		file(lib+"libm.so.6", elfFile(t, "", "libc.so.6")), file(lib+"libunused.so.1", "x"))}, glibcArm64))
	program := onDisk(t, elfFile(t, "/lib/ld-linux-aarch64.so.1", "libsqlite3.so.0", "libc.so.6"))
	dest := filepath.Join(t.TempDir(), "image")
	require.NoError(t, CopyRuntime([]string{root}, dest, []string{program, program}))
	require.Equal(t, []string{"lib/ld-linux-aarch64.so.1", lib + "libc.so.6", lib + "libgcc_s.so.1", lib + "libm.so.6", lib + "libsqlite3.so.0"}, paths(t, dest))

	missing := onDisk(t, elfFile(t, "/lib/ld-linux-aarch64.so.1", "libnone.so.1", "libc.so.6", "libnil.so.2"))
	require.EqualError(t, CopyRuntime([]string{root}, t.TempDir(), []string{missing}),
		"server needs libnone.so.1, which no package of the sysroot has\nserver needs libnil.so.2, which no package of the sysroot has")
	other := onDisk(t, elfFile(t, "/lib64/ld-linux-x86-64.so.2"))
	require.ErrorContains(t, CopyRuntime([]string{root}, t.TempDir(), []string{other}), "server: loader /lib64/ld-linux-x86-64.so.2: no package of the sysroot has it")
}

// TestCopyRuntimeOfTwoSuites: a program that was linked with an older C library gets the newer one whole, its stubs for libraries that are
// parts of it by now among that, and of its own sysroot what only that has.
func TestCopyRuntimeOfTwoSuites(t *testing.T) {
	lib := "usr/lib/aarch64-linux-gnu/"
	unpacked := func(age string, more ...item) string {
		root := t.TempDir()
		own := elfFile(t, "", "libc.so.6")
		members := append(more, file("lib/aarch64-linux-gnu/ld-linux-aarch64.so.1", elfFile(t, "")+age), link("lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu/ld-linux-aarch64.so.1"),
			file(lib+"libc.so.6", elfFile(t, "", "ld-linux-aarch64.so.1")+age), file(lib+"libpthread.so.0", own+age))
		require.NoError(t, Unpack(root, []string{deb(t, age+".deb", "", members...)}, glibcArm64))
		return root
	}
	older := unpacked("older", file(lib+"libssl.so.1.1", elfFile(t, "", "libpthread.so.0", "libc.so.6")+"older"))
	program := onDisk(t, elfFile(t, "/lib/ld-linux-aarch64.so.1", "libssl.so.1.1", "libpthread.so.0", "libc.so.6"))
	dest := t.TempDir()
	require.NoError(t, CopyRuntime([]string{unpacked("newer"), older}, dest, []string{program}))
	for name, age := range map[string]string{"lib/ld-linux-aarch64.so.1": "newer", lib + "libc.so.6": "newer", lib + "libpthread.so.0": "newer", lib + "libssl.so.1.1": "older"} {
		data, err := os.ReadFile(filepath.Join(dest, name))
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(string(data), age), name)
	}
}

func TestCopyRuntimeMusl(t *testing.T) {
	m := "usr/lib/aarch64-linux-musl/"
	root := t.TempDir()
	require.NoError(t, Unpack(root, []string{deb(t, "musl.deb", "", file(m+"libc.so", elfFile(t, "")), link("lib/ld-musl-aarch64.so.1", "aarch64-linux-musl/libc.so"))},
		UnpackOptions{Kind: KindMusl, Arch: "arm64"}))
	dest := t.TempDir()
	require.NoError(t, CopyRuntime([]string{root}, dest, []string{onDisk(t, elfFile(t, "/lib/ld-musl-aarch64.so.1", "libc.so"))}))
	require.Equal(t, []string{"lib/ld-musl-aarch64.so.1"}, paths(t, dest))
}

func TestCopyRuntimeStatic(t *testing.T) {
	dest := t.TempDir()
	require.NoError(t, CopyRuntime([]string{t.TempDir()}, dest, []string{onDisk(t, elfFile(t, ""))}))
	require.Empty(t, paths(t, dest))
	require.ErrorContains(t, CopyRuntime([]string{t.TempDir()}, dest, []string{onDisk(t, "#!/bin/sh")}), "server: not an ELF file")
}
