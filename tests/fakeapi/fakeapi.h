/* What the parts of fakeapi share: a connection, a request, counters and settings. */
#ifndef TC_FAKEAPI_H
#define TC_FAKEAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../head.h"

struct conn {
	int fd, port;
	unsigned id, requests;
	struct buf in, out;
	size_t at;
	int64_t due;    /* nothing is written before */
	size_t padding; /* bytes that follow out */
	bool busy, close_after, rst, drip, hold;
};

/* One request, cut from the bytes of a connection. op: create, get, list, url, cancel, head, file
 * or other. */
struct request {
	char *method, *path, *head, *body;
	const char *op;
	char *id;
};

struct stats {
	unsigned requests, connections, in_flight, most_in_flight, creates, gets, cancels, lists,
		urls, files;
	unsigned refused_429, early, keyed, keyed_second, second;
};

struct settings {
	const char *key;         /* --key */
	const char *clock_ahead; /* --clock */
	int64_t latency;         /* --latency */
};

extern struct stats stats;
extern struct settings settings;

/* Respond to a request: main.c. */
void serve(struct conn *c, struct request *q);

/* Listen on two free ports. */
void listen_all(void);

/* Close the listening sockets; unless ms is negative, they are opened again after that time. */
void stop_listening(int ms);

/* Return port 0 or 1. */
int port_of(int i);

/* Wait for events once, and handle them. */
void turn(void);

/* Close all connections. */
void end_all(void);

#endif
