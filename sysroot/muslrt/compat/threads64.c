/* Timed waits with 64-bit time on 32-bit machines. The locks were made by musl's own init functions or by glibc's
 * initialisers, which are zero as musl's are; each of glibc's types is at least as large as musl's. */
#include "compat.h"
#include <pthread.h>
#include <semaphore.h>

#if __SIZEOF_LONG__ == 4
typedef const struct timespec ts;

NAME(int, __pthread_mutex_timedlock64, (pthread_mutex_t *m, ts *t)) { return pthread_mutex_timedlock(m, t); }
NAME(int, __pthread_cond_timedwait64, (pthread_cond_t *c, pthread_mutex_t *m, ts *t)) { return pthread_cond_timedwait(c, m, t); }
NAME(int, __pthread_rwlock_timedrdlock64, (pthread_rwlock_t *l, ts *t)) { return pthread_rwlock_timedrdlock(l, t); }
NAME(int, __pthread_rwlock_timedwrlock64, (pthread_rwlock_t *l, ts *t)) { return pthread_rwlock_timedwrlock(l, t); }
NAME(int, __sem_timedwait64, (sem_t *s, ts *t)) { return sem_timedwait(s, t); }
#endif
