#include "notify.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "clock.h"
#include "connect.h"
#include "digest.h"
#include "http.h"
#include "json.h"
#include "msg.h"
#include "os.h"
#include "retry.h"
#include "serve.h"
#include "sign.h"
#include "transcodely.h"
#include "when.h"

/* As the service has it: so many tries, so long for each. The waits between them are shorter here. */
enum { TRIES = 15, ANSWER_SECONDS = 10 };
#define WAIT_FIRST SECOND
#define WAIT_LONGEST (60 * SECOND)

/* An event on its way. */
struct letter {
	char *url;
	struct buf body;
	unsigned tries;
	int64_t due; /* monotonic; NEVER: it is being sent */
	struct letter *next;
};

struct notifier {
	pthread_t thread;
	pthread_mutex_t lock; /* of what the threads share: letters and ending */
	struct letter *letters;
	bool ending;
	int wake[2];
	const char *secret; /* NULL: events are not signed */
};

static void
letter_free(struct letter *l)
{
	free(l->url);
	buf_free(&l->body);
	free(l);
}

static void
sign(const struct notifier *n, const struct letter *l, struct buf *header)
{
	struct buf text = {0};
	int64_t at = clock_wall() / SECOND;
	buf_fmt(&text, "%lld.", (long long)at);
	buf_span(&text, buf_all(&l->body));
	buf_fmt(header, "Transcodely-Signature: t=%lld,v1=", (long long)at);
	sha256_hmac_hex(header, span_of(n->secret), buf_all(&text));
	buf_free(&text);
}

static void
send_letter(const struct notifier *n, struct http *h, struct letter *l)
{
	struct buf header = {0};
	struct http_request q = {.method = "POST", .url = l->url, .body = buf_all(&l->body), .timeout = ANSWER_SECONDS * SECOND};
	if (n->secret) {
		sign(n, l, &header);
		q.header = buf_cstr(&header);
	}
	l->due = NEVER;
	http_send(h, &q, l);
	buf_free(&header);
}

/* Sends what is due, and returns when the next will be. Under the lock. */
static int64_t
send_due(const struct notifier *n, struct http *h)
{
	int64_t now = clock_now(), next = NEVER;
	for (struct letter *l = n->letters; l; l = l->next)
		if (l->due <= now)
			send_letter(n, h, l);
		else if (l->due < next)
			next = l->due;
	return next;
}

static void
take_out(struct notifier *n, struct letter *l)
{
	struct letter **at = &n->letters;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	letter_free(l);
}

/* Under the lock. */
static void
hear_answer(struct notifier *n, struct letter *l, const struct http_reply *r)
{
	if (r->end == HTTP_ANSWERED && r->status >= 200 && r->status < 300) {
		take_out(n, l);
	} else if (++l->tries == TRIES) {
		msg_warn("webhook %s: given up after %d tries", l->url, TRIES);
		take_out(n, l);
	} else {
		msg_debug("webhook %s: %s, status %d: again later", l->url, r->end == HTTP_ANSWERED ? "refused" : r->why, r->status);
		l->due = clock_now() + retry_backoff(l->tries - 1, WAIT_FIRST, WAIT_LONGEST, 0.5 + retry_chance() / 2);
	}
}

static void *
run(void *arg)
{
	struct notifier *n = arg;
	struct http_config c = {.loopback = true}; /* no proxy */
	struct http *h = http_new(&c);
	http_add_header(h, "User-Agent: tc-serve/" TC_VERSION);
	http_add_header(h, "Content-Type: application/json");
	for (;;) {
		struct pollfd wake = {.fd = n->wake[0], .events = POLLIN};
		struct http_reply *r;
		void *letter;
		char junk[64];
		pthread_mutex_lock(&n->lock);
		bool ending = n->ending;
		int64_t next = ending ? 0 : send_due(n, h);
		pthread_mutex_unlock(&n->lock);
		if (ending)
			break;
		http_wait(h, &wake, 1, next);
		if (wake.revents && read(n->wake[0], junk, sizeof junk) < 0 && errno != EINTR)
			break;
		pthread_mutex_lock(&n->lock);
		while ((r = http_next(h, &letter)))
			hear_answer(n, letter, r);
		pthread_mutex_unlock(&n->lock);
	}
	http_free(h);
	return NULL;
}

static struct notifier *
notifier_new(const char *secret)
{
	struct notifier *n = mem_zero(sizeof *n);
	sigset_t all, old;
	n->secret = secret;
	pthread_mutex_init(&n->lock, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for main's thread */
	if (os_pipe(n->wake) < 0 || pthread_create(&n->thread, NULL, run, n) != 0)
		msg_die(EXIT_IO, "no thread for webhooks: %s", strerror(errno));
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n;
}

static void
wake_up(const struct notifier *n)
{
	if (write(n->wake[1], "", 1) < 0)
		msg_error("cannot wake the webhooks' thread: %s", strerror(errno));
}

/* The event as the service writes it; one that ended in part has no type of its own. */
static void
write_event(const struct serve *s, const struct job *j, struct buf *out)
{
	const char *word = strcmp(j->status, "failed") == 0 ? "failed" : strcmp(j->status, "canceled") == 0 ? "canceled" : "succeeded";
	struct call c = {.serve = (struct serve *)(uintptr_t)s};
	struct buf text = {0}, job = {0};
	json_open(out);
	buf_str(&text, "evt_");
	random_hex(&text, 12);
	json_str(out, "id", buf_all(&text));
	json_str(out, "object", span_of("event"));
	json_str(out, "api_version", span_of("2026-05-03"));
	when_json(out, "created", clock_wall());
	text.n = 0;
	buf_fmt(&text, "job.%s", word);
	json_str(out, "type", buf_all(&text));
	transcodely_job(&c, &job, j, false);
	json_raw(out, "data", buf_all(&job));
	json_int(out, "pending_webhooks", 1);
	json_close(out);
	buf_free(&text);
	buf_free(&job);
}

void
notify_ended(struct serve *s, const struct job *j)
{
	char *url = j->api == API_TRANSCODELY && job_ended(j->status) ? connect_text(span_of(j->request), "webhook_url") : NULL;
	if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)) {
		free(url);
		return;
	}
	if (!s->notifier)
		s->notifier = notifier_new(s->hook_secret);
	struct notifier *n = s->notifier;
	struct letter *l = mem_zero(sizeof *l);
	l->url = url;
	write_event(s, j, &l->body);
	pthread_mutex_lock(&n->lock);
	struct letter **last = &n->letters;
	while (*last)
		last = &(*last)->next;
	*last = l;
	pthread_mutex_unlock(&n->lock);
	wake_up(n);
}

void
notify_stop(struct notifier *n)
{
	unsigned lost = 0;
	if (!n)
		return;
	pthread_mutex_lock(&n->lock);
	n->ending = true;
	pthread_mutex_unlock(&n->lock);
	wake_up(n);
	pthread_join(n->thread, NULL);
	for (struct letter *l = n->letters, *next; l; l = next, lost++) {
		next = l->next;
		letter_free(l);
	}
	if (lost)
		msg_warn("%u webhook%s not delivered", lost, lost == 1 ? " was" : "s were");
	pthread_mutex_destroy(&n->lock);
	close(n->wake[0]);
	close(n->wake[1]);
	free(n);
}
