#define _GNU_SOURCE /* F_OFD_SETLK */
#include "base/filelock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#ifdef F_OFD_SETLK
#define LOCK F_OFD_SETLK
#define LOCK_WAIT F_OFD_SETLKW
#else
#define LOCK F_SETLK
#define LOCK_WAIT F_SETLKW
#endif

static int
lock(int fd, int how, short type, off_t at)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
	int r;
	while ((r = fcntl(fd, how, &l)) < 0 && errno == EINTR)
		;
	return r;
}

int
filelock_wait(int fd, off_t at)
{
	return lock(fd, LOCK_WAIT, F_WRLCK, at);
}

int
filelock_try(int fd, off_t at)
{
	if (lock(fd, LOCK, F_WRLCK, at) == 0)
		return 1;
	return errno == EAGAIN || errno == EACCES ? 0 : -1;
}

void
filelock_drop(int fd, off_t at)
{
	lock(fd, LOCK, F_UNLCK, at);
}
