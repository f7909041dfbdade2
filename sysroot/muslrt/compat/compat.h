/* What the parts of libcrossgo-compat share.
 *
 * Debian's static libraries are compiled against glibc's headers, which rename calls: a length known to the compiler
 * turns memcpy into __memcpy_chk, 64-bit file offsets turn open into open64, C23 turns strtol into __isoc23_strtol,
 * and 64-bit time on 32-bit machines turns stat into __stat64_time64. musl has one function of each kind and no such
 * names. The parts give the names back, each only where the call means the same with musl: argument types, structs
 * and constants were compared between both sets of headers for amd64, arm64 and armhf (see README.md).
 *
 * No function here keeps state, and each part is one member of the archive: a program gets only the parts it calls.
 */
#ifndef CROSSGO_COMPAT_H
#define CROSSGO_COMPAT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stddef.h>
#include <stdint.h>

/* The glibc name has no declaration in musl's headers; this declares it and opens its definition. */
#define NAME(type, name, args) \
	type name args;        \
	type name args

/* What glibc's fortified functions do when a buffer is too small. */
_Noreturn void __chk_fail(void);

#define CHECK(size, have) \
	do {              \
		if ((size) > (have)) \
			__chk_fail();    \
	} while (0)

#endif
