/* What POSIX lacks: descriptors, memory, randomness. Each call as Linux has it, or plain. */
#include "base/os_system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef TC_OS_LINUX
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#endif

#include "base/os.h"

enum { FDS_MAX = 65536 };

void *
os_shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

int
os_columns(int fd)
{
#ifdef TIOCGWINSZ
	struct winsize w;
	return ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
#else
	(void)fd;
	return 0;
#endif
}

/* Close the descriptors from first to last. Where the system has no call for it, only those below
 * FDS_MAX. */
static void
close_range_of(int first, int last)
{
	if (first > last)
		return;
#if defined TC_OS_LINUX && defined SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0)
		return;
#endif
	long most = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd <= last && fd < (most > 0 && most < FDS_MAX ? (int)most : FDS_MAX);
	     fd++)
		close(fd);
}

void
os_close_from(int first)
{
	close_range_of(first, INT_MAX);
}

void
os_close_others(int keep, int keep_too)
{
	int low = keep < keep_too ? keep : keep_too, high = keep < keep_too ? keep_too : keep;
	close_range_of(0, low - 1);
	close_range_of(low < 0 ? 0 : low + 1, high - 1);
	close_range_of(high < 0 ? 0 : high + 1, INT_MAX);
}

void
os_private(void)
{
	static const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
#ifdef TC_OS_LINUX
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* hides /proc/PID/mem and environ, except from root */
#endif
}

size_t
os_files_most(size_t most, size_t each, size_t apart)
{
	struct rlimit r;
	size_t need = most * each + apart;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return most;
	if (r.rlim_cur < need && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < need ? r.rlim_max : need;
		if (setrlimit(RLIMIT_NOFILE, &r) != 0)
			getrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_cur >= need)
		return most;
	return r.rlim_cur < apart + 2 * each ? 2 : (size_t)(r.rlim_cur - apart) / each;
}

#ifdef TC_OS_LINUX

int
os_reserve(int fd, off_t size)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) == 0 || errno == EOPNOTSUPP ||
	    errno == ENOSYS || errno == EINVAL)
		return 0;
	return -1;
}

int
os_rename_new(int dir, const char *from, const char *to)
{
	enum { NO_REPLACE = 1 }; /* RENAME_NOREPLACE of <linux/fs.h> */
	return (int)syscall(SYS_renameat2, dir, from, dir, to, NO_REPLACE);
}

void
os_write_out(int fd)
{
	if (sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) < 0)
		return; /* fsync() reports the error */
}

void
os_boot(char out[64])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, 63);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

int
os_random(void *to, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = getrandom((char *)to + done, n - done, 0);
		if (got < 0 && errno != EINTR)
			return -1;
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

int
os_pipe(int fd[2])
{
	return pipe2(fd, O_CLOEXEC);
}

int
os_reopen(int fd)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

#else

int
os_reserve(int fd, off_t size)
{
	(void)fd, (void)size;
	return 0;
}

int
os_rename_new(int dir, const char *from, const char *to)
{
	(void)dir, (void)from, (void)to;
	errno = ENOSYS;
	return -1;
}

void
os_write_out(int fd)
{
	(void)fd;
}

void
os_boot(char out[64])
{
	out[0] = '\0';
}

int
os_random(void *to, size_t n)
{
	static int fd = -1; /* kept open, for when descriptors have run out */
	if (fd < 0 && (fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC)) < 0)
		return -1;
	for (size_t done = 0; done < n;) {
		ssize_t got = read(fd, (char *)to + done, n - done);
		if (got == 0 || (got < 0 && errno != EINTR)) {
			errno = got ? errno : EIO;
			return -1;
		}
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

int
os_pipe(int fd[2])
{
	if (pipe(fd) < 0)
		return -1;
	if (fcntl(fd[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd[1], F_SETFD, FD_CLOEXEC) == 0)
		return 0;
	close(fd[0]);
	close(fd[1]);
	return -1;
}

int
os_reopen(int fd)
{
	(void)fd;
	errno = ENOTSUP;
	return -1;
}

#endif
