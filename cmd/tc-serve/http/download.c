#include "http/download.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"
#include "http/call.h"
#include "http/suspend.h"
#include "serve.h"

/* Bytes a second of a slow download; how long a stalled one sends nothing. */
enum { SLOW_RATE = 256 << 10, BLOCK = 64 << 10, EARLY = 1000, LATE = 10 };
#define STALL (3600 * SECOND)

/* The bits in which a second version's bytes differ from the first's. */
enum { OTHER_VERSION = 0x55 };

/* A body being sent. Owned by the response. */
struct body {
	struct serve *serve;
	struct MHD_Connection *conn;
	int fd;
	int64_t at, size; /* in the file */
	unsigned char other;
	enum fault fault;
	int64_t due;
};

static const struct {
	const char *name;
	enum range_habit habit;
} habits[] = {
	{"ignore", RANGE_IGNORE},  {"early", RANGE_EARLY},
	{"late", RANGE_LATE},      {"total", RANGE_TOTAL},
	{"416", RANGE_416},        {"no-validator", RANGE_NO_VALIDATOR},
	{"weak-etag", RANGE_WEAK}, {"200-on-if-range", RANGE_IF_RANGE},
};

const char *
download_habits(unsigned *range, const char *text)
{
	for (size_t n; *text; text += n + (text[n] == ',')) {
		size_t i = 0;
		n = strcspn(text, ",");
		while (i < sizeof habits / sizeof *habits &&
		       !span_is((struct span){text, n}, habits[i].name))
			i++;
		if (i == sizeof habits / sizeof *habits)
			return "expected ignore, early, late, total, 416, no-validator, weak-etag "
			       "or 200-on-if-range";
		*range |= habits[i].habit;
	}
	return NULL;
}

/* Read a number of 1 to 18 digits. Return false if there is no digit. */
static bool
number(const char **p, int64_t *out)
{
	size_t n = strspn(*p, "0123456789");
	if (n == 0 || n > 18)
		return false;
	*out = strtoll(*p, NULL, 10);
	*p += n;
	return true;
}

enum range { RANGE_NONE, RANGE_OK, RANGE_BAD };

/* Read one range (RFC 9110 section 14.1.2). Anything else is ignored, which the RFC allows. */
static enum range
parse_range(const char *text, int64_t size, int64_t *from, int64_t *to)
{
	if (!text || strncmp(text, "bytes=", 6) != 0)
		return RANGE_NONE;
	const char *p = text + 6;
	bool first = number(&p, from);
	if (*p++ != '-')
		return RANGE_NONE;
	bool last = number(&p, to);
	if (*p || (!first && !last))
		return RANGE_NONE;
	if (!first) { /* the last *to bytes */
		*from = *to < size ? size - *to : 0;
		bool none = *to == 0 || size == 0;
		*to = size - 1;
		return none ? RANGE_BAD : RANGE_OK;
	}
	if (last && *to < *from)
		return RANGE_NONE;
	if (!last || *to >= size)
		*to = size - 1;
	return *from < size ? RANGE_OK : RANGE_BAD;
}

/* Return the Range header, or NULL if If-Range or --range says to ignore it. */
static const char *
range_text(const struct call *c, const char *etag)
{
	unsigned habit = c->serve->download.range;
	const char *if_range = call_header(c, "If-Range");
	bool other = if_range && (habit & RANGE_IF_RANGE || strcmp(if_range, etag) != 0);
	return other || habit & RANGE_IGNORE ? NULL : call_header(c, "Range");
}

static void
refuse(struct call *c, int status, const char *why)
{
	close(c->file_fd);
	c->file_fd = -1;
	call_error(c, status, why);
}

static void
set_range(struct call *c, int64_t size, const char *etag)
{
	unsigned habit = c->serve->download.range;
	int64_t from = 0, to = size - 1, said = size + (habit & (RANGE_TOTAL | RANGE_416) ? 1 : 0);
	enum range range = parse_range(range_text(c, etag), size, &from, &to);
	if (range == RANGE_BAD || (range == RANGE_OK && habit & RANGE_416)) {
		refuse(c, 416, "the range is outside the file");
		call_set(c, "Content-Range", "bytes */%lld", (long long)said);
		return;
	}
	if (range == RANGE_OK && habit & RANGE_EARLY)
		from = from > EARLY ? from - EARLY : 0;
	if (range == RANGE_OK && habit & RANGE_LATE)
		from = from + LATE < to ? from + LATE : to;
	c->status = range == RANGE_OK ? 206 : 200;
	c->file_at = from;
	c->file_size = to - from + 1;
	if (range == RANGE_OK)
		call_set(c, "Content-Range", "bytes %lld-%lld/%lld", (long long)from, (long long)to,
			 (long long)said);
}

/* Return what the bytes of files are XORed with: 0 before --change-after downloads. */
static unsigned char
version_of(const struct serve *s)
{
	long after = s->download.change_after;
	return after && s->stats.by_kind[KIND_DOWNLOAD] > after ? OTHER_VERSION : 0;
}

static ssize_t
read_version(int fd, unsigned char other, int64_t at, char *to, size_t n)
{
	ssize_t got;
	while ((got = pread(fd, to, n, (off_t)at)) < 0 && errno == EINTR)
		continue;
	for (ssize_t i = 0; other && i < got; i++)
		to[i] = (char)((unsigned char)to[i] ^ other);
	return got;
}

/* Add the checksum headers. They are of the whole file; Content-MD5, which is of the body, is only
 * sent with all of it. */
static void
add_checksums(struct call *c)
{
	struct hash *h = hash_new(HASH_SHA256 | HASH_MD5 | HASH_CRC32C);
	struct hash_sums sums;
	struct buf sha = {0}, md5 = {0}, crc = {0};
	char *block = mem_alloc(BLOCK);
	ssize_t n;
	for (int64_t at = 0; (n = read_version(c->file_fd, c->file_other, at, block, BLOCK)) > 0;
	     at += n)
		hash_add(h, block, (size_t)n);
	hash_end(h, &sums);
	base64_encode(&sha, (struct span){(const char *)sums.sha256, sizeof sums.sha256});
	base64_encode(&md5, (struct span){(const char *)sums.md5, sizeof sums.md5});
	base64_encode(&crc, (struct span){(const char *)sums.crc32c, sizeof sums.crc32c});
	call_set(c, "x-goog-hash", "crc32c=%s,md5=%s", buf_cstr(&crc), buf_cstr(&md5));
	call_set(c, "Repr-Digest", "sha-256=:%s:", buf_cstr(&sha));
	if (c->status == 200)
		call_set(c, "Content-MD5", "%s", buf_cstr(&md5));
	buf_free(&sha), buf_free(&md5), buf_free(&crc);
	free(block);
	hash_free(h);
}

static void
redirect_to_itself(struct call *c)
{
	const char *expires = call_arg(c, "expires"), *sig = call_arg(c, "sig");
	call_set(c, "Location", "%s%s%s%s%s", c->path, expires ? "?expires=" : "",
		 expires ? expires : "", sig ? "&sig=" : "", sig ? sig : "");
}

/* Draw a fault. Return true if it answered the call in place of the file. */
static bool
spoilt(struct call *c)
{
	static const int statuses[] = {
		[FAULT_FILE_403] = 403,      [FAULT_FILE_404] = 404,
		[FAULT_FILE_503] = 503,      [FAULT_FILE_507] = 507,
		[FAULT_FILE_REDIRECT] = 302, [FAULT_FILE_REDIRECT_FILE] = 302};
	enum fault fault = fault_draw_file(&c->serve->faults);
	c->file_fault = fault;
	if (fault != FAULT_NONE)
		c->serve->stats.faults++;
	if (fault < FAULT_FILE_403 || fault > FAULT_FILE_REDIRECT_FILE)
		return false;
	refuse(c, statuses[fault], "fault on request");
	if (fault == FAULT_FILE_503)
		call_set(c, "Retry-After", "1");
	if (fault == FAULT_FILE_REDIRECT)
		redirect_to_itself(c);
	if (fault == FAULT_FILE_REDIRECT_FILE)
		call_set(c, "Location", "file:///etc/passwd");
	return true;
}

void
download_send(struct call *c, int fd, const char *type)
{
	const struct download_options *o = &c->serve->download;
	struct buf etag = {0};
	struct stat st;
	c->file_fd = fd;
	c->serve->stats.by_kind[KIND_DOWNLOAD]++;
	if (spoilt(c))
		return;
	if (fstat(fd, &st) != 0) {
		refuse(c, 500, "the file cannot be read");
		return;
	}
	c->type = type;
	c->file_other = version_of(c->serve);
	if (c->file_etag && !c->file_other)
		buf_str(&etag, c->file_etag);
	else
		buf_fmt(&etag, "%s\"%llx-%llx%s\"", o->range & RANGE_WEAK ? "W/" : "",
			(unsigned long long)st.st_size, (unsigned long long)st.st_mtime,
			c->file_other ? "-2" : "");
	call_set(c, "Accept-Ranges", "bytes");
	if (!(o->range & RANGE_NO_VALIDATOR))
		call_set(c, "ETag", "%s", buf_cstr(&etag));
	if (o->disposition)
		call_set(c, "Content-Disposition", "attachment; filename=\"%s\"", o->disposition);
	if (c->file_fault == FAULT_FILE_GZIP)
		call_set(c, "Content-Encoding", "gzip");
	set_range(c, st.st_size, buf_cstr(&etag));
	c->serve->stats.ranges += c->status == 206;
	if (c->file_fd >= 0 && o->checksums)
		add_checksums(c);
	if (c->file_fault == FAULT_FILE_SHORT)
		c->file_size /= 2;
	buf_free(&etag);
}

/* Have the close reset the connection, so that the peer loses what it has not read. */
static void
reset_at_close(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	if (info)
		(void)setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Apply the fault after half of the body. Return 1 to go on, else what the reader returns. */
static ssize_t
half_way(struct body *b)
{
	switch (b->fault) {
	case FAULT_FILE_RESET:
		reset_at_close(b->conn);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	case FAULT_FILE_TRUNCATE:
		return MHD_CONTENT_READER_END_WITH_ERROR;
	case FAULT_FILE_STALL:
		b->fault = FAULT_NONE; /* once */
		suspend_until(b->serve, b->conn, clock_now() + STALL);
		return 0;
	default:
		return 1;
	}
}

/* Return how many bytes may go now: never past the middle, where the fault comes. */
static size_t
piece(const struct body *b, int64_t at, size_t max)
{
	int64_t half = b->size / 2, left = at < half ? half - at : b->size - at;
	if (b->fault == FAULT_FILE_SLOW && left > SLOW_RATE / 8)
		left = SLOW_RATE / 8;
	return left < (int64_t)max ? (size_t)left : max;
}

static ssize_t
read_body(void *cls, uint64_t at, char *to, size_t max)
{
	struct body *b = cls;
	int64_t half = b->size / 2, now = b->fault == FAULT_FILE_SLOW ? clock_now() : 0;
	ssize_t go = (int64_t)at >= half ? half_way(b) : 1;
	if (go != 1)
		return go;
	if (now < b->due) {
		suspend_until(b->serve, b->conn, b->due);
		return 0;
	}
	ssize_t n =
		read_version(b->fd, b->other, b->at + (int64_t)at, to, piece(b, (int64_t)at, max));
	if (n <= 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (b->fault == FAULT_FILE_WRONG && (int64_t)at <= half && half < (int64_t)at + n)
		to[half - (int64_t)at] ^= 1;
	if (now)
		b->due = now + n * SECOND / SLOW_RATE;
	b->serve->stats.bytes_out += n;
	return n;
}

static void
free_body(void *cls)
{
	struct body *b = cls;
	close(b->fd);
	free(b);
}

struct MHD_Response *
download_response(struct call *c)
{
	struct body *b = mem_zero(sizeof *b);
	*b = (struct body){.serve = c->serve,
			   .conn = c->conn,
			   .fd = c->file_fd,
			   .at = c->file_at,
			   .size = c->file_size,
			   .other = c->file_other,
			   .fault = c->file_fault};
	c->file_fd = -1;
	struct MHD_Response *r = MHD_create_response_from_callback((uint64_t)b->size, BLOCK,
								   read_body, b, free_body);
	if (!r)
		free_body(b);
	return r;
}
