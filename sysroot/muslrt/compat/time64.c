/* Names for 64-bit time on 32-bit machines. musl's time_t is 64 bits on every machine; timespec, timeval, itimerspec,
 * itimerval, utimbuf and tm have the same layout in both libraries. Not here: adjtimex and ntp_gettime (struct timex
 * differs), msgctl, semctl and shmctl (structs differ), fts (musl has none), functions that name a clock to wait by
 * (musl has none), names that musl uses itself (__clock_gettime64, __time64…: calls of its plain functions become these). */
#include "compat.h"
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#if __SIZEOF_LONG__ == 4
_Static_assert(sizeof(time_t) == 8 && sizeof(struct timespec) == 16 && sizeof(struct timeval) == 16, "64-bit time");
typedef struct timespec ts;
typedef struct timeval tv;

NAME(time_t, __timegm64, (struct tm *t)) { return timegm(t); }
NAME(int, __timespec_get64, (ts *t, int base)) { return timespec_get(t, base); }
NAME(int, __gettimeofday64, (tv *t, void *zone)) { return gettimeofday(t, zone); }
NAME(int, __settimeofday64, (const tv *t, const struct timezone *zone)) { return settimeofday(t, zone); }
NAME(int, __clock_getres64, (clockid_t c, ts *t)) { return clock_getres(c, t); }
NAME(int, __nanosleep64, (const ts *t, ts *left)) { return nanosleep(t, left); }
NAME(int, __select64, (int n, fd_set *r, fd_set *w, fd_set *e, tv *t)) { return select(n, r, w, e, t); }
NAME(int, __pselect64, (int n, fd_set *r, fd_set *w, fd_set *e, const ts *t, const sigset_t *m)) { return pselect(n, r, w, e, t, m); }
NAME(int, __ppoll64, (struct pollfd *p, nfds_t n, const ts *t, const sigset_t *m)) { return ppoll(p, n, t, m); }
NAME(int, __sigtimedwait64, (const sigset_t *m, siginfo_t *i, const ts *t)) { return sigtimedwait(m, i, t); }
NAME(int, __utimes64, (const char *path, const tv t[2])) { return utimes(path, t); }
NAME(int, __lutimes64, (const char *path, const tv t[2])) { return lutimes(path, t); }
NAME(int, __futimes64, (int fd, const tv t[2])) { return futimes(fd, t); }
NAME(int, __futimens64, (int fd, const ts t[2])) { return futimens(fd, t); }
NAME(int, __utimensat64, (int dir, const char *path, const ts t[2], int flags)) { return utimensat(dir, path, t, flags); }
NAME(int, __getitimer64, (int which, struct itimerval *t)) { return getitimer(which, t); }
NAME(int, __setitimer64, (int which, const struct itimerval *t, struct itimerval *old)) { return setitimer(which, t, old); }
NAME(int, __sched_rr_get_interval64, (pid_t pid, ts *t)) { return sched_rr_get_interval(pid, t); }
#endif
