/* Names for 64-bit file offsets. musl's off_t is 64 bits everywhere, so its plain functions are these. Structs that are
 * passed (dirent, flock, rlimit, statvfs, statfs) have the same layout in both libraries on all three machines.
 * Not here: nftw64 and ftw64 (FTW_DP has another number), glob64 (flags differ), aio_*64 (struct aiocb differs). */
#include "compat.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "off_t is 64 bits");

#define OPEN_MODE(flags)                                                       \
	mode_t mode = 0;                                                       \
	if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) {         \
		va_list ap;                                                    \
		va_start(ap, flags);                                           \
		mode = va_arg(ap, mode_t);                                     \
		va_end(ap);                                                    \
	}

NAME(int, open64, (const char *path, int flags, ...))
{
	OPEN_MODE(flags)
	return open(path, flags, mode);
}
NAME(int, openat64, (int dir, const char *path, int flags, ...))
{
	OPEN_MODE(flags)
	return openat(dir, path, flags, mode);
}
/* The third argument is an int, a pointer or nothing; as a pointer each of them arrives whole in its register. */
NAME(int, fcntl64, (int fd, int cmd, ...))
{
	va_list ap;
	va_start(ap, cmd);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return fcntl(fd, cmd, arg);
}
NAME(int, creat64, (const char *path, mode_t mode)) { return creat(path, mode); }
NAME(off_t, lseek64, (int fd, off_t off, int whence)) { return lseek(fd, off, whence); }
NAME(int, truncate64, (const char *path, off_t n)) { return truncate(path, n); }
NAME(int, ftruncate64, (int fd, off_t n)) { return ftruncate(fd, n); }
NAME(ssize_t, pread64, (int fd, void *d, size_t n, off_t at)) { return pread(fd, d, n, at); }
NAME(ssize_t, pwrite64, (int fd, const void *d, size_t n, off_t at)) { return pwrite(fd, d, n, at); }
NAME(ssize_t, preadv64, (int fd, const struct iovec *v, int n, off_t at)) { return preadv(fd, v, n, at); }
NAME(ssize_t, pwritev64, (int fd, const struct iovec *v, int n, off_t at)) { return pwritev(fd, v, n, at); }
NAME(ssize_t, sendfile64, (int out, int in, off_t *at, size_t n)) { return sendfile(out, in, at, n); }
NAME(int, lockf64, (int fd, int op, off_t n)) { return lockf(fd, op, n); }
NAME(int, fallocate64, (int fd, int mode, off_t at, off_t n)) { return fallocate(fd, mode, at, n); }
NAME(int, posix_fallocate64, (int fd, off_t at, off_t n)) { return posix_fallocate(fd, at, n); }
NAME(int, posix_fadvise64, (int fd, off_t at, off_t n, int advice)) { return posix_fadvise(fd, at, n, advice); }
NAME(void *, mmap64, (void *addr, size_t n, int prot, int flags, int fd, off_t at)) { return mmap(addr, n, prot, flags, fd, at); }
NAME(int, mkstemp64, (char *path)) { return mkstemp(path); }
NAME(int, mkostemp64, (char *path, int flags)) { return mkostemp(path, flags); }
NAME(int, mkstemps64, (char *path, int suffix)) { return mkstemps(path, suffix); }
NAME(int, mkostemps64, (char *path, int suffix, int flags)) { return mkostemps(path, suffix, flags); }
NAME(struct dirent *, readdir64, (DIR *d)) { return readdir(d); }
NAME(int, readdir64_r, (DIR *d, struct dirent *e, struct dirent **r)) { return readdir_r(d, e, r); }
NAME(int, alphasort64, (const struct dirent **a, const struct dirent **b)) { return alphasort(a, b); }
NAME(int, versionsort64, (const struct dirent **a, const struct dirent **b)) { return versionsort(a, b); }
NAME(int, scandir64, (const char *path, struct dirent ***r, int (*pick)(const struct dirent *), int (*order)(const struct dirent **, const struct dirent **)))
{
	return scandir(path, r, pick, order);
}
NAME(int, getrlimit64, (int what, struct rlimit *r)) { return getrlimit(what, r); }
NAME(int, setrlimit64, (int what, const struct rlimit *r)) { return setrlimit(what, r); }
NAME(int, prlimit64, (pid_t pid, int what, const struct rlimit *to, struct rlimit *from)) { return prlimit(pid, what, to, from); }
NAME(int, statvfs64, (const char *path, struct statvfs *r)) { return statvfs(path, r); }
NAME(int, fstatvfs64, (int fd, struct statvfs *r)) { return fstatvfs(fd, r); }
NAME(int, statfs64, (const char *path, struct statfs *r)) { return statfs(path, r); }
NAME(int, fstatfs64, (int fd, struct statfs *r)) { return fstatfs(fd, r); }
