/* The ledger's path, and the errors that end a run. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "ledger/file.h"

void
ledger_file_die(const struct ledger *l, const char *what)
{
	msg_die(EXIT_IO, "ledger %s: %s: %s; stopped, because work could no longer be recorded",
		l->path, what, strerror(errno));
}

void
ledger_file_damaged(const struct ledger *l, size_t line, const char *why)
{
	msg_die(EXIT_BAD_CONFIG,
		"ledger %s: line %zu is damaged (%s): restore the file, or move it away", l->path,
		line, why);
}

void
ledger_file_rewind(struct ledger *l)
{
	l->in.held.n = l->in.at = l->in.looked = 0;
	l->in.eof = l->in.skipping = false;
	if (lseek(l->in.fd, l->read_to, SEEK_SET) < 0)
		ledger_file_die(l, "seek");
}

/* A new file is durable only when its directory is. */
void
ledger_file_sync_directory(const struct ledger *l)
{
	const char *slash = strrchr(l->path, '/');
	char *dir = slash ? mem_dup((struct span){l->path,
						  slash == l->path ? 1 : (size_t)(slash - l->path)})
			  : mem_dup(span_of("."));
	int fd = open(dir, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		ledger_file_die(l, dir);
	close(fd);
	free(dir);
}

int
ledger_file_try_again(const struct ledger *l, int flags)
{
	struct stat ours, st;
	int fd = open(l->path, flags | O_CLOEXEC);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return -1;
	if (fd < 0 || fstat(l->fd, &ours) < 0 || fstat(fd, &st) < 0)
		ledger_file_die(l, "open");
	if (st.st_ino != ours.st_ino || st.st_dev != ours.st_dev)
		msg_die(EXIT_IO,
			"ledger %s: it was replaced by another file during the run: stopped",
			l->path);
	return fd;
}

int
ledger_file_open_again(const struct ledger *l, int flags)
{
	int fd = ledger_file_try_again(l, flags);
	if (fd < 0)
		ledger_file_die(l, "open");
	return fd;
}

void
ledger_file_check_name(const struct ledger *l)
{
	struct stat named, ours;
	if (fstat(l->fd, &ours) < 0)
		ledger_file_die(l, "stat");
	bool there = stat(l->path, &named) == 0;
	if (!there && errno != ENOENT && errno != ENOTDIR)
		ledger_file_die(l, "stat");
	if (!there || ours.st_nlink == 0)
		msg_die(EXIT_IO,
			"ledger %s: it was removed during the run; stopped, because work could no "
			"longer be recorded",
			l->path);
	if (named.st_ino != ours.st_ino || named.st_dev != ours.st_dev)
		msg_die(EXIT_IO,
			"ledger %s: it was replaced by another file during the run: stopped",
			l->path);
}
