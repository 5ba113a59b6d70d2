#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "date.h"
#include "json.h"
#include "ledgerline.h"
#include "ledgerlock.h"
#include "oslock.h"

/* The line of an entry, read back. */
static void
show(struct ledger *l, const struct ledger_entry *e, struct ledger_known *known)
{
	l->shown.n = 0;
	char *to = buf_room(&l->shown, e->n);
	for (size_t done = 0; done < e->n;) {
		ssize_t n = pread(l->fd, to + done, e->n - done, e->at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			ledgerfile_die(l, "read");
		done += (size_t)n;
	}
	l->shown.n = e->n;
	if (ledgerline_check(buf_all(&l->shown)))
		ledgerfile_damaged(l, 0, "it changed while it was read");
	*known = (struct ledger_known){.line = buf_all(&l->shown), .gen = e->gen, .type = e->type};
}

bool
ledger_find(struct ledger *l, char kind, struct span text, struct ledger_known *known)
{
	*known = (struct ledger_known){.gen = 1};
	const struct ledger_entry *e = ledgermap_get(&l->map, kind, text);
	if (e)
		show(l, e, known);
	return e != NULL;
}

static void
write_intent(struct ledger *l, const char *key, const struct ledger_known *k, struct span input)
{
	struct buf b = {0}, since = {0};
	json_open(&b);
	json_str(&b, "t", span_of(ledger_words[LEDGER_INTENT]));
	json_str(&b, "tool", span_of(l->tool));
	json_str(&b, "key", span_of(key));
	json_int(&b, "gen", (long long)k->gen);
	ledgerlock_sign(l, &b);
	json_int(&b, "synced", (long long)l->synced);
	ledgerfile_time(&b);
	if (k->since) {
		date_rfc3339_ms(&since, k->since);
		json_str(&b, "since", buf_all(&since));
	}
	if (k->lost)
		json_bool(&b, "lost", true);
	if (input.n)
		json_raw(&b, "input", input);
	ledgerfile_append(l, &b);
	buf_free(&b);
	buf_free(&since);
}

/* What an intent's line says of when, and of what became of it. */
static void
read_intent(struct ledger_known *k)
{
	struct span v;
	char *text = json_get(k->line, "since", &v) == 1 || json_get(k->line, "at", &v) == 1 ? json_text(v) : NULL;
	int64_t at = -1;
	if (text)
		(void)date_parse(text, &at);
	k->since = at < 0 ? 0 : at;
	k->lost = json_get(k->line, "lost", &v) == 1;
	free(text);
}

static enum claim
judge(struct ledger *l, const struct ledger_entry *e, unsigned again, struct ledger_known *known)
{
	show(l, e, known);
	switch (e->type) {
	case LEDGER_INTENT:
		read_intent(known);
		return ledgerlock_alive(l, e->lock) ? CLAIM_BUSY : CLAIM_DOUBT;
	case LEDGER_ENDED:
		return CLAIM_NEW;
	default:
		if (again != e->gen)
			return CLAIM_KNOWN;
		known->gen++;
		return CLAIM_NEW;
	}
}

enum claim
ledger_claim(struct ledger *l, const char *key, struct span input, unsigned again, struct ledger_known *known)
{
	enum claim c = CLAIM_NEW;
	*known = (struct ledger_known){.gen = 1};
	ledgerfile_lock(l);
	const struct ledger_entry *e = ledgermap_get(&l->map, 'k', span_of(key));
	if (e)
		c = judge(l, e, again, known);
	/* what was in doubt is this process's now: no other one looks for it too */
	if (c == CLAIM_NEW || c == CLAIM_DOUBT)
		write_intent(l, key, known, input);
	ledgerfile_unlock(l);
	return c;
}

void
ledger_renew(struct ledger *l, const char *key, struct ledger_known *known)
{
	known->since = 0;
	known->lost = false;
	ledgerfile_lock(l);
	write_intent(l, key, known, (struct span){0});
	ledgerfile_unlock(l);
}

void
ledger_lost(struct ledger *l, const char *key, const struct ledger_known *known)
{
	struct ledger_known k = *known;
	k.lost = true;
	ledgerfile_lock(l);
	write_intent(l, key, &k, (struct span){0});
	ledgerfile_unlock(l);
}

void
ledger_write(struct ledger *l, enum ledger_type type, const char *key, unsigned gen, struct span members)
{
	struct buf b = {0};
	json_open(&b);
	json_str(&b, "t", span_of(ledger_words[type]));
	json_str(&b, "tool", span_of(l->tool));
	if (key) {
		json_str(&b, "key", span_of(key));
		json_int(&b, "gen", (long long)gen);
	}
	ledgerfile_time(&b);
	if (members.n) {
		buf_ch(&b, ',');
		buf_span(&b, members);
	}
	ledgerfile_lock(l);
	ledgerfile_append(l, &b);
	ledgerfile_unlock(l);
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
	/* not tried again: after a failure the kernel may have dropped the pages and say yes next time */
	if (fdatasync(l->fd) < 0)
		ledgerfile_die(l, "fdatasync");
	ledgerfile_check_name(l);
	l->synced = end;
	l->dirty = false;
}

void
ledger_job_key(struct buf *out, const char *provider, const char *id)
{
	buf_fmt(out, "%s\n%s", provider, id);
}

void
ledger_output_key(struct buf *out, struct span n)
{
	buf_fmt(out, "\n%.*s", (int)n.n, n.p);
}

bool
ledger_has_job(const struct ledger *l, const char *provider, const char *id)
{
	struct buf job = {0};
	ledger_job_key(&job, provider, id);
	bool has = ledgermap_get(&l->map, 'c', buf_all(&job)) != NULL;
	buf_free(&job);
	return has;
}

void
ledger_hold_still(struct ledger *l)
{
	ledgerfile_lock(l);
}

void
ledger_go_on(struct ledger *l)
{
	ledgerfile_unlock(l);
}

int
ledger_hold(struct ledger *l, const char *key)
{
	const struct ledger_entry *e = ledgermap_get(&l->map, 'k', span_of(key));
	/* what has ended is not waited for, whatever it left running */
	if (e && e->type == LEDGER_INTENT && ledgerlock_held(l, ledgerlock_item(key, e->lock)))
		return -1;
	int fd = ledgerfile_open_again(l, O_RDWR);
	int got = oslock_try(fd, ledgerlock_item(key, l->lock));
	if (got < 0)
		ledgerfile_die(l, "lock");
	if (got)
		return fd;
	close(fd);
	return -1;
}
