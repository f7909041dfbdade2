package verify

import (
	"debug/elf"
	stdbinary "encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCalled: a call and a jump are found on each processor, and nothing where nobody calls.
func TestCalled(t *testing.T) {
	const callee = "int seen;\n__attribute__((noinline)) int opens(void) { return ++seen; }\n__attribute__((noinline)) int idle(void) { return --seen; }\n"
	const caller = "void _start(void) { if (opens() > 1) seen = 7; for (;;) ; }\n"
	const jumper = "__attribute__((noinline)) int tail(void) { seen = 2; return opens(); }\nvoid _start(void) { seen = tail() + 1; for (;;) ; }\n"
	const thumb = "int seen;\n__attribute__((noinline, target(\"thumb\"))) int opens(void) { return ++seen; }\n__attribute__((noinline)) int idle(void) { return --seen; }\n"
	for _, c := range []struct{ name, target, source string }{
		{"amd64", "x86_64-linux-gnu", callee + caller},
		{"amd64 jump", "x86_64-linux-gnu", callee + jumper},
		{"386", "i386-linux-gnu", callee + caller},
		{"arm64", "aarch64-linux-gnu", callee + caller},
		{"arm64 jump", "aarch64-linux-gnu", callee + jumper},
		{"arm", "armv7-linux-gnueabihf", callee + caller},
		{"arm jump", "armv7-linux-gnueabihf", callee + jumper},
		{"arm to thumb", "armv7-linux-gnueabihf", thumb + caller},
	} {
		file, err := os.Open(clang(t, c.target, c.source, "-static", "-O1"))
		require.NoError(t, err)
		defer file.Close()
		f, err := elf.NewFile(file)
		require.NoError(t, err)
		symbols := findSymbols(file, f, []string{"opens", "idle", "missing"})
		require.Len(t, symbols, 2, c.name)
		require.True(t, called(file, f, symbols["opens"].addr), c.name)
		require.False(t, called(file, f, symbols["idle"].addr), c.name)
	}
	// brasl %r14, .-256, which no linker here makes
	to, ok := callS390([]byte{0xc0, 0xe5, 0xff, 0xff, 0xff, 0x80}, stdbinary.BigEndian, 0x1000)
	require.True(t, ok)
	require.Equal(t, uint64(0xf00), to)
	_, ok = callS390([]byte{0xc0, 0xe0, 0, 0, 0, 0}, stdbinary.BigEndian, 0x1000)
	require.False(t, ok)
}

// TestSymbolsBeyondAWindow: tables that are longer than what is in memory at a time are read to their end.
func TestSymbolsBeyondAWindow(t *testing.T) {
	for _, target := range []string{"x86_64-linux-gnu", "i386-linux-gnu"} {
		source := "__asm__(\".altmacro\\n.macro one n\\n.globl a_name_of_some_length_\\\\n\\na_name_of_some_length_\\\\n:\\n.endm\\n" +
			".set i, 0\\n.rept 90000\\none %i\\n.set i, i + 1\\n.endr\\n\");\nint last_of_all;\n" + startC
		file, err := os.Open(clang(t, target, source, "-static"))
		require.NoError(t, err)
		defer file.Close()
		f, err := elf.NewFile(file)
		require.NoError(t, err)
		require.Greater(t, section(f, elf.SHT_SYMTAB).Size, uint64(scanWindow))
		symbols := findSymbols(file, f, []string{"last_of_all", "a_name_of_some_length_0", "a_name_of_some_length_89999", "a_name_of_some_length_65536", "length_77777"})
		require.Len(t, symbols, 4, "%s: a name that only ends like another is none", target)
		all, err := f.Symbols()
		require.NoError(t, err)
		for _, s := range all {
			if at, ok := symbols[s.Name]; ok {
				require.Equal(t, symbolAt{s.Value, s.Size}, at)
			}
		}
	}
}
