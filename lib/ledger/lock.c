#include "ledger/lock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/filelock.h"
#include "base/msg.h"
#include "base/os.h"
#include "json/json.h"

/*
 * Bytes to lock, far after any data: a process's is its number above the
 * first, an item's its key's hash above the second.
 */
static const off_t process_bytes = (off_t)1 << 61, item_bytes = (off_t)1 << 62;
static const off_t pool_byte = ((off_t)1 << 60) + 1;

/*
 * Numbers begin at NUMBER_MIN, so that they cannot be mistaken for pids:
 * earlier versions locked the byte of the pid. All are exact as doubles.
 */
#define NUMBER_MIN ((int64_t)1 << 40)
#define NUMBER_MASK LEDGER_NUMBER_MAX

enum { DRAWS = 16 };

static int64_t
draw(const struct ledger *l)
{
	uint64_t n;
	do {
		if (os_random(&n, sizeof n) < 0)
			ledger_file_die(l, "random number");
		n &= (uint64_t)NUMBER_MASK;
	} while ((int64_t)n < NUMBER_MIN);
	return (int64_t)n;
}

static int
try(struct ledger *l, off_t at)
{
	int got = filelock_try(l->fd, at);
	if (got < 0)
		ledger_file_die(l, "lock");
	return got;
}

void
ledger_lock_own(struct ledger *l)
{
	int left = DRAWS;
	l->pid = getpid();
	do {
		if (left-- == 0)
			msg_die(EXIT_IO,
				"ledger %s: every byte of it is locked: locks do not work on that "
				"file system",
				l->path);
		l->lock = draw(l);
	} while (!try(l, process_bytes + l->lock));
}

bool
ledger_lock_held(struct ledger *l, off_t at)
{
	if (!try(l, at))
		return true;
	filelock_drop(l->fd, at);
	return false;
}

bool
ledger_lock_alive(struct ledger *l, int64_t number)
{
	return number > 0 && number != l->lock && ledger_lock_held(l, process_bytes + number);
}

off_t
ledger_lock_byte(const char *key, int64_t number)
{
	struct sha256 s;
	unsigned char digest[32];
	off_t at = 0;
	sha256_start(&s);
	sha256_add(&s, key, strlen(key));
	if (number >= NUMBER_MIN)
		sha256_add(&s, &number, sizeof number);
	sha256_end(&s, digest);
	for (int i = 0; i < 7; i++)
		at = at << 8 | digest[i];
	return item_bytes + at;
}

bool
ledger_lock_try_pool(struct ledger *l)
{
	return try(l, pool_byte);
}

void
ledger_lock_sign(const struct ledger *l, struct buf *line)
{
	char name[256] = "";
	struct buf host = {0};
	if (gethostname(name, sizeof name - 1) < 0)
		name[0] = '\0';
	msg_sanitize(&host, span_of(name));
	json_int(line, "pid", (long long)l->pid);
	json_str(line, "host", buf_all(&host));
	json_int(line, "lock", l->lock);
	buf_free(&host);
}

int64_t
ledger_lock_number(const struct ledger_line *m)
{
	int64_t n = ledger_line_number(m, LINE_LOCK);
	return n ? n : ledger_line_number(m, LINE_PID);
}

void
ledger_lock_read(struct ledger_holder *h, const struct ledger_line *m)
{
	struct buf host = {0};
	free(h->host);
	h->pid = ledger_line_number(m, LINE_PID);
	h->lock = ledger_lock_number(m);
	h->host = ledger_line_text(m, LINE_HOST, &host) ? buf_take(&host) : NULL;
	buf_free(&host);
}

void
ledger_lock_name(struct buf *b, const struct ledger_holder *h)
{
	if (h->pid)
		buf_fmt(b, "pid %lld", (long long)h->pid);
	else
		buf_str(b, "another tc-pool");
	if (h->host && *h->host)
		buf_fmt(b, " on %s", h->host);
}
