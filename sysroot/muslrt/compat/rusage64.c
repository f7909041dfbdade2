/* Resource usage with 64-bit time on 32-bit machines. musl's struct rusage is glibc's with a reserve at its end that
 * musl 1.2.5 never writes: getrusage and wait4 store through ru_nivcsw, and wait3 is wait4. */
#include "compat.h"
#include <sys/resource.h>
#include <sys/wait.h>

#if __SIZEOF_LONG__ == 4
_Static_assert(offsetof(struct rusage, ru_nivcsw) + sizeof(long) == 88, "glibc's struct rusage with 64-bit time");

NAME(int, __getrusage64, (int who, struct rusage *r)) { return getrusage(who, r); }
NAME(pid_t, __wait3_time64, (int *status, int options, struct rusage *r)) { return wait3(status, options, r); }
NAME(pid_t, __wait4_time64, (pid_t pid, int *status, int options, struct rusage *r)) { return wait4(pid, status, options, r); }
#endif
