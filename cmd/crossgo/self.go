package main

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// selfEnv names the crossgo for the build steps, when the one that was started cannot run in a container.
const selfEnv = "CROSSGO_STEP"

// selfMachines are the ELF machines of the build machines that crossgo knows, by Go's name.
var selfMachines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// selfDir returns a folder below state with nothing in it but a crossgo that runs in a container on arch, named
// "crossgo". The folder is named by the content, so it is sent to the builder only when that changes.
func selfDir(ctx context.Context, state, arch string) (string, error) {
	path, err := selfPath(ctx, state, arch)
	if err != nil {
		return "", err
	}
	sum, err := hashFile(path)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(state, "self", sum[:16])
	if _, err := os.Stat(filepath.Join(dir, "crossgo")); err == nil {
		return dir, nil
	}
	return dir, placeDir(dir, func(tmp string) error { return copyProgram(filepath.Join(tmp, "crossgo"), path) })
}

// selfPath picks $CROSSGO_STEP, else the program that runs if it can serve, else one that is compiled from the same sources.
func selfPath(ctx context.Context, state, arch string) (string, error) {
	if path := os.Getenv(selfEnv); path != "" {
		if err := checkSelf(path, arch); err != nil {
			return "", fmt.Errorf("%s: %w", selfEnv, err)
		}
		return path, nil
	}
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	unfit := checkSelf(own, arch)
	if unfit == nil {
		return own, nil
	}
	if _, ok := selfMachines[arch]; !ok {
		return "", unfit
	}
	path, err := newSteps(state, arch, own).path(ctx)
	if err != nil {
		return "", fmt.Errorf("crossgo cannot run in the builder's containers: %w. The program that can is not compiled: %w\n"+
			"Compile one where there is Go (CGO_ENABLED=0 GOOS=linux GOARCH=%s go install %s/cmd/crossgo@VERSION) and set %s to its file",
			unfit, err, arch, ownModule, selfEnv)
	}
	return path, nil
}

// checkSelf says why the program at path cannot run in an empty container on linux/arch.
func checkSelf(path, arch string) error {
	machine, ok := selfMachines[arch]
	if !ok {
		return fmt.Errorf("the builder is linux/%s, crossgo compiles on linux/amd64 and linux/arm64", arch)
	}
	f, err := elf.Open(path)
	var format *elf.FormatError
	if errors.As(err, &format) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // EOF: shorter than a header
		return fmt.Errorf("%s is no linux program (this is %s/%s)", path, runtime.GOOS, runtime.GOARCH)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Machine != machine {
		return fmt.Errorf("%s is for %s", path, f.Machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is not static", path)
		}
	}
	return nil
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// placeDir makes dir with what fill puts into it, in one step for whoever looks, and drops the folders of older versions beside it.
func placeDir(dir string, fill func(dir string) error) error {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	old, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(parent, "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := fill(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	for _, entry := range old {
		if entry.Name() != filepath.Base(dir) {
			os.RemoveAll(filepath.Join(parent, entry.Name()))
		}
	}
	return nil
}

func copyProgram(to, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}
