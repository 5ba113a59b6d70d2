/* The head of a response: which bytes, of which version. */
#include "fileserver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
redirect(struct response *a, const char *spec)
{
	const char *to = word(spec, "file")    ? "file:///etc/passwd"
			 : word(spec, "https") ? "https://127.0.0.1:1/x"
					       : "/loop/x";
	a->status = 302;
	buf_fmt(&a->head, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", to);
}

void
refusal(struct response *a, const char *spec)
{
	const char *code = word(spec, "code");
	struct buf b = {0};
	if (code)
		buf_fmt(&b, "<Error><Code>%.*s</Code><Message>no</Message></Error>",
			(int)strcspn(code, ",/"), code);
	else
		buf_str(&b, "refused");
	buf_fmt(&a->head, "Content-Length: %zu\r\n\r\n%s", b.n, buf_cstr(&b));
	buf_free(&b);
}

static void
version(struct buf *b, const char *spec, const struct content *c)
{
	unsigned long long v = is(spec, "etag", "same") ? 0 : c->seed;
	if (!is(spec, "etag", "none"))
		buf_fmt(b, "%s\"v%llu\"", is(spec, "etag", "weak") ? "W/" : "", v);
}

void
decide(struct response *a, const char *spec, const struct content *c, const char *range,
       const char *if_range)
{
	struct buf etag = {0};
	long long from = strncmp(range, "bytes=", 6) == 0 ? strtoll(range + 6, NULL, 10) : -1;
	char modified[64];
	version(&etag, spec, c);
	snprintf(modified, sizeof modified, "Wed, 21 Oct 2020 07:28:%02llu GMT", c->seed % 60);
	bool other = strcmp(if_range, "-") != 0 && strcmp(if_range, buf_cstr(&etag)) != 0 &&
		     strcmp(if_range, modified) != 0;
	const char *dash = from >= 0 ? strchr(range, '-') : NULL;
	long long last = dash && dash[1] ? strtoll(dash + 1, NULL, 10) : c->size - 1;
	a->to = c->size;
	a->status =
		from < 0 || is(spec, "range", "ignore") || (other && !is(spec, "range", "plain"))
			? 200
		: from >= c->size || is(spec, "range", "done") ? 416
							       : 206;
	if (a->status == 206) {
		a->from = from;
		a->to = last + 1 < c->size ? last + 1 : c->size;
	}
	buf_fmt(&a->head, "HTTP/1.1 %d x\r\nAccept-Ranges: bytes\r\n", a->status);
	if (a->status == 206 && is(spec, "range", "early"))
		a->from = from > 10 ? from - 10 : 0;
	if (a->status == 206 && is(spec, "range", "late"))
		a->from = from + 10;
	if (a->status == 416)
		a->to = 0;
	if (etag.n)
		buf_fmt(&a->head, "ETag: %s\r\n", buf_cstr(&etag));
	if (!is(spec, "modified", "none"))
		buf_fmt(&a->head, "Last-Modified: %s\r\n", modified);
	long long total =
		is(spec, "range", "done") ? from : c->size + (is(spec, "range", "total") ? 5 : 0);
	if (a->status == 206)
		buf_fmt(&a->head, "Content-Range: bytes %lld-%lld/%lld\r\n", a->from,
			a->to - 1 - (is(spec, "range", "less") ? 10 : 0), total);
	if (a->status == 416)
		buf_fmt(&a->head, "Content-Range: bytes */%lld\r\n", total);
	buf_free(&etag);
}

void
finish_head(struct response *a, const char *spec, const struct content *c, bool bad)
{
	static const char part[] = "--x\r\nContent-Type: video/mp4\r\n\r\n";
	bool parts = a->status == 206 && is(spec, "range", "parts");
	long long length = a->to - a->from + (parts ? (long long)strlen(part) : 0) +
			   (bad ? number(spec, "longer", 0) - number(spec, "shorter", 0) : 0);
	if (parts)
		buf_str(&a->head, "Content-Type: multipart/byteranges; boundary=x\r\n");
	add_sums(&a->head, spec, c);
	const char *type = word(spec, "type");
	if (type) {
		buf_str(&a->head, "Content-Type: ");
		for (; *type && *type != ',' && *type != '/'; type++)
			buf_ch(&a->head, *type == '+' ? '/' : *type);
		buf_str(&a->head, "\r\n");
	}
	if (word(spec, "gzip"))
		buf_str(&a->head, "Content-Encoding: gzip\r\n");
	buf_str(&a->head, "Content-Disposition: attachment; filename=\"../../evil\"\r\n");
	if (word(spec, "chunked"))
		buf_str(&a->head, "Transfer-Encoding: chunked\r\n\r\n");
	else
		buf_fmt(&a->head, "Content-Length: %lld\r\n\r\n", length);
	if (parts)
		buf_str(&a->head, part);
}
