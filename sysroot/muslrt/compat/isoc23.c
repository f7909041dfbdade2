/* C23 names of number parsing. C23 also reads "0b101" where the base is 0 or 2; musl 1.2.5 does not. */
#include "compat.h"
#include <inttypes.h>
#include <stdlib.h>
#include <wchar.h>

#define PARSE(type, name, fn, ch) \
	NAME(type, name, (const ch *s, ch **end, int base)) { return fn(s, end, base); }

PARSE(long, __isoc23_strtol, strtol, char)
PARSE(long long, __isoc23_strtoll, strtoll, char)
PARSE(unsigned long, __isoc23_strtoul, strtoul, char)
PARSE(unsigned long long, __isoc23_strtoull, strtoull, char)
PARSE(intmax_t, __isoc23_strtoimax, strtoimax, char)
PARSE(uintmax_t, __isoc23_strtoumax, strtoumax, char)
PARSE(long, __isoc23_wcstol, wcstol, wchar_t)
PARSE(long long, __isoc23_wcstoll, wcstoll, wchar_t)
PARSE(unsigned long, __isoc23_wcstoul, wcstoul, wchar_t)
PARSE(unsigned long long, __isoc23_wcstoull, wcstoull, wchar_t)
