/* Upload sessions whose host lies. One at a time: a POST begins it anew. */
#include "fileserver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../head.h"

static long long has, whole; /* the bytes that came, and that are to come */

static long long
header_number(const char *head, const char *name, long long otherwise)
{
	char *v = head_value(head, name);
	long long n = v ? strtoll(v, NULL, 10) : otherwise;
	free(v);
	return n;
}

long long
take_body(int fd, const char *head, size_t there)
{
	char piece[PIECE];
	long long length = header_number(head, "Content-Length", 0), got = (long long)there;
	for (ssize_t n; got < length && (n = read(fd, piece, sizeof piece)) > 0; got += n)
		continue;
	return got;
}

void
session(struct response *a, const char *spec, const char *head, long long body)
{
	bool tus = header_number(head, "Upload-Offset", -1) >= 0 || strncmp(head, "HEAD", 4) == 0;
	if (strncmp(head, "POST", 4) == 0) {
		has = 0;
		whole = header_number(head, "Upload-Length", number(spec, "size", 0));
		a->status = 201;
		buf_fmt(&a->head, "HTTP/1.1 201 x\r\nLocation: /%.*s/it\r\n",
			(int)strcspn(spec, "/ "), spec);
	} else if (is(spec, "session", "gone") && has > 0) {
		a->status = 404;
		buf_str(&a->head, "HTTP/1.1 404 x\r\n");
	} else {
		bool forget = is(spec, "session", "forgets") && has > 0;
		has = forget ? 0 : has + body;
		long long said = is(spec, "session", "more")  ? has + 1
				 : is(spec, "session", "all") ? whole
							      : has;
		bool done = is(spec, "session", "done") || (!tus && has == whole);
		a->status = tus ? 204 : done ? 200 : 308;
		buf_fmt(&a->head, "HTTP/1.1 %d x\r\n", a->status);
		if (tus)
			buf_fmt(&a->head, "Upload-Offset: %lld\r\n", said);
		else if (said && !done)
			buf_fmt(&a->head, "Range: bytes=0-%lld\r\n", said - 1);
	}
	a->to = has;
	buf_str(&a->head, "Content-Length: 0\r\n\r\n");
}
