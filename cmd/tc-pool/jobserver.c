#include "jobserver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/os.h"
#include "proc/watchdog.h"

/* Return the options before the variables. The caller frees. */
static char *
options(const char *flags)
{
	if (strncmp(flags, "-- ", 3) == 0 || strcmp(flags, "--") == 0)
		return mem_dup(span_of(""));
	const char *end = strstr(flags, " -- ");
	return mem_dup((struct span){flags, end ? (size_t)(end - flags) : strlen(flags)});
}

/*
 * Return true if a word like "kn" or "-n" has a letter that means: run
 * nothing. Letters after one with a value are its value.
 */
static bool
word_is_dry(const char *word, size_t n)
{
	if (*word != '-' && memchr(word, '=', n))
		return false; /* a variable */
	for (size_t i = *word == '-'; i < n && !strchr("-=CDEIJOTVWfjlo", word[i]); i++)
		if (strchr("nqt", word[i]))
			return true;
	return false;
}

bool
jobserver_dry(const char *makeflags)
{
	char *flags = makeflags ? options(makeflags) : NULL;
	bool dry = false;
	/* GNU make's first word has the letters without a hyphen, and may be empty; with BSD make
	 * each word has a hyphen */
	for (const char *p = flags; p && *p && !dry; p += *p != '\0') {
		size_t n = strcspn(p, " \t");
		dry = n && (p == flags || *p == '-') && word_is_dry(p, n);
		p += n;
	}
	free(flags);
	return dry;
}

/* Return the value of the last such option, which counts, or NULL. The caller frees. */
static char *
auth(const char *flags)
{
	static const char *const names[] = {"--jobserver-auth=", "--jobserver-fds="};
	const char *last = NULL;
	for (size_t i = 0; i < 2 && flags && !last; i++)
		for (const char *p = flags; (p = strstr(p, names[i])); last = p)
			p += strlen(names[i]);
	return last ? mem_dup((struct span){last, strcspn(last, " \t")}) : NULL;
}

static bool
is_pipe(int fd, struct stat *st)
{
	return fd >= 0 && fstat(fd, st) == 0 && S_ISFIFO(st->st_mode);
}

/*
 * Return true for the two ends of one pipe. Other files may have got the
 * numbers that make named.
 */
static bool
is_pair(int in, int out)
{
	struct stat a, b;
	if (!is_pipe(in, &a) || !is_pipe(out, &b) || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return false;
	int reads = fcntl(in, F_GETFL) & O_ACCMODE, writes = fcntl(out, F_GETFL) & O_ACCMODE;
	return reads != O_WRONLY && writes != O_RDONLY;
}

static enum jobserver_found
open_fifo(struct jobserver *js, const char *path)
{
	struct stat st;
	js->in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (!is_pipe(js->in, &st))
		return JOBSERVER_CLOSED;
	js->out = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return is_pair(js->in, js->out) ? JOBSERVER_OPEN : JOBSERVER_CLOSED;
}

/*
 * The pipe's flags are shared with make and its other children: our
 * non-blocking read needs a description of its own.
 */
static enum jobserver_found
open_pipe(struct jobserver *js, const char *pair)
{
	char *end;
	long in = strtol(pair, &end, 10), out = *end == ',' ? strtol(end + 1, &end, 10) : -1;
	if (*end || in < 0 || out < 0 || in > 1 << 20 || out > 1 << 20 ||
	    !is_pair((int)in, (int)out))
		return JOBSERVER_CLOSED;
	js->in = os_reopen((int)in);
	js->out = fcntl((int)out, F_DUPFD_CLOEXEC, 3);
	return js->in < 0 || js->out < 0 ? JOBSERVER_CLOSED : JOBSERVER_OPEN;
}

enum jobserver_found
jobserver_open(struct jobserver *js, const char *makeflags)
{
	*js = (struct jobserver){.in = -1, .out = -1};
	char *flags = makeflags ? options(makeflags) : NULL, *value = auth(flags);
	free(flags);
	if (!value)
		return JOBSERVER_NONE;
	enum jobserver_found found =
		strncmp(value, "fifo:", 5) == 0 ? open_fifo(js, value + 5) : open_pipe(js, value);
	free(value);
	if (found != JOBSERVER_OPEN)
		jobserver_close(js);
	return found;
}

bool
jobserver_take(struct jobserver *js)
{
	char token;
	ssize_t n;
	if (js->in < 0)
		return false;
	while ((n = read(js->in, &token, 1)) < 0 && errno == EINTR)
		continue;
	if (n != 1)
		return false;
	buf_ch(&js->tokens, token);
	watchdog_add_token(token);
	return true;
}

void
jobserver_give(struct jobserver *js)
{
	if (!js->tokens.n)
		return;
	js->tokens.n--;
	while (write(js->out, js->tokens.p + js->tokens.n, 1) < 0)
		if (errno != EINTR) {
			msg_warn("jobserver: %s: a token was lost", strerror(errno));
			break;
		}
	watchdog_remove_token();
}

void
jobserver_give_all(struct jobserver *js)
{
	while (js->tokens.n)
		jobserver_give(js);
}

void
jobserver_close(struct jobserver *js)
{
	jobserver_give_all(js);
	if (js->in >= 0)
		close(js->in);
	if (js->out >= 0)
		close(js->out);
	buf_free(&js->tokens);
	js->in = js->out = -1;
}
