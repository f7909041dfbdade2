/* What the compatibility functions share.
 *
 * Debian's static libraries are compiled against glibc's headers, which rename calls: a length known to the compiler
 * turns memcpy into __memcpy_chk, 64-bit file offsets turn open into open64, C23 turns strtol into __isoc23_strtol,
 * and 64-bit time on 32-bit machines turns stat into __stat64_time64. musl has one function of each kind and no such
 * names. The parts give the names back, each only where the call means the same with musl: argument types, structs
 * and constants were compared between both sets of headers for amd64, arm64 and armhf (see docs/sysroot.md).
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

/* Opens the definition of a name that musl's headers do not declare. In C the function is OWN(name): older versions of
 * musl have some of the names as macros, and clang knows others as builtins. Hidden: no program or library exports it. */
#define OWN(name) crossgo_##name
#define NAME(type, name, args)                       \
	type crossgo_##name args __asm__(#name);     \
	type crossgo_##name args

/* What glibc's fortified functions do when a buffer is too small. */
_Noreturn void crossgo_chk_fail(void) __asm__("__chk_fail");

#define CHECK(size, have) \
	do {              \
		if ((size) > (have)) \
			crossgo_chk_fail(); \
	} while (0)

#endif
