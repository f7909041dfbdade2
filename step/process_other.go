//go:build !linux

package step

import "syscall"

// errBadLibrary stands in for Linux's ELIBBAD: steps run nowhere else, but the command is compiled with them.
const errBadLibrary = syscall.ENOEXEC
