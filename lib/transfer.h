/* An exchange as libcurl has it: its easy handle, what it sends, what has come. For http.c alone. */
#ifndef TC_TRANSFER_H
#define TC_TRANSFER_H

#include <curl/curl.h>

#include "http.h"
#include "trust.h"

/* One exchange. Kept and used again, with its easy handle. */
struct transfer {
	CURL *easy;
	void *user;
	struct buf url, body;
	bool has_body, sent, too_large;
	bool by_dir; /* the certificates that its handle trusts are a directory's */
	struct curl_slist *headers; /* its own, or NULL: the common ones */
	struct http_reply reply;
	struct transfer *next;      /* in the list of free, or ended, or all running */
};

struct http {
	CURLM *multi;
	struct curl_slist *headers;
	char *userpwd, *sigv4;
	struct trust trust;
	bool loopback;
	struct transfer *spare, *ended, *handed;
	struct transfer **running;
	size_t running_n, running_cap;
};

/* A new one with all that is the same for every exchange. */
struct transfer *transfer_new(struct http *h);

/* Sets up what is asked for; all is copied. user comes back with the reply. */
void transfer_prepare(struct http *h, struct transfer *t, const struct http_request *q, void *user);

/* Has its handle trust what h trusts now. */
void transfer_trust(struct http *h, struct transfer *t);

/* What it means that libcurl ended with this code. */
enum http_end transfer_end(const struct transfer *t, CURLcode code);

/* Appends a header line; exits 74 when memory is gone. */
void transfer_line(struct curl_slist **list, const char *line);

/* Frees a list of them. */
void transfer_free_all(struct transfer *t);

#endif
