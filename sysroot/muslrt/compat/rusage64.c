/* Resource usage with 64-bit time on 32-bit machines. musl's struct rusage is glibc's with a reserve at its end that
 * musl 1.2.5 never writes: getrusage stores through ru_nivcsw. */
#include "compat.h"
#include <sys/resource.h>

#if __SIZEOF_LONG__ == 4
_Static_assert(offsetof(struct rusage, ru_nivcsw) + sizeof(long) == 88, "glibc's struct rusage with 64-bit time");

NAME(int, __getrusage64, (int who, struct rusage *r)) { return getrusage(who, r); }
#endif
