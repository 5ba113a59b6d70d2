/* The server: its settings and its parts. */
#ifndef TC_SERVE_SERVE_H
#define TC_SERVE_SERVE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "encode/encoder.h"
#include "encode/media.h"
#include "http/download.h"
#include "http/fault.h"
#include "http/stats.h"

struct probing;
struct suspended;
struct webhooks;
struct store;

struct config {
	const char *listen, *dir, *encoder, *key_file;
	long port, jobs, ready_fd, quota, queue_limit; /* quota, queue_limit: -1: unlimited */
	long max_output;                               /* MiB */
	int64_t latency, url_ttl, max_time; /* microseconds; url_ttl 0: the service's own */
	bool quiet, verbose;
};

/*
 * Two threads: libmicrohttpd's responds to calls, main's runs the encoders;
 * those of probing.h touch nothing that is shared. The lock guards everything
 * except cfg, base, dir, media, key and secret.
 */
struct serve {
	struct config cfg;
	pthread_mutex_t lock;
	int wake_fd;       /* a byte written here wakes main */
	char *dir;         /* absolute, without symbolic links */
	int listen_fd;     /* of httpd.h */
	char *base;        /* http://127.0.0.1:8484 */
	struct buf key;    /* the bearer key; empty: any key is accepted */
	struct buf secret; /* of signed URLs */
	char *hook_secret; /* signs webhooks; NULL: they are not signed */
	struct media media;
	struct store *store;
	struct encoder *encoder;
	struct encode_events events;
	int64_t no_room; /* no process is started before then, because one could not be; 0: no limit
			  */
	struct suspended *suspended;
	struct probing *probing;
	struct webhooks *webhooks;
	struct faults faults;
	struct download_options download;
	struct rate rate;
	struct stats stats;
};

/* Wake main(), which starts work and handles what is due. */
void serve_wake(const struct serve *s);

#endif
