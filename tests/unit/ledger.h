/* What the tests of the ledger share: a ledger in a directory of its own. */
#ifndef TC_TEST_UNIT_LEDGER_H
#define TC_TEST_UNIT_LEDGER_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/msg.h"
#include "ledger/ledger.h"
#include "ledger/line.h"
#include "test.h"
#include "json/json.h"

/* In memory if there is such a place: thousands of files are synced. */
static char dir[] = "/dev/shm/test_ledger.XXXXXX", on_disk[] = "/tmp/test_ledger.XXXXXX";
static const char *made;
static struct buf path, torn;

static inline struct ledger *
open_it(const char *run, bool force, bool alone)
{
	struct ledger_open o = {.path = buf_cstr(&path),
				.tool = "test",
				.run = run,
				.force = force,
				.exclusive = alone};
	return ledger_open(&o);
}

/* The exit status of a child that does this; what it says is dropped. -1: a signal ended it. */
static inline int
in_child(int (*what)(void *), void *arg)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 2);
		alarm(20);
		_exit(what(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void
put_file(const char *name, struct span s)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, s.p, s.n) != (ssize_t)s.n || close(fd) != 0)
		abort();
}

static inline void
write_job(struct ledger *l, const char *key, const char *id)
{
	struct buf b = {0};
	json_str(&b, "provider", span_of("p"));
	json_str(&b, "id", span_of(id));
	ledger_write(l, LEDGER_CREATED, key, 1, buf_all(&b));
	buf_free(&b);
}

static inline bool
every_line_whole(void)
{
	struct buf b = {0};
	bool good = buf_read_file(&b, buf_cstr(&path), 1 << 20) == 0 && b.n && b.p[b.n - 1] == '\n';
	for (size_t at = 0; good && at < b.n;) {
		const char *end = memchr(b.p + at, '\n', b.n - at);
		good = !ledger_line_check((struct span){b.p + at, (size_t)(end - b.p) - at});
		at = (size_t)(end - b.p) + 1;
	}
	buf_free(&b);
	return good;
}

static inline int
just_open(void *arg)
{
	ledger_close(open_it(arg, false, false));
	return 0;
}

/* Make the directory, and set path and torn. Return false if that fails. */
static inline bool
make_dir(void)
{
	msg_init("test_ledger");
	made = mkdtemp(dir);
	if (!made && !(made = mkdtemp(on_disk)))
		return false;
	buf_fmt(&path, "%s/L", made);
	buf_fmt(&torn, "%s/L.torn", made);
	return true;
}

static inline void
remove_dir(void)
{
	unlink(buf_cstr(&path));
	unlink(buf_cstr(&torn));
	rmdir(made);
	buf_free(&path);
	buf_free(&torn);
}

#endif
