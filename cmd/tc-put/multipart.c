/*
 * --to s3://: a large object in parts, as S3's multipart upload has it. The
 * parts are sent, recorded and resumed like those of /upload/kind parts; this
 * file has the requests that are particular to S3.
 */

#include "put.h"

/* S3's limits, the default part size, and the size from which parts are used. */
#define PART_MIN ((int64_t)5 << 20)
#define PART_SIZE ((int64_t)16 << 20)
#define PARTS_FROM ((int64_t)64 << 20)
enum { PARTS_MAX = 10000 };

bool
multipart_wanted(int64_t size)
{
	int64_t asked = put_options.part_size;
	int64_t from = !asked ? PARTS_FROM : asked > PART_MIN ? asked : PART_MIN;
	return size > from;
}

int64_t
multipart_part_size(int64_t size)
{
	int64_t n = put_options.part_size ? put_options.part_size : PART_SIZE, mib = 1 << 20,
		least = (size + PARTS_MAX - 1) / PARTS_MAX;
	n = n > PART_MIN ? n : PART_MIN;
	return n >= least ? n : (least + mib - 1) / mib * mib;
}

bool
multipart_is(const struct upload *u)
{
	return u->location && u->kind == UPLOAD_PARTS;
}

bool
multipart_asks(const struct upload *u)
{
	return multipart_is(u) && u->phase != PHASE_SEND;
}

char *
multipart_url(const struct upload *u)
{
	struct buf b = {0};
	buf_str(&b, u->remote.url);
	/* in the order in which they are signed */
	if (u->phase == PHASE_CREATE)
		buf_str(&b, "?uploads=");
	else if (u->phase == PHASE_SEND)
		buf_fmt(&b, "?partNumber=%zu&", u->part + 1);
	else if (u->phase != PHASE_GET)
		buf_ch(&b, '?');
	if (u->phase != PHASE_CREATE && u->phase != PHASE_GET) {
		buf_str(&b, "uploadId=");
		http_escape(&b, span_of(u->remote.upload));
	}
	return buf_take(&b);
}

static void
add_escaped(struct buf *b, const char *text)
{
	for (; *text; text++)
		if (*text == '&' || *text == '<' || *text == '>')
			buf_fmt(b, "&#%d;", *text);
		else
			buf_ch(b, *text);
}

const char *
multipart_prepare(struct upload *u)
{
	const struct remote *r = &u->remote;
	if (u->phase == PHASE_CREATE)
		return "POST";
	if (u->phase != PHASE_FINISH)
		return u->phase == PHASE_GET ? "HEAD" : "DELETE";
	buf_str(&u->form, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < r->parts_n; i++) {
		buf_fmt(&u->form, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		add_escaped(&u->form, r->parts[i].etag);
		buf_str(&u->form, "</ETag></Part>");
	}
	buf_str(&u->form, "</CompleteMultipartUpload>");
	return "POST";
}
