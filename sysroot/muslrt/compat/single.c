/* Whether the program has never had a second thread, a variable that glibc keeps. False is always right: it only asks
 * for the careful way. */
#include "compat.h"

extern char __libc_single_threaded;
char __libc_single_threaded = 0;
