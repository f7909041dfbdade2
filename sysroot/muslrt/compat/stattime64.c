/* stat of 32-bit machines with 64-bit time. The structs differ here, so the result is copied: glibc's one is without
 * the padding and the 32-bit times that musl keeps for programs of older days. */
#include "compat.h"
#include <sys/stat.h>

#if __SIZEOF_LONG__ == 4
struct glibc_stat {
	unsigned long long dev, ino;
	unsigned mode, nlink, uid, gid;
	unsigned long long rdev;
	long long size;
	long blksize;
	long pad;
	long long blocks;
	struct glibc_time {
		long long sec;
		long nsec, pad;
	} atim, mtim, ctim;
};
_Static_assert(sizeof(struct glibc_stat) == 112 && offsetof(struct glibc_stat, blksize) == 48 &&
               offsetof(struct glibc_stat, atim) == 64, "glibc's struct stat with 64-bit time");

static struct glibc_time to_time(struct timespec t)
{
	return (struct glibc_time){.sec = t.tv_sec, .nsec = t.tv_nsec};
}
static int to_glibc(int err, const struct stat *s, struct glibc_stat *r)
{
	if (err)
		return err;
	*r = (struct glibc_stat){
		.dev = s->st_dev, .ino = s->st_ino, .mode = s->st_mode, .nlink = s->st_nlink, .uid = s->st_uid, .gid = s->st_gid,
		.rdev = s->st_rdev, .size = s->st_size, .blksize = s->st_blksize, .blocks = s->st_blocks,
		.atim = to_time(s->st_atim), .mtim = to_time(s->st_mtim), .ctim = to_time(s->st_ctim),
	};
	return 0;
}
NAME(int, __stat64_time64, (const char *path, struct glibc_stat *r))
{
	struct stat s;
	return to_glibc(stat(path, &s), &s, r);
}
NAME(int, __lstat64_time64, (const char *path, struct glibc_stat *r))
{
	struct stat s;
	return to_glibc(lstat(path, &s), &s, r);
}
NAME(int, __fstat64_time64, (int fd, struct glibc_stat *r))
{
	struct stat s;
	return to_glibc(fstat(fd, &s), &s, r);
}
NAME(int, __fstatat64_time64, (int dir, const char *path, struct glibc_stat *r, int flags))
{
	struct stat s;
	return to_glibc(fstatat(dir, path, &s, flags), &s, r);
}
#endif
