/* Calls of 32-bit machines whose options or messages may carry a 64-bit time: musl's own take the new and the old
 * options alike. Variable arguments: one int, pointer or nothing, as in lfs.c. */
#include "compat.h"
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#if __SIZEOF_LONG__ == 4
NAME(int, __getsockopt64, (int fd, int level, int name, void *val, socklen_t *len)) { return getsockopt(fd, level, name, val, len); }
NAME(int, __setsockopt64, (int fd, int level, int name, const void *val, socklen_t len)) { return setsockopt(fd, level, name, val, len); }
NAME(ssize_t, __recvmsg64, (int fd, struct msghdr *m, int flags)) { return recvmsg(fd, m, flags); }
NAME(ssize_t, __sendmsg64, (int fd, const struct msghdr *m, int flags)) { return sendmsg(fd, m, flags); }
NAME(int, __recvmmsg64, (int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t)) { return recvmmsg(fd, m, n, flags, t); }
NAME(int, __sendmmsg64, (int fd, struct mmsghdr *m, unsigned n, int flags)) { return sendmmsg(fd, m, n, flags); }

NAME(int, __fcntl_time64, (int fd, int cmd, ...))
{
	va_list ap;
	va_start(ap, cmd);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return fcntl(fd, cmd, arg);
}
NAME(int, __ioctl_time64, (int fd, unsigned long req, ...))
{
	va_list ap;
	va_start(ap, req);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return ioctl(fd, (int)req, arg);
}
NAME(int, __prctl_time64, (int op, ...))
{
	unsigned long a[4];
	va_list ap;
	va_start(ap, op);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	return prctl(op, a[0], a[1], a[2], a[3]);
}
#endif
