/* Questions to the limiter on the server, and its answers, over a connection that may be lost. */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "rate.h"

#define CONNECT_WITHIN (2 * SECOND)
#define RETRY (250 * MILLISECOND)

void
limiter_init(struct limiter *l)
{
	*l = (struct limiter){.net = {.fd = -1}};
	for (const char *const *line = limiter_script; *line; line++)
		buf_str(&l->script, *line);
}

static char *
format(int argc, const char **argv, size_t *n)
{
	char *text = NULL;
	int length = redisFormatCommandArgv(&text, argc, argv, NULL);
	if (length < 0)
		msg_die(EXIT_IO, "out of memory");
	*n = (size_t)length;
	return text;
}

void
limiter_ask(struct limiter *l, int argc, const char **argv)
{
	const char *all[12] = {"EVAL", buf_cstr(&l->script), "1", buf_cstr(&l->key)};
	struct question q = {.start = strcmp(argv[0], "start") == 0, .asked = clock_now()};
	for (int i = 0; i < argc; i++)
		all[4 + i] = argv[i];
	q.command = format(4 + argc, all, &q.n);
	if (l->n == l->cap)
		l->q = mem_grow(l->q, (l->cap = 2 * l->cap + 16) * sizeof *l->q);
	l->q[l->n++] = q;
}

/*
 * Note that the connection was lost. Requests under way are sent again: a start
 * that is granted twice is merely unused.
 */
static void
lose(struct limiter *l, const char *why)
{
	if (!l->said && l->n)
		msg_warn("%s%s%s: %s: trying again", l->a.path ? l->a.path : l->a.host,
			 l->a.path ? "" : ":", l->a.path ? "" : l->a.port, why);
	l->said = l->said || l->n;
	net_close(&l->net);
	if (l->reader)
		redisReaderFree(l->reader);
	l->reader = NULL;
	l->unsent.n = 0;
	l->sent = l->greetings = 0;
	l->retry_at = clock_now() + RETRY;
}

/* Authenticate before anything else. */
static void
greet(struct limiter *l)
{
	const char *argv[] = {"AUTH", l->a.user ? l->a.user : l->a.password, l->a.password};
	size_t n;
	if (!l->a.password)
		return;
	char *text = format(l->a.user ? 3 : 2, argv, &n);
	buf_add(&l->unsent, text, n);
	memset(text, 0, n);
	redisFreeCommand(text);
	l->greetings++;
}

static void
connect_now(struct limiter *l)
{
	struct buf why = {0};
	if (!net_open(&l->net, &l->a, l->cacert, CONNECT_WITHIN, &why)) {
		lose(l, buf_cstr(&why));
	} else {
		l->reader = redisReaderCreate();
		greet(l);
	}
	buf_free(&why);
}

static void
pop(struct limiter *l)
{
	redisFreeCommand(l->q[0].command);
	memmove(l->q, l->q + 1, --l->n * sizeof *l->q);
	l->sent--;
}

/*
 * Handle an error, which is permanent or may pass. Return false if the
 * connection is to be closed.
 */
static void
heed_error(struct limiter *l, const char *text)
{
	static const char *const refused[] = {"NOAUTH",
					      "WRONGPASS",
					      "NOPERM",
					      "ERR AUTH",
					      "ERR invalid password",
					      "ERR Client sent AUTH",
					      "DENIED"};
	static const char *const later[] = {"LOADING",     "READONLY", "MASTERDOWN",
					    "CLUSTERDOWN", "TRYAGAIN", "BUSY",
					    "NOREPLICAS",  "OOM",      "MISCONF"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (str_starts(text, refused[i]))
			msg_die(EXIT_REFUSED, "%s: the server refuses access: %s",
				l->a.path ? l->a.path : l->a.host, text);
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (str_starts(text, later[i])) {
			lose(l, text);
			return;
		}
	msg_die(EXIT_IO, "%s: %s", l->a.path ? l->a.path : l->a.host, text);
}

static void
take_reply(struct limiter *l, const redisReply *r, struct buf *out)
{
	if (r->type == REDIS_REPLY_ERROR) {
		heed_error(l, r->str);
		return;
	}
	l->said = false;
	if (l->greetings) {
		l->greetings--;
		return;
	}
	if (!l->sent || r->type != REDIS_REPLY_INTEGER) {
		lose(l, "unexpected reply; is this Redis or Valkey?");
		return;
	}
	if (l->q[0].start)
		buf_fmt(out, "%lld.%06lld\n", r->integer / (long long)SECOND,
			r->integer % (long long)SECOND);
	pop(l);
}

static void
take_replies(struct limiter *l, struct buf *out)
{
	void *reply = NULL;
	while (l->reader) {
		if (redisReaderGetReply(l->reader, &reply) != REDIS_OK) {
			lose(l, "unexpected reply; is this Redis or Valkey?");
			return;
		}
		if (!reply)
			return;
		take_reply(l, reply, out);
		freeReplyObject(reply);
	}
}

static void
send_all(struct limiter *l)
{
	struct buf why = {0};
	for (; l->sent < l->n; l->sent++)
		buf_add(&l->unsent, l->q[l->sent].command, l->q[l->sent].n);
	while (l->unsent.n) {
		ssize_t n = net_write(&l->net, l->unsent.p, l->unsent.n, &why);
		if (n < 0)
			lose(l, buf_cstr(&why));
		if (n <= 0)
			break;
		memmove(l->unsent.p, l->unsent.p + n, l->unsent.n - (size_t)n);
		l->unsent.n -= (size_t)n;
	}
	buf_free(&why);
}

static void
read_all(struct limiter *l, struct buf *out)
{
	char bytes[16384];
	struct buf why = {0};
	while (l->net.fd >= 0) {
		ssize_t n = net_read(&l->net, bytes, sizeof bytes, &why);
		if (n <= 0) {
			if (n < 0)
				lose(l, buf_cstr(&why));
			break;
		}
		redisReaderFeed(l->reader, bytes, (size_t)n);
		take_replies(l, out);
	}
	buf_free(&why);
}

void
limiter_move(struct limiter *l, struct buf *out)
{
	if (l->net.fd < 0 && l->n && clock_now() >= l->retry_at)
		connect_now(l);
	if (l->net.fd >= 0)
		send_all(l);
	read_all(l, out);
}

int64_t
limiter_due(const struct limiter *l)
{
	return l->net.fd < 0 && l->n ? l->retry_at : NEVER;
}

size_t
limiter_waiting(const struct limiter *l, int64_t *since)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++)
		if (l->q[i].start && n++ == 0)
			*since = l->q[i].asked;
	return n;
}

void
limiter_free(struct limiter *l)
{
	net_close(&l->net);
	if (l->reader)
		redisReaderFree(l->reader);
	while (l->n) {
		l->sent = l->n;
		pop(l);
	}
	free(l->q);
	buf_free(&l->unsent);
	buf_free(&l->script);
	buf_free(&l->key);
	address_free(&l->a);
}
