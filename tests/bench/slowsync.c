/* slowsync.so: with LD_PRELOAD, a disk that takes 5 ms for each fdatasync(2). */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int
fdatasync(int fd)
{
	static const struct timespec disk = {.tv_nsec = 5000000};
	nanosleep(&disk, NULL);
	return (int)syscall(SYS_fdatasync, fd);
}
