/* Names for 64-bit offsets in stdio. FILE is opaque, fpos_t is 16 bytes that only the library reads. */
#include "compat.h"
#include <stdio.h>

NAME(FILE *, fopen64, (const char *path, const char *mode)) { return fopen(path, mode); }
NAME(FILE *, freopen64, (const char *path, const char *mode, FILE *f)) { return freopen(path, mode, f); }
NAME(FILE *, tmpfile64, (void)) { return tmpfile(); }
NAME(int, fseeko64, (FILE *f, off_t off, int whence)) { return fseeko(f, off, whence); }
NAME(off_t, ftello64, (FILE *f)) { return ftello(f); }
NAME(int, fgetpos64, (FILE *f, fpos_t *pos)) { return fgetpos(f, pos); }
NAME(int, fsetpos64, (FILE *f, const fpos_t *pos)) { return fsetpos(f, pos); }
