/* Look-ups by name with the caller's memory. musl knows no networks, and its protocols are a constant table whose names
 * stay valid; only the walk over it needs a lock. */
#include "compat.h"
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>

NAME(int, getnetbyname_r, (const char *name, struct netent *e, char *buf, size_t n, struct netent **r, int *err))
{
	*r = NULL;
	*err = HOST_NOT_FOUND;
	return 0;
}
NAME(int, getprotobyname_r, (const char *name, struct protoent *e, char *buf, size_t n, struct protoent **r))
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	char **none = (char **)(buf + (-(size_t)buf & (sizeof *none - 1)));
	*r = NULL;
	if (n < 2 * sizeof *none)
		return ERANGE;
	pthread_mutex_lock(&lock);
	struct protoent *found = getprotobyname(name);
	if (found) {
		*none = NULL;
		*e = *found;
		e->p_aliases = none;
		*r = e;
	}
	pthread_mutex_unlock(&lock);
	return 0;
}
