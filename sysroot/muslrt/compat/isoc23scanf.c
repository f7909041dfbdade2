/* C23 names of scanf. The conversions are the same but for %b and binary %i, which musl 1.2.5 has not. */
#include "compat.h"
#include <stdarg.h>
#include <stdio.h>

NAME(int, __isoc23_vfscanf, (FILE *f, const char *fmt, va_list ap)) { return vfscanf(f, fmt, ap); }
NAME(int, __isoc23_vsscanf, (const char *s, const char *fmt, va_list ap)) { return vsscanf(s, fmt, ap); }
NAME(int, __isoc23_vscanf, (const char *fmt, va_list ap)) { return vscanf(fmt, ap); }

#define FORWARD(call)              \
	va_list ap;                \
	va_start(ap, fmt);         \
	int n = call;              \
	va_end(ap);                \
	return n

NAME(int, __isoc23_fscanf, (FILE *f, const char *fmt, ...)) { FORWARD(vfscanf(f, fmt, ap)); }
NAME(int, __isoc23_sscanf, (const char *s, const char *fmt, ...)) { FORWARD(vsscanf(s, fmt, ap)); }
NAME(int, __isoc23_scanf, (const char *fmt, ...)) { FORWARD(vscanf(fmt, ap)); }
