#include "proc/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/os.h"

enum { GROUPS = 4096, TOKENS = 4096 };

#define LOOK (20 * MILLISECOND)

/* Entries that do not fit are not watched. */
struct table {
	volatile pid_t groups[GROUPS];
	volatile size_t used; /* places below this may be used */
	volatile size_t tokens;
	volatile char token[TOKENS];
};

static struct table *table;
static int held = -1; /* closes when we end, in whatever way */
static pid_t watcher;

/* Send a signal to every registered group; return how many are still there. */
static size_t
signal_all(int sig)
{
	size_t left = 0;
	for (size_t g = 0; g < table->used; g++)
		left += table->groups[g] > 1 && kill(-table->groups[g], sig) == 0;
	return left;
}

/* Send TERM, and KILL after TERM_GRACE to what is left; then return the tokens. */
static void
end_all(int token_fd)
{
	signal_all(SIGTERM);
	size_t left = signal_all(SIGCONT);
	for (int64_t waited = 0; left && waited < TERM_GRACE; waited += LOOK) {
		nanosleep(&(struct timespec){.tv_nsec = LOOK * 1000}, NULL);
		left = signal_all(0);
	}
	if (left)
		signal_all(SIGKILL);
	for (size_t i = 0; i < table->tokens; i++) {
		char c = table->token[i];
		while (write(token_fd, &c, 1) < 0 && errno == EINTR)
			continue;
	}
}

/*
 * Runs in the forked process. It has one thread, so any call is safe; it keeps
 * none of our files or locks.
 */
static void
watch(int fd, int token_fd)
{
	sigset_t all;
	char c;
	ssize_t n;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	os_close_others(fd, token_fd);
	while ((n = read(fd, &c, 1)) < 0 && errno == EINTR)
		continue;
	if (n == 0)
		end_all(token_fd);
	_exit(0);
}

void
watchdog_start(int token_fd)
{
	int fd[2];
	if (table)
		return;
	table = os_shared(sizeof *table);
	if (!table || os_pipe(fd) < 0)
		return;
	watcher = fork();
	if (watcher == 0) {
		close(fd[1]);
		watch(fd[0], token_fd);
	}
	close(fd[0]);
	held = fd[1];
	if (watcher < 0)
		watcher = 0;
}

size_t
watchdog_add_group(pid_t group)
{
	size_t i = 0;
	while (table && i < GROUPS && table->groups[i])
		i++;
	if (!table || i == GROUPS)
		return GROUPS;
	table->groups[i] = group;
	if (i >= table->used)
		table->used = i + 1;
	return i;
}

void
watchdog_remove_group(size_t place)
{
	if (table && place < GROUPS)
		table->groups[place] = 0;
}

void
watchdog_add_token(char token)
{
	if (table && table->tokens < TOKENS) {
		table->token[table->tokens] = token;
		table->tokens++;
	}
}

void
watchdog_remove_token(void)
{
	if (table && table->tokens)
		table->tokens--;
}

void
watchdog_stop(void)
{
	if (held < 0)
		return;
	close(held);
	held = -1;
	while (watcher > 0 && waitpid(watcher, NULL, 0) < 0 && errno == EINTR)
		continue;
	watcher = 0;
}
