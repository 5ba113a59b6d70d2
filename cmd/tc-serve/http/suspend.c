#include "http/suspend.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "serve.h"

struct suspension {
	struct MHD_Connection *conn;
	int64_t due;
	bool change; /* a change of a job resumes it too */
};

struct suspended {
	pthread_mutex_t lock;
	struct suspension *list;
	size_t n, cap;
	bool ended;
};

struct suspended *
suspend_new(void)
{
	struct suspended *h = mem_zero(sizeof *h);
	pthread_mutex_init(&h->lock, NULL);
	return h;
}

void
suspend_free(struct suspended *h)
{
	pthread_mutex_destroy(&h->lock);
	free(h->list);
	free(h);
}

static void
suspend(struct serve *s, struct suspension one)
{
	struct suspended *h = s->suspended;
	pthread_mutex_lock(&h->lock);
	if (!h->ended) {
		if (h->n == h->cap) {
			h->cap = h->cap ? 2 * h->cap : 16;
			h->list = mem_grow(h->list, h->cap * sizeof *h->list);
		}
		h->list[h->n++] = one;
		MHD_suspend_connection(one.conn);
		serve_wake(s);
	}
	pthread_mutex_unlock(&h->lock);
}

void
suspend_until(struct serve *s, struct MHD_Connection *conn, int64_t due)
{
	suspend(s, (struct suspension){conn, due, false});
}

void
suspend_until_change(struct serve *s, struct MHD_Connection *conn, int64_t due)
{
	suspend(s, (struct suspension){conn, due, true});
}

void
suspend_resume(struct suspended *h, struct MHD_Connection *conn)
{
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->n; i++)
		if (h->list[i].conn == conn) {
			MHD_resume_connection(conn);
			h->list[i] = h->list[--h->n];
			break;
		}
	pthread_mutex_unlock(&h->lock);
}

void
suspend_resume_changed(struct suspended *h)
{
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->n;)
		if (h->list[i].change) {
			MHD_resume_connection(h->list[i].conn);
			h->list[i] = h->list[--h->n];
		} else {
			i++;
		}
	pthread_mutex_unlock(&h->lock);
}

int64_t
suspend_resume_due(struct suspended *h, int64_t now)
{
	int64_t next = NEVER;
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->n;)
		if (h->list[i].due <= now) {
			MHD_resume_connection(h->list[i].conn);
			h->list[i] = h->list[--h->n];
		} else {
			next = h->list[i].due < next ? h->list[i].due : next;
			i++;
		}
	pthread_mutex_unlock(&h->lock);
	return next;
}

void
suspend_stop(struct suspended *h)
{
	pthread_mutex_lock(&h->lock);
	h->ended = true; /* first: a connection suspended between the two would never be resumed */
	pthread_mutex_unlock(&h->lock);
	suspend_resume_due(h, NEVER);
}
