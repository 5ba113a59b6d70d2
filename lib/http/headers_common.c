/*
 * The headers of all requests. libcurl's own list of them is made when the first
 * request needs it: before, libcurl may not be loaded.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/msg.h"
#include "http/transfer.h"

void
transfer_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);
	if (!longer)
		msg_die(EXIT_IO, "out of memory");
	*list = longer;
}

/* Have libcurl's list made anew; an exchange under way may have the old one. */
static void
retire(struct http *h)
{
	struct curl_slist **last = &h->retired;
	while (*last)
		last = &(*last)->next;
	*last = h->headers;
	h->headers = NULL;
}

void
http_add_header(struct http *h, const char *line)
{
	strings_copy(&h->lines, line);
	retire(h);
}

void
http_set_header(struct http *h, const char *line)
{
	size_t n = strcspn(line, ":") + 1;
	for (size_t i = 0; i < h->lines.n; i++)
		if (strncasecmp(h->lines.v[i], line, n) == 0) {
			free(h->lines.v[i]);
			h->lines.v[i] = mem_dup_text(line);
			retire(h);
			return;
		}
	http_add_header(h, line);
}

struct curl_slist *
headers_common(struct http *h)
{
	if (!h->headers)
		for (size_t i = 0; i < h->lines.n; i++)
			transfer_line(&h->headers, h->lines.v[i]);
	return h->headers;
}
