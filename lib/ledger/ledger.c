#include "ledger/ledger.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/filelock.h"
#include "base/io.h"
#include "ledger/line.h"
#include "ledger/lock.h"
#include "json/json.h"

enum { AHEAD = 64 << 10 };

/* Clocks of hosts that share a ledger may differ by this. */
#define CLOCKS_DIFFER (60 * SECOND)

/*
 * Return the line of an entry, read back. A rerun needs one after the other, so
 * the following lines are read ahead.
 */
static struct span
read_back(struct ledger *l, const struct ledger_entry *e)
{
	off_t from = l->shown_to - (off_t)l->shown.n;
	if (e->at < from || e->at + (off_t)e->n > l->shown_to) {
		off_t gap = e->at - l->shown_to;
		size_t n = e->n;
		if (gap >= 0 && gap < AHEAD && l->read_to - e->at >= AHEAD && n < AHEAD)
			n = AHEAD;
		l->shown.n = 0;
		if (io_pread_all(l->fd, buf_room(&l->shown, n), n, e->at) < 0)
			ledger_file_die(l, "read");
		l->shown.n = n;
		l->shown_to = (from = e->at) + (off_t)n;
	}
	return (struct span){l->shown.p + (e->at - from), e->n};
}

static void
read_entry(struct ledger *l, const struct ledger_entry *e, struct ledger_found *known)
{
	struct span line = read_back(l, e);
	if (ledger_line_unchanged(line))
		ledger_file_damaged(l, 0, "it changed while it was read");
	*known = (struct ledger_found){
		.line = line, .gen = e->gen, .type = (enum ledger_type)e->type};
}

bool
ledger_find(struct ledger *l, enum ledger_kind kind, struct span text, struct ledger_found *known)
{
	*known = (struct ledger_found){.gen = 1};
	const struct ledger_entry *e = ledger_index_get(&l->map, kind, text);
	if (e)
		read_entry(l, e, known);
	return e != NULL;
}

static void
write_intent(struct ledger *l, const char *key, const struct ledger_found *k, struct span input)
{
	struct buf b = {0}, since = {0};
	json_open(&b);
	json_str(&b, "t", span_of(ledger_words[LEDGER_INTENT]));
	json_str(&b, "tool", span_of(l->tool));
	json_str(&b, "key", span_of(key));
	json_int(&b, "gen", (long long)k->gen);
	ledger_lock_sign(l, &b);
	json_int(&b, "synced", (long long)l->synced);
	ledger_file_time(&b);
	if (k->since) {
		date_rfc3339_ms(&since, k->since);
		json_str(&b, "since", buf_all(&since));
	}
	if (k->lost)
		json_bool(&b, "lost", true);
	if (input.n)
		json_raw(&b, "input", input);
	ledger_file_append(l, &b);
	buf_free(&b);
	buf_free(&since);
}

/* Return the time in a member of a line, or NEVER. */
static int64_t
time_of(struct span line, const char *name)
{
	char *text = json_text_of(line, name);
	int64_t at = NEVER;
	if (text)
		(void)date_parse(text, &at);
	free(text);
	return at;
}

/*
 * Get from an intent's line when it was first written, and whether its response
 * was lost. A time in the future is not known, and must not become known when
 * the clock catches up with it.
 */
static void
read_intent(struct ledger_found *k)
{
	struct span v;
	int64_t at = time_of(k->line, "at"), since = time_of(k->line, "since"), now = clock_wall();
	if (since == NEVER)
		since = at;
	bool ahead = since > (at < now ? at : now) + CLOCKS_DIFFER;
	k->since = ahead ? LEDGER_SINCE_UNKNOWN : since < 0 ? 0 : since;
	k->lost = json_get(k->line, "lost", &v) == 1;
}

static enum claim
claim_existing(struct ledger *l, const struct ledger_entry *e, unsigned again,
	       struct ledger_found *known)
{
	read_entry(l, e, known);
	switch (e->type) {
	case LEDGER_INTENT:
		read_intent(known);
		/* one whose response was lost has been given up: nobody would ever end it */
		return !known->lost && ledger_lock_alive(l, e->lock) ? CLAIM_BUSY : CLAIM_DOUBT;
	case LEDGER_ENDED:
		return CLAIM_NEW;
	default:
		if (again != e->gen)
			return CLAIM_RECORDED;
		known->gen++;
		return CLAIM_NEW;
	}
}

enum claim
ledger_claim(struct ledger *l, const char *key, struct span input, unsigned again,
	     struct ledger_found *known)
{
	enum claim c = CLAIM_NEW;
	*known = (struct ledger_found){.gen = 1};
	ledger_file_lock(l);
	const struct ledger_entry *e = ledger_index_get(&l->map, LEDGER_ITEM, span_of(key));
	if (e)
		c = claim_existing(l, e, again, known);
	/* an item in doubt is this process's now: no other one looks for it too */
	if (c == CLAIM_NEW || c == CLAIM_DOUBT) {
		struct ledger_found ours = *known;
		ours.lost = false;
		write_intent(l, key, &ours, input);
	}
	ledger_file_unlock(l);
	return c;
}

void
ledger_renew(struct ledger *l, const char *key, struct ledger_found *known)
{
	known->since = 0;
	known->lost = false;
	ledger_file_lock(l);
	write_intent(l, key, known, (struct span){0});
	ledger_file_unlock(l);
}

void
ledger_lost(struct ledger *l, const char *key, const struct ledger_found *known)
{
	struct ledger_found k = *known;
	k.lost = true;
	ledger_file_lock(l);
	write_intent(l, key, &k, (struct span){0});
	ledger_file_unlock(l);
}

void
ledger_write(struct ledger *l, enum ledger_type type, const char *key, unsigned gen,
	     struct span members)
{
	struct buf b = {0};
	json_open(&b);
	json_str(&b, "t", span_of(ledger_words[type]));
	json_str(&b, "tool", span_of(l->tool));
	if (key) {
		json_str(&b, "key", span_of(key));
		json_int(&b, "gen", (long long)gen);
	}
	ledger_file_time(&b);
	if (members.n) {
		buf_ch(&b, ',');
		buf_span(&b, members);
	}
	ledger_file_lock(l);
	ledger_file_append(l, &b);
	ledger_file_unlock(l);
	buf_free(&b);
}

void
ledger_pause(struct ledger *l, int64_t length)
{
	struct buf b = {0}, until = {0};
	int64_t now = clock_wall(), end = now + length;
	if (length <= 0 || (now < l->paused && end < l->paused + SECOND))
		return;
	l->paused = end;
	date_rfc3339_ms(&until, end);
	json_open(&b);
	json_str(&b, "until", buf_all(&until));
	ledger_write(l, LEDGER_PAUSE, NULL, 0, (struct span){b.p + 1, b.n - 1});
	buf_free(&b);
	buf_free(&until);
}

void
ledger_commit(struct ledger *l)
{
	if (!l->dirty)
		return;
	off_t end = l->read_to;
	/*
	 * not retried: after a failure the kernel may have dropped the pages
	 * and succeed next time
	 */
	if (fdatasync(l->fd) < 0)
		ledger_file_die(l, "fdatasync");
	ledger_file_check_name(l);
	l->synced = end;
	l->dirty = false;
}

int64_t
ledger_expires(struct span line)
{
	int64_t end = time_of(line, "expires"), written = time_of(line, "at");
	return end != NEVER && written > clock_wall() + CLOCKS_DIFFER ? 0 : end;
}

bool
ledger_has_job(const struct ledger *l, const char *provider, const char *id)
{
	struct buf job = {0};
	ledger_job_key(&job, provider, id);
	bool has = ledger_index_get(&l->map, LEDGER_ITEM_JOB, buf_all(&job)) != NULL;
	buf_free(&job);
	return has;
}

void
ledger_others(struct ledger *l, void (*each)(void *, struct span), void *ctx)
{
	struct ledger_found found;
	for (size_t i = 0; i < l->map.n; i++) {
		const struct ledger_entry *e = &l->map.entry[i];
		if (e->type != LEDGER_INTENT || e->lock == l->lock)
			continue;
		read_entry(l, e, &found);
		each(ctx, found.line);
	}
}

void
ledger_lock(struct ledger *l)
{
	ledger_file_lock(l);
}

void
ledger_unlock(struct ledger *l)
{
	ledger_file_unlock(l);
}

int
ledger_lock_item(struct ledger *l, const char *key)
{
	const struct ledger_entry *e = ledger_index_get(&l->map, LEDGER_ITEM, span_of(key));
	/* an item that has ended is not waited for, whatever it left running */
	if (e && e->type == LEDGER_INTENT && ledger_lock_held(l, ledger_lock_byte(key, e->lock)))
		return -1;
	int fd = ledger_file_try_again(l, O_RDWR);
	if (fd < 0)
		return LEDGER_NO_ROOM;
	int got = filelock_try(fd, ledger_lock_byte(key, l->lock));
	if (got < 0)
		ledger_file_die(l, "lock");
	if (got)
		return fd;
	close(fd);
	return -1;
}
