package sysroot

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// TargetRoot is where a build container mounts the target's sysroot. The clang config files of the host root name it.
// Rootless BuildKit drops every mount at a path that begins with "/sys" (util/rootless/specconv of v0.33.1).
const TargetRoot = "/target"

// CC is the compiler for a target, one word as cmd/go and cmd/link want it: a link to clang in usr/bin whose name
// selects the target, and with it the config file with all flags.
func (a Arch) CC(kind Kind) string { return a.triple(kind) + "-clang" }

// CXX is the same for C++.
func (a Arch) CXX(kind Kind) string { return a.triple(kind) + "-clang++" }

func (a Arch) triple(kind Kind) string {
	if kind == KindMusl {
		return a.Musl
	}
	return a.GNU
}

// PkgConfigEnv is the environment that makes pkg-config of the host root answer for the target's sysroot: NAME=value,
// in a fixed order. With static the answer names what libraries need in turn (Libs.private): cmd/go takes one word as
// PKG_CONFIG, so that is a program name of its own which has --static as its default. Directories that the compiler
// searches by itself are left out of the answer.
func (a Arch) PkgConfigEnv(static bool) []string {
	program := "pkg-config"
	if static {
		program = staticPkgConfig
	}
	lib, include := TargetRoot+"/usr/lib", TargetRoot+"/usr/include"
	return []string{
		"PKG_CONFIG=/usr/bin/" + program,
		"PKG_CONFIG_LIBDIR=" + strings.Join([]string{lib + "/" + a.GNU + "/pkgconfig", lib + "/pkgconfig", TargetRoot + "/usr/share/pkgconfig"}, ":"),
		"PKG_CONFIG_SYSROOT_DIR=" + TargetRoot,
		"PKG_CONFIG_SYSTEM_INCLUDE_PATH=" + include + ":" + include + "/" + a.GNU,
		"PKG_CONFIG_SYSTEM_LIBRARY_PATH=" + lib + ":" + lib + "/" + a.GNU,
	}
}

const staticPkgConfig = "static-pkg-config"

// staticPersonality is what pkgconf reads when it is started as static-pkg-config: --static is then its default.
// The search paths are mandatory in the file; the environment replaces them.
const staticPersonality = "Triplet: static\n" +
	"DefaultSearchPaths: " + TargetRoot + "/usr/share/pkgconfig\n" +
	"SystemIncludePaths: " + TargetRoot + "/usr/include\n" +
	"SystemLibraryPaths: " + TargetRoot + "/usr/lib\n" +
	"WantDefaultStatic: true\n"

// writeHost adds to a host root what Debian's alternatives, triggers and cross packages would: names of the compiler
// for every target, each with its config file. They are the same for every target, so one host root serves all.
func writeHost(t *tree) error {
	bin, err := llvmBin(t)
	if err != nil {
		return err
	}
	for _, a := range archs {
		for _, kind := range []Kind{KindGlibc, KindMusl} {
			if err := writeCompiler(t, bin, a, kind); err != nil {
				return err
			}
		}
	}
	if err := writePkgConfig(t); err != nil {
		return err
	}
	if err := t.mkdir("tmp"); err != nil {
		return err
	}
	return t.root.Chmod("tmp", 0o777|fs.ModeSticky)
}

func writePkgConfig(t *tree) error {
	for _, name := range []string{"pkg-config", staticPkgConfig} {
		if err := t.symlink("usr/bin/"+name, "pkgconf"); err != nil {
			return err
		}
	}
	return t.writeString("usr/share/pkgconfig/personality.d/static.personality", staticPersonality, 0o644)
}

// llvmBin is the directory of clang: Debian's usr/bin has only versioned links into it.
func llvmBin(t *tree) (string, error) {
	found, err := fs.Glob(t.root.FS(), "usr/lib/llvm-*/bin/clang")
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("host packages have %d of usr/lib/llvm-*/bin/clang, want 1", len(found))
	}
	return strings.TrimSuffix(found[0], "/clang"), nil
}

func writeCompiler(t *tree, bin string, a Arch, kind Kind) error {
	for _, l := range []struct{ name, program string }{{a.CC(kind), "clang"}, {a.CXX(kind), "clang++"}} {
		if err := t.symlink(bin+"/"+l.name, l.program); err != nil {
			return err
		}
		if err := t.symlink("usr/bin/"+l.name, relative("usr/bin", bin+"/"+l.name)); err != nil {
			return err
		}
	}
	if kind == KindGlibc {
		return t.writeString(bin+"/"+a.LLVM+".cfg", clangConfig(a, kind), 0o644)
	}
	// Clang looks for a file of its C++ driver first. Only there libc++ is asked for: C needs none.
	return errors.Join(t.writeString(bin+"/"+a.LLVMMusl+".cfg", clangConfig(a, kind), 0o644),
		t.writeString(bin+"/"+a.LLVMMusl+"-clang++.cfg", clangConfig(a, kind)+"-stdlib=libc++\n", 0o644))
}

// clangConfig is the content of a target's config file. Clang reads it from its own directory, by the normalised
// triple. Flags that only one of compiling and linking uses are no warnings: runtime/cgo compiles with -Werror.
func clangConfig(a Arch, kind Kind) string {
	return strings.Join(targetFlags(a, kind, TargetRoot), "\n") + "\n"
}

// targetFlags are the flags for a target whose sysroot is at root, each one word.
func targetFlags(a Arch, kind Kind, root string) []string {
	flags := []string{"--sysroot=" + root, "-Qunused-arguments", "-fuse-ld=lld"}
	flags = append(flags, a.Flags...)
	if kind == KindMusl {
		// Debian's libgcc_s needs glibc. Its libgcc.a and startup files lie below the GNU triple, where clang looks for
		// some musl targets only unless told.
		flags = append(flags, "-static-libgcc", "--gcc-triple="+a.gcc())
		// Kernel headers and the user's packages lie in Debian's multiarch directories: searched after musl's own.
		flags = append(flags, "-idirafter"+root+"/usr/include/"+a.GNU, "-L"+root+"/usr/lib", "-L"+root+"/usr/lib/"+a.GNU)
	}
	return flags
}
