#include "base/io.h"

#include <errno.h>
#include <unistd.h>

int
io_write_all(int fd, struct span s, size_t *done)
{
	size_t at = 0;
	int result = 0;
	while (at < s.n && result == 0) {
		ssize_t n = write(fd, s.p + at, s.n - at);
		if (n >= 0)
			at += (size_t)n;
		else if (errno != EINTR)
			result = -1;
	}
	if (done)
		*done = at;
	return result;
}

int
io_pwrite_all(int fd, struct span s, off_t at)
{
	for (size_t done = 0; done < s.n;) {
		ssize_t n = pwrite(fd, s.p + done, s.n - done, at + (off_t)done);
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int
io_pread_all(int fd, char *to, size_t n, off_t at)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(fd, to + done, n - done, at + (off_t)done);
		if (got == 0)
			errno = EIO;
		if (got == 0 || (got < 0 && errno != EINTR))
			return -1;
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}
