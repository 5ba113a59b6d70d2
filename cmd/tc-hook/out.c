#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "base/os.h"

enum { POSIX_ROOM = 512 };

/* Return the offset of the next byte in the file, or -1. */
static off_t
position(void)
{
	struct stat st;
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (flags >= 0 && flags & O_APPEND)
		return fstat(STDOUT_FILENO, &st) == 0 ? st.st_size : -1;
	return lseek(STDOUT_FILENO, 0, SEEK_CUR);
}

/* Write and sync all of the line. -1 with errno on failure; *done is what was written. */
static int
write_file(struct span line, size_t *done)
{
	return io_write_all(STDOUT_FILENO, line, done) < 0 ? -1 : fdatasync(STDOUT_FILENO);
}

/* Remove a partial line, unless another process has written after it. */
static void
take_back(off_t start, size_t done)
{
	struct stat st;
	if (start < 0 || fstat(STDOUT_FILENO, &st) != 0 || st.st_size != start + (off_t)done)
		return;
	if (ftruncate(STDOUT_FILENO, start) != 0 || lseek(STDOUT_FILENO, start, SEEK_SET) < 0)
		msg_error("stdout: a partial line could not be removed: %s", strerror(errno));
}

/* Wait for room in a pipe or terminal; false if we must stop. */
static bool
wait_for_room(int stop_fd)
{
	struct pollfd fds[] = {{.fd = STDOUT_FILENO, .events = POLLOUT},
			       {.fd = stop_fd, .events = POLLIN}};
	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR && errno != EAGAIN)
			return true; /* write() will report what is wrong */
	return fds[0].revents || !fds[1].revents;
}

/*
 * When poll(2) reports room in a pipe, PIPE_BUF bytes can be written whole
 * without waiting, and so can a line of that length. A longer line that was
 * started is written to its end; a second signal ends the process meanwhile.
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
		msg_error("stdout: %s; stopping: no more events are accepted", strerror(why));
	return end;
}

/* Return whether the file ends in a partial line. If that is unknown, say yes: an empty line does
 * no harm. */
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
	*o = (struct out){.file = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode),
			  .stop_fd = stop_fd};
	if (o->file && line_is_open(position()) && out_line(o, span_of("\n")) != OUT_WRITTEN)
		msg_die(EXIT_IO, "stdout: cannot end the partial line in it");
}
