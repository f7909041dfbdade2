/* Fortified wide character functions. wchar_t is a 32-bit integer and mbstate_t two of them in both libraries. */
#include "compat.h"
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

NAME(wchar_t *, __wmemcpy_chk, (wchar_t *d, const wchar_t *s, size_t n, size_t have))
{
	CHECK(n, have);
	return wmemcpy(d, s, n);
}
NAME(wchar_t *, __wmemmove_chk, (wchar_t *d, const wchar_t *s, size_t n, size_t have))
{
	CHECK(n, have);
	return wmemmove(d, s, n);
}
NAME(wchar_t *, __wmemset_chk, (wchar_t *d, wchar_t c, size_t n, size_t have))
{
	CHECK(n, have);
	return wmemset(d, c, n);
}
NAME(wchar_t *, __wcscpy_chk, (wchar_t *d, const wchar_t *s, size_t have))
{
	CHECK(wcslen(s) + 1, have);
	return wcscpy(d, s);
}
NAME(wchar_t *, __wcsncpy_chk, (wchar_t *d, const wchar_t *s, size_t n, size_t have))
{
	CHECK(n, have);
	return wcsncpy(d, s, n);
}
NAME(wchar_t *, __wcscat_chk, (wchar_t *d, const wchar_t *s, size_t have))
{
	size_t used = wcsnlen(d, have);
	CHECK(wcslen(s) + 1, have - used);
	return wcscat(d, s);
}
NAME(size_t, __mbstowcs_chk, (wchar_t *d, const char *s, size_t n, size_t have))
{
	CHECK(n, have);
	return mbstowcs(d, s, n);
}
NAME(size_t, __wcstombs_chk, (char *d, const wchar_t *s, size_t n, size_t have))
{
	CHECK(n, have);
	return wcstombs(d, s, n);
}
NAME(size_t, __mbsrtowcs_chk, (wchar_t *d, const char **s, size_t n, mbstate_t *st, size_t have))
{
	CHECK(n, have);
	return mbsrtowcs(d, s, n, st);
}
NAME(size_t, __mbsnrtowcs_chk, (wchar_t *d, const char **s, size_t max, size_t n, mbstate_t *st, size_t have))
{
	CHECK(n, have);
	return mbsnrtowcs(d, s, max, n, st);
}
NAME(size_t, __wcsrtombs_chk, (char *d, const wchar_t **s, size_t n, mbstate_t *st, size_t have))
{
	CHECK(n, have);
	return wcsrtombs(d, s, n, st);
}
NAME(size_t, __wcsnrtombs_chk, (char *d, const wchar_t **s, size_t max, size_t n, mbstate_t *st, size_t have))
{
	CHECK(n, have);
	return wcsnrtombs(d, s, max, n, st);
}
NAME(size_t, __wcrtomb_chk, (char *d, wchar_t c, mbstate_t *st, size_t have))
{
	CHECK(MB_CUR_MAX, have);
	return wcrtomb(d, c, st);
}
NAME(int, __wctomb_chk, (char *d, wchar_t c, size_t have))
{
	CHECK(MB_CUR_MAX, have);
	return wctomb(d, c);
}
