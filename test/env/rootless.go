package env

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// rootlessUser is who runs rootless daemons. test/setup.sh makes him, with the numbers that his containers' users have.
const rootlessUser = "crossgo-test"

// rootless is the command of a daemon, args, run by an ordinary user, as the documentation of BuildKit has it (docs/rootless.md of
// v0.33.1). All that he needs is below dir: he cannot enter the homes and caches of others.
func rootless(dir string, args []string) (*exec.Cmd, error) {
	u, err := user.Lookup(rootlessUser)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	program, runtimeDir := filepath.Join(dir, "buildkitd"), filepath.Join(dir, "run")
	if err := errors.Join(copyFile(program, args[0]), os.Mkdir(runtimeDir, 0o700), chownAll(dir, uid, gid)); err != nil {
		return nil, err
	}
	cmd := exec.Command("rootlesskit", append([]string{"--net=host", "--copy-up=/etc", "--copy-up=/run", program}, args[1:]...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "USER="+rootlessUser, "XDG_RUNTIME_DIR="+runtimeDir, "TMPDIR="+runtimeDir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return cmd, nil
}

// copyFile copies a program.
func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

func chownAll(dir string, uid, gid int) error {
	return filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, uid, gid)
	})
}
