#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/os.h"

enum { POSIX_ROOM = 512 };

/* Where the next byte goes in the file, -1 if that cannot be told. */
static off_t
position(void)
{
	struct stat st;
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (flags >= 0 && flags & O_APPEND)
		return fstat(STDOUT_FILENO, &st) == 0 ? st.st_size : -1;
	return lseek(STDOUT_FILENO, 0, SEEK_CUR);
}

/* All of it, or -1 with errno and what was written in *done. */
static int
write_file(struct span line, size_t *done)
{
	for (*done = 0; *done < line.n;) {
		ssize_t n = write(STDOUT_FILENO, line.p + *done, line.n - *done);
		if (n < 0 && errno != EINTR)
			return -1;
		*done += n > 0 ? (size_t)n : 0;
	}
	return fdatasync(STDOUT_FILENO);
}

/* Takes back what was written of a line, unless somebody else has written behind it. */
static void
take_back(off_t start, size_t done)
{
	struct stat st;
	if (start < 0 || fstat(STDOUT_FILENO, &st) != 0 || st.st_size != start + (off_t)done)
		return;
	if (ftruncate(STDOUT_FILENO, start) != 0 || lseek(STDOUT_FILENO, start, SEEK_SET) < 0)
		msg_error("stdout: half a line stays in it: %s", strerror(errno));
}

/* Waits until there is room in what is no file; false: stopped. */
static bool
wait_for_room(int stop_fd)
{
	struct pollfd fds[] = {{.fd = STDOUT_FILENO, .events = POLLOUT}, {.fd = stop_fd, .events = POLLIN}};
	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR && errno != EAGAIN)
			return true; /* write() says what is wrong */
	return fds[0].revents || !fds[1].revents;
}

/*
 * What poll(2) finds room for in a pipe, PIPE_BUF bytes, is written without
 * waiting, and whole: so is a line of that length. A longer one that was begun is
 * written to its end: whoever cannot wait for that ends us by a second signal.
 */
static enum out_end
write_stream(const struct out *o, struct span line)
{
	long said = fpathconf(STDOUT_FILENO, _PC_PIPE_BUF);
	size_t room = said > POSIX_ROOM ? (size_t)said : POSIX_ROOM;
	for (size_t done = 0; done < line.n;) {
		size_t n = line.n - done < room ? line.n - done : room;
		if (!wait_for_room(done ? -1 : o->stop_fd))
			return OUT_STOPPED;
		ssize_t got = write(STDOUT_FILENO, line.p + done, n);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return OUT_BROKEN;
		done += got > 0 ? (size_t)got : 0;
	}
	return OUT_WRITTEN;
}

enum out_end
out_line(const struct out *o, struct span line)
{
	enum out_end end = OUT_WRITTEN;
	int why = 0;
	if (o->file) {
		size_t done = 0;
		off_t start = position();
		if (write_file(line, &done) != 0) {
			why = errno;
			end = OUT_BROKEN;
			take_back(start, done);
		}
	} else {
		end = write_stream(o, line);
		why = errno;
	}
	if (end == OUT_BROKEN)
		msg_error("stdout: %s: stopped, events are not taken any more", strerror(why));
	return end;
}

/* Does the file end in the middle of a line? If it cannot be read that is not known: then yes, an empty line does no harm. */
static bool
line_is_open(off_t end)
{
	char last = '\0';
	if (end <= 0)
		return false;
	int fd = os_reopen(STDOUT_FILENO);
	bool open = fd < 0 || pread(fd, &last, 1, end - 1) != 1 || last != '\n';
	if (fd >= 0)
		close(fd);
	return open;
}

void
out_open(struct out *o, int stop_fd)
{
	struct stat st;
	if (msg_closed(STDOUT_FILENO))
		msg_die(EXIT_IO, "stdout is closed: events have nowhere to go");
	*o = (struct out){.file = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode), .stop_fd = stop_fd};
	if (o->file && line_is_open(position()) && out_line(o, span_of("\n")) != OUT_WRITTEN)
		msg_die(EXIT_IO, "stdout: the line that is open in it cannot be ended");
}
