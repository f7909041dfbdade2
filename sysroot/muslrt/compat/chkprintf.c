/* Fortified printf. flag asks glibc to refuse %n in writable memory; musl prints the same otherwise. */
#include "compat.h"
#include <stdarg.h>
#include <limits.h>
#include <stdio.h>
#include <syslog.h>

NAME(int, __vfprintf_chk, (FILE *f, int flag, const char *fmt, va_list ap))
{
	return vfprintf(f, fmt, ap);
}
NAME(int, __vprintf_chk, (int flag, const char *fmt, va_list ap))
{
	return vprintf(fmt, ap);
}
NAME(int, __vsnprintf_chk, (char *d, size_t n, int flag, size_t have, const char *fmt, va_list ap))
{
	CHECK(n, have);
	return vsnprintf(d, n, fmt, ap);
}
NAME(int, __vsprintf_chk, (char *d, int flag, size_t have, const char *fmt, va_list ap))
{
	int n = vsnprintf(d, have > INT_MAX ? INT_MAX : have, fmt, ap);
	if (n >= 0)
		CHECK((size_t)n + 1, have);
	return n;
}
NAME(int, __vasprintf_chk, (char **d, int flag, const char *fmt, va_list ap))
{
	return vasprintf(d, fmt, ap);
}
NAME(int, __vdprintf_chk, (int fd, int flag, const char *fmt, va_list ap))
{
	return vdprintf(fd, fmt, ap);
}
NAME(void, __vsyslog_chk, (int pri, int flag, const char *fmt, va_list ap))
{
	vsyslog(pri, fmt, ap);
}

#define FORWARD(call)              \
	va_list ap;                \
	va_start(ap, fmt);         \
	int n = call;              \
	va_end(ap);                \
	return n

NAME(int, __fprintf_chk, (FILE *f, int flag, const char *fmt, ...))
{
	FORWARD(vfprintf(f, fmt, ap));
}
NAME(int, __printf_chk, (int flag, const char *fmt, ...))
{
	FORWARD(vprintf(fmt, ap));
}
NAME(int, __snprintf_chk, (char *d, size_t size, int flag, size_t have, const char *fmt, ...))
{
	FORWARD(OWN(__vsnprintf_chk)(d, size, flag, have, fmt, ap));
}
NAME(int, __sprintf_chk, (char *d, int flag, size_t have, const char *fmt, ...))
{
	FORWARD(OWN(__vsprintf_chk)(d, flag, have, fmt, ap));
}
NAME(int, __asprintf_chk, (char **d, int flag, const char *fmt, ...))
{
	FORWARD(vasprintf(d, fmt, ap));
}
NAME(int, __dprintf_chk, (int fd, int flag, const char *fmt, ...))
{
	FORWARD(vdprintf(fd, fmt, ap));
}
NAME(void, __syslog_chk, (int pri, int flag, const char *fmt, ...))
{
	va_list ap;
	va_start(ap, fmt);
	vsyslog(pri, fmt, ap);
	va_end(ap);
}
