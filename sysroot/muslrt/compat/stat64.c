/* stat64 and its family, on 64-bit machines: struct stat is the kernel's in both libraries. On 32-bit machines glibc's
 * stat64 fills a struct with 32-bit times, which no package of trixie asks for: undefined there. See time64.c. */
#include "compat.h"
#include <sys/stat.h>

#if __SIZEOF_LONG__ == 8
NAME(int, stat64, (const char *path, struct stat *r)) { return stat(path, r); }
NAME(int, lstat64, (const char *path, struct stat *r)) { return lstat(path, r); }
NAME(int, fstat64, (int fd, struct stat *r)) { return fstat(fd, r); }
NAME(int, fstatat64, (int dir, const char *path, struct stat *r, int flags)) { return fstatat(dir, path, r, flags); }
#endif
