package step

import "syscall"

// errBadLibrary is what the kernel says of a loader that it cannot read (man 2 execve, ELIBBAD).
const errBadLibrary = syscall.ELIBBAD
