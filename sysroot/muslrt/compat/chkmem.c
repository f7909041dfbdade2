/* Fortified memory and string functions: the plain function after a check of the size of the destination. */
#include "compat.h"
#include <string.h>

NAME(void *, __memcpy_chk, (void *d, const void *s, size_t n, size_t have))
{
	CHECK(n, have);
	return memcpy(d, s, n);
}
NAME(void *, __memmove_chk, (void *d, const void *s, size_t n, size_t have))
{
	CHECK(n, have);
	return memmove(d, s, n);
}
NAME(void *, __mempcpy_chk, (void *d, const void *s, size_t n, size_t have))
{
	CHECK(n, have);
	return (char *)memcpy(d, s, n) + n;
}
NAME(void *, __memset_chk, (void *d, int c, size_t n, size_t have))
{
	CHECK(n, have);
	return memset(d, c, n);
}
NAME(void, __explicit_bzero_chk, (void *d, size_t n, size_t have))
{
	CHECK(n, have);
	explicit_bzero(d, n);
}
NAME(char *, __strcpy_chk, (char *d, const char *s, size_t have))
{
	size_t n = strlen(s) + 1;
	CHECK(n, have);
	return memcpy(d, s, n);
}
NAME(char *, __stpcpy_chk, (char *d, const char *s, size_t have))
{
	size_t n = strlen(s) + 1;
	CHECK(n, have);
	return (char *)memcpy(d, s, n) + n - 1;
}
NAME(char *, __strncpy_chk, (char *d, const char *s, size_t n, size_t have))
{
	CHECK(n, have);
	return strncpy(d, s, n);
}
NAME(char *, __stpncpy_chk, (char *d, const char *s, size_t n, size_t have))
{
	CHECK(n, have);
	return stpncpy(d, s, n);
}
NAME(char *, __strcat_chk, (char *d, const char *s, size_t have))
{
	size_t used = strnlen(d, have);
	CHECK(strlen(s) + 1, have - used);
	strcpy(d + used, s);
	return d;
}
NAME(char *, __strncat_chk, (char *d, const char *s, size_t n, size_t have))
{
	size_t used = strnlen(d, have);
	CHECK(strnlen(s, n) + 1, have - used);
	return strncat(d, s, n);
}
NAME(size_t, __strlcpy_chk, (char *d, const char *s, size_t n, size_t have))
{
	CHECK(n, have);
	return strlcpy(d, s, n);
}
NAME(size_t, __strlcat_chk, (char *d, const char *s, size_t n, size_t have))
{
	CHECK(n, have);
	return strlcat(d, s, n);
}
