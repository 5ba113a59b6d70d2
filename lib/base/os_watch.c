/* Waiting for many descriptors: epoll(7) on Linux, poll(2) elsewhere. */
#include "base/os_system.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef TC_OS_LINUX
#include <sys/epoll.h>
#endif

#include "base/buf.h"
#include "base/os.h"

enum { EXTRA_FDS = 16 }; /* more that os_watch_wait() may be given */

#ifdef TC_OS_LINUX

int
os_watch_init(struct os_watch *w)
{
	*w = (struct os_watch){.fd = epoll_create1(EPOLL_CLOEXEC)};
	return w->fd < 0 ? -1 : 0;
}

int
os_watch_add(struct os_watch *w, int fd, short events, void *ctx)
{
	struct epoll_event e = {.events = events & POLLOUT ? EPOLLOUT : EPOLLIN, .data.ptr = ctx};
	return epoll_ctl(w->fd, EPOLL_CTL_ADD, fd, &e);
}

void
os_watch_remove(struct os_watch *w, int fd)
{
	struct epoll_event e = {0};
	epoll_ctl(w->fd, EPOLL_CTL_DEL, fd, &e);
}

size_t
os_watch_wait(struct os_watch *w, struct pollfd *fds, nfds_t n, int timeout, struct os_event *out,
	      size_t max)
{
	struct pollfd all[EXTRA_FDS];
	struct epoll_event ev[64];
	memcpy(all, fds, n * sizeof *fds);
	all[n] = (struct pollfd){.fd = w->fd, .events = POLLIN};
	int got = poll(all, n + 1, timeout);
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = got > 0 ? all[i].revents : 0;
	if (got <= 0 || !all[n].revents)
		return 0;
	got = epoll_wait(w->fd, ev, max < 64 ? (int)max : 64, 0);
	for (int i = 0; i < got; i++)
		out[i].ctx = ev[i].data.ptr;
	return got > 0 ? (size_t)got : 0;
}

void
os_watch_free(struct os_watch *w)
{
	close(w->fd);
	w->fd = -1;
}

#else

int
os_watch_init(struct os_watch *w)
{
	*w = (struct os_watch){.fd = -1};
	return 0;
}

int
os_watch_add(struct os_watch *w, int fd, short events, void *ctx)
{
	if (w->n + EXTRA_FDS >= w->cap) {
		w->cap = 2 * w->cap + 2 * EXTRA_FDS;
		w->fds = mem_grow(w->fds, w->cap * sizeof *w->fds);
		w->ctx = mem_grow(w->ctx, w->cap * sizeof *w->ctx);
	}
	w->fds[w->n] = (struct pollfd){.fd = fd, .events = events};
	w->ctx[w->n++] = ctx;
	return 0;
}

void
os_watch_remove(struct os_watch *w, int fd)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->fds[i].fd == fd) {
			w->fds[i] = w->fds[--w->n];
			w->ctx[i] = w->ctx[w->n];
			return;
		}
}

size_t
os_watch_wait(struct os_watch *w, struct pollfd *fds, nfds_t n, int timeout, struct os_event *out,
	      size_t max)
{
	size_t found = 0;
	struct pollfd none[EXTRA_FDS],
		*all = w->fds ? w->fds : none; /* os_watch_add() keeps room */
	memcpy(all + w->n, fds, n * sizeof *fds);
	int got = poll(all, (nfds_t)w->n + n, timeout);
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = got > 0 ? all[w->n + i].revents : 0;
	for (size_t i = 0; i < w->n && got > 0 && found < max; i++)
		if (all[i].revents)
			out[found++].ctx = w->ctx[i];
	return found;
}

void
os_watch_free(struct os_watch *w)
{
	free(w->fds);
	free(w->ctx);
	*w = (struct os_watch){.fd = -1};
}

#endif
