#include "base/work.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/msg.h"
#include "base/os.h"

struct queue {
	struct task *first, **last;
};

struct work {
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct queue todo, done;
	size_t idle, n, max;
	pthread_t *thread;
	bool ending, woken; /* woken: the pipe has a byte */
	int fd[2];
};

static void
put(struct queue *q, struct task *t)
{
	t->next = NULL;
	*q->last = t;
	q->last = &t->next;
}

static struct task *
take(struct queue *q)
{
	struct task *t = q->first;
	if (t && !(q->first = t->next))
		q->last = &q->first;
	return t;
}

/* Append a finished task; called with the lock held. A full pipe has woken the loop already. */
static void
finished(struct work *w, struct task *t)
{
	put(&w->done, t);
	if (!w->woken)
		w->woken = write(w->fd[1], "", 1) == 1;
}

static void *
run(void *arg)
{
	struct work *w = arg;
	pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		struct task *t = take(&w->todo);
		if (!t) {
			w->idle++;
			pthread_cond_wait(&w->news, &w->lock);
			w->idle--;
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		t->run(t);
		pthread_mutex_lock(&w->lock);
		finished(w, t);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct work *
work_new(size_t threads)
{
	struct work *w = mem_zero(sizeof *w);
	w->max = threads;
	w->thread = mem_zero(threads * sizeof *w->thread);
	w->todo.last = &w->todo.first;
	w->done.last = &w->done.first;
	if (os_pipe(w->fd) < 0 || fcntl(w->fd[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(w->fd[1], F_SETFL, O_NONBLOCK) < 0 || pthread_mutex_init(&w->lock, NULL) != 0 ||
	    pthread_cond_init(&w->news, NULL) != 0)
		msg_die(EXIT_IO, "cannot make a pipe: %s", strerror(errno));
	return w;
}

/* Start one more thread with all signals blocked. Return false if none can be started. */
static bool
start(struct work *w)
{
	sigset_t all, was;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	bool good = pthread_create(&w->thread[w->n], NULL, run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	w->n += good;
	return good;
}

void
work_post(struct work *w, struct task *t)
{
	pthread_mutex_lock(&w->lock);
	if (!w->idle && w->n < w->max && !start(w) && !w->n) {
		/* no thread at all: run it here */
		t->run(t);
		finished(w, t);
	} else {
		put(&w->todo, t);
		pthread_cond_signal(&w->news);
	}
	pthread_mutex_unlock(&w->lock);
}

int
work_fd(const struct work *w)
{
	return w->fd[0];
}

struct task *
work_next(struct work *w)
{
	char byte;
	pthread_mutex_lock(&w->lock);
	if (w->woken && read(w->fd[0], &byte, 1) == 1)
		w->woken = false;
	struct task *t = take(&w->done);
	if (w->done.first && !w->woken)
		w->woken = write(w->fd[1], "", 1) == 1; /* for a loop that takes one per wakeup */
	pthread_mutex_unlock(&w->lock);
	return t;
}

void
work_free(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->news);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->n; i++)
		pthread_join(w->thread[i], NULL);
	pthread_cond_destroy(&w->news);
	pthread_mutex_destroy(&w->lock);
	close(w->fd[0]);
	close(w->fd[1]);
	free(w->thread);
	free(w);
}
