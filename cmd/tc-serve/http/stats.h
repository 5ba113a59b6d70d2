/* The counters of GET /_stats, for tests and rehearsals. */
#ifndef TC_SERVE_HTTP_STATS_H
#define TC_SERVE_HTTP_STATS_H

#include "base/buf.h"

/* Counts since the start. */
enum request_kind { KIND_CREATE, KIND_GET, KIND_OTHER, KIND_PUT, KIND_DOWNLOAD, KIND_COUNT };

struct stats {
	long requests;    /* calls of either API, answered or not */
	long creates;     /* jobs made */
	long existing;    /* creates answered with an existing job */
	long faults;      /* responses that --fault replaced or corrupted */
	long connections; /* accepted since the start */
	long in_flight, max_in_flight;
	long by_status[600]; /* answers, by HTTP status */
	long no_answer;      /* connections closed on purpose */
	long uploads;        /* begun */
	long confirms;       /* of them, those that were confirmed or completed, each once */
	long parts;          /* parts of uploads, and chunks of sessions, that were received */
	long aborts;         /* uploads in parts that a call aborted */
	long resumes;        /* calls that asked how far an upload is */
	long ranges;         /* downloads answered with 206 */
	long by_kind[KIND_COUNT];
	long long bytes_in; /* of uploads, whole or not */
	/* of downloads, handed to the network; counted without the lock */
	_Atomic long long bytes_out;
};

/* Append the counters as a JSON object. */
void stats_json(const struct stats *s, struct buf *out);

#endif
