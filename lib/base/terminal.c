#include "base/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"

enum { COLUMNS = 80 };

/*
 * The byte that a process locks: its process id, far above those of idle
 * processes while it is busy.
 */
static const off_t busy_bytes = (off_t)1 << 40;

static bool
is_pipe(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

bool
terminal_in_pipe(void)
{
	return is_pipe(STDIN_FILENO) || is_pipe(STDOUT_FILENO);
}

/* Locks of the process, not of the open file (filelock.h): a pipeline's stages share one
 * description of stderr. */
static int
lock(int fd, int command, short type, off_t from, off_t n)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = n};
	if (fcntl(fd, command, &l) < 0)
		return -1;
	return l.l_type != F_UNLCK;
}

bool
terminal_mine(int fd, bool busy)
{
	off_t pid = getpid(), own = pid + (busy ? busy_bytes : 0),
	      other = pid + (busy ? 0 : busy_bytes);
	if (lock(fd, F_SETLK, F_WRLCK, own, 1) < 0)
		return !is_pipe(STDOUT_FILENO);
	(void)lock(fd, F_SETLK, F_UNLCK, other, 1);
	return lock(fd, F_GETLK, F_WRLCK, own + 1, 0) != 1;
}

size_t
terminal_columns(int fd)
{
	int n = os_columns(fd);
	return n > 0 ? (size_t)n : COLUMNS;
}
