package env

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// binfmtDir is where the kernel takes registrations, see binfmt-misc in the kernel's admin guide.
const binfmtDir = "/proc/sys/fs/binfmt_misc"

// emulator is how the kernel recognises programs of another machine.
type emulator struct {
	name    string // of the registration, the same that Debian's packages use
	program string
	magic   string // ELF header up to e_machine, in the kernel's escapes
}

// elfMask leaves out what differs between programs: ABI and padding bytes, and the lowest bit of e_type, so that both
// executables (2) and shared objects, which position-independent executables are (3), match.
const elfMask = `\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`

// emulators by Go architecture. e_machine is 183 (AArch64) and 40 (ARM) in the ELF specification.
var emulators = map[string]emulator{
	"arm64": {"qemu-aarch64", "qemu-aarch64-static", `\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`},
	"arm":   {"qemu-arm", "qemu-arm-static", `\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00`},
}

// Emulate makes the kernel run programs of another architecture, in containers too. The registration stays after the test:
// other users of the machine may have come to rely on it.
func (e *Env) Emulate(t testing.TB, arch string) {
	t.Helper()
	emu, ok := emulators[arch]
	require.True(t, ok, "no emulator for %s in the table", arch)
	require.NoError(t, register(emu))
}

// register does nothing when the kernel knows the emulator with flag F already.
func register(emu emulator) error {
	if err := mountBinfmt(); err != nil {
		return err
	}
	entry := filepath.Join(binfmtDir, emu.name)
	state, err := os.ReadFile(entry)
	switch {
	case err == nil && strings.HasPrefix(string(state), "enabled") && fixed(string(state)):
		return nil
	case err == nil:
		// written -1 an entry removes itself; without flag F its program would be looked for inside the container
		if err := os.WriteFile(entry, []byte("-1"), 0); err != nil {
			return fmt.Errorf("remove %s: %w", entry, err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	program, err := exec.LookPath(emu.program)
	if err != nil {
		return err
	}
	line := fmt.Sprintf(":%s:M:0:%s:%s:%s:F", emu.name, emu.magic, elfMask, program)
	if err := os.WriteFile(filepath.Join(binfmtDir, "register"), []byte(line), 0); err != nil {
		return fmt.Errorf("register %s: %w", emu.name, err)
	}
	return nil
}

// fixed reports whether an entry has its program open already.
func fixed(state string) bool {
	for line := range strings.Lines(state) {
		if flags, ok := strings.CutPrefix(line, "flags:"); ok {
			return strings.Contains(flags, "F")
		}
	}
	return false
}

// mountBinfmt mounts the kernel's file system when nobody has.
func mountBinfmt() error {
	if _, err := os.Stat(filepath.Join(binfmtDir, "register")); err == nil {
		return nil
	}
	if err := syscall.Mount("binfmt_misc", binfmtDir, "binfmt_misc", 0, ""); err != nil {
		return fmt.Errorf("mount %s: %w", binfmtDir, err)
	}
	return nil
}
