/* Fortified input and system calls: the plain function after a check of the size of the destination. */
#include "compat.h"
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

NAME(char *, __fgets_chk, (char *d, size_t have, int n, FILE *f))
{
	CHECK(n < 0 ? 0 : (size_t)n, have);
	return fgets(d, n, f);
}
NAME(char *, __fgets_unlocked_chk, (char *d, size_t have, int n, FILE *f))
{
	CHECK(n < 0 ? 0 : (size_t)n, have);
	return fgets_unlocked(d, n, f);
}
static size_t product(size_t a, size_t b)
{
	size_t n;
	return __builtin_mul_overflow(a, b, &n) ? SIZE_MAX : n;
}
NAME(size_t, __fread_chk, (void *d, size_t have, size_t size, size_t n, FILE *f))
{
	CHECK(product(size, n), have);
	return fread(d, size, n, f);
}
NAME(size_t, __fread_unlocked_chk, (void *d, size_t have, size_t size, size_t n, FILE *f))
{
	CHECK(product(size, n), have);
	return fread_unlocked(d, size, n, f);
}
NAME(ssize_t, __read_chk, (int fd, void *d, size_t n, size_t have))
{
	CHECK(n, have);
	return read(fd, d, n);
}
NAME(ssize_t, __pread64_chk, (int fd, void *d, size_t n, off_t at, size_t have))
{
	CHECK(n, have);
	return pread(fd, d, n, at);
}
NAME(ssize_t, __recv_chk, (int fd, void *d, size_t n, size_t have, int flags))
{
	CHECK(n, have);
	return recv(fd, d, n, flags);
}
NAME(ssize_t, __recvfrom_chk, (int fd, void *d, size_t n, size_t have, int flags, struct sockaddr *a, socklen_t *len))
{
	CHECK(n, have);
	return recvfrom(fd, d, n, flags, a, len);
}
NAME(ssize_t, __readlink_chk, (const char *path, char *d, size_t n, size_t have))
{
	CHECK(n, have);
	return readlink(path, d, n);
}
NAME(ssize_t, __readlinkat_chk, (int dir, const char *path, char *d, size_t n, size_t have))
{
	CHECK(n, have);
	return readlinkat(dir, path, d, n);
}
NAME(char *, __realpath_chk, (const char *path, char *d, size_t have))
{
	CHECK(PATH_MAX, have);
	return realpath(path, d);
}
NAME(char *, __getcwd_chk, (char *d, size_t n, size_t have))
{
	CHECK(n, have);
	return getcwd(d, n);
}
NAME(int, __gethostname_chk, (char *d, size_t n, size_t have))
{
	CHECK(n, have);
	return gethostname(d, n);
}
NAME(int, __getdomainname_chk, (char *d, size_t n, size_t have))
{
	CHECK(n, have);
	return getdomainname(d, n);
}
NAME(int, __getlogin_r_chk, (char *d, size_t n, size_t have))
{
	CHECK(n, have);
	return getlogin_r(d, n);
}
NAME(int, __ttyname_r_chk, (int fd, char *d, size_t n, size_t have))
{
	CHECK(n, have);
	return ttyname_r(fd, d, n);
}
NAME(int, __ptsname_r_chk, (int fd, char *d, size_t n, size_t have))
{
	CHECK(n, have);
	return ptsname_r(fd, d, n);
}
NAME(int, __getgroups_chk, (int n, gid_t *d, size_t have))
{
	CHECK(n < 0 ? 0 : product((size_t)n, sizeof *d), have);
	return getgroups(n, d);
}
NAME(int, __poll_chk, (struct pollfd *p, nfds_t n, int ms, size_t have))
{
	CHECK(product(n, sizeof *p), have);
	return poll(p, n, ms);
}
NAME(int, __ppoll_chk, (struct pollfd *p, nfds_t n, const struct timespec *ts, const sigset_t *mask, size_t have))
{
	CHECK(product(n, sizeof *p), have);
	return ppoll(p, n, ts, mask);
}
NAME(long, __fdelt_chk, (long fd))
{
	CHECK((unsigned long)fd, (unsigned long)FD_SETSIZE - 1);
	return fd / (long)(8 * sizeof(long));
}
/* Both flag words were seen at compile time to need no mode. */
NAME(int, __open_2, (const char *path, int flags)) { return open(path, flags); }
NAME(int, __open64_2, (const char *path, int flags)) { return open(path, flags); }
NAME(int, __openat_2, (int dir, const char *path, int flags)) { return openat(dir, path, flags); }
NAME(int, __openat64_2, (int dir, const char *path, int flags)) { return openat(dir, path, flags); }

/* The buffer was filled by musl's setjmp, which is what glibc's _setjmp and __sigsetjmp link to here. glibc also checks
 * that the jump leads up the stack. */
NAME(_Noreturn void, __longjmp_chk, (jmp_buf env, int val)) { longjmp(env, val); }
