/* __getauxval, by which libgcc.a on arm64 asks for the processor's atomic instructions. musl's shared libc.so does not
 * export it; its libc.a has one of its own, which goes before this weak one. */
#include "compat.h"
#include <sys/auxv.h>

__attribute__((weak)) NAME(unsigned long, __getauxval, (unsigned long item)) { return getauxval(item); }
