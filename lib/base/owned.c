#include "base/owned.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"

enum { OTHERS_WRITE = 022, OTHERS_READ = 044 };

/* Append path quoted for a shell. */
static void
quote(struct buf *b, const char *path)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./,:@%+=-";
	if (*path == '-')
		buf_str(b, "./");
	if (path[strspn(path, plain)] == '\0') {
		buf_str(b, path);
		return;
	}
	buf_ch(b, '\'');
	for (; *path; path++)
		if (*path == '\'')
			buf_str(b, "'\\''");
		else
			buf_ch(b, *path);
	buf_ch(b, '\'');
}

static void
name_user(struct buf *b, uid_t uid)
{
	const struct passwd *p = getpwuid(uid);
	if (p)
		buf_str(b, p->pw_name);
	else
		buf_fmt(b, "%lu", (unsigned long)uid);
}

static void
check(const struct stat *st, const char *what, const char *path, bool secret)
{
	struct buf quoted = {0}, owner = {0}, us = {0};
	bool readable = secret && (st->st_mode & OTHERS_READ);
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return;
	quote(&quoted, path);
	if (st->st_uid != geteuid() && st->st_uid != 0) {
		name_user(&owner, st->st_uid);
		name_user(&us, geteuid());
		msg_die(EXIT_BAD_CONFIG, "%s %s belongs to %s: chown %s %s", what, path,
			buf_cstr(&owner), buf_cstr(&us), buf_cstr(&quoted));
	}
	if (readable || (secret && st->st_mode & OTHERS_WRITE))
		msg_die(EXIT_BAD_CONFIG, "%s %s can be %s by others: chmod 600 %s", what, path,
			readable ? "read" : "written", buf_cstr(&quoted));
	if (st->st_mode & OTHERS_WRITE)
		msg_die(EXIT_BAD_CONFIG, "%s %s can be written by others: chmod go-w %s", what,
			path, buf_cstr(&quoted));
	buf_free(&quoted);
}

static void
check_open(int fd, const char *what, const char *path, bool secret)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		msg_die(EXIT_BAD_CONFIG, "%s %s: %s", what, path, strerror(errno));
	check(&st, what, path, secret);
}

void
owned_check(int fd, const char *what, const char *path)
{
	check_open(fd, what, path, false);
}

void
owned_directory(const char *what, const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		msg_die(EXIT_BAD_CONFIG, "%s %s: %s", what, path, strerror(errno));
	check(&st, what, path, false);
}

static int
read_checked(struct buf *b, const char *what, const char *path, size_t max, bool secret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	struct stat st;
	bool directory = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
	if (!directory) /* it cannot be read, whoever may */
		check_open(fd, what, path, secret);
	int result = buf_read_fd(b, fd, max), saved = errno;
	close(fd);
	errno = saved;
	return result;
}

int
owned_read(struct buf *b, const char *what, const char *path, size_t max)
{
	return read_checked(b, what, path, max, false);
}

int
owned_read_secret(struct buf *b, const char *what, const char *path, size_t max)
{
	return read_checked(b, what, path, max, true);
}
