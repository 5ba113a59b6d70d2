#include "http/take.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/hash.h"
#include "base/io.h"
#include "http/call.h"
#include "http/sign.h"
#include "http/suspend.h"
#include "serve.h"

/* Bytes a second of a slow upload; how long a stalled one is not read. */
enum { SLOW_RATE = 256 << 10 };
#define STALL (3600 * SECOND)

void
take_path(const struct call *c, struct buf *out, const char *name)
{
	buf_fmt(out, "%s/uploads/%s", c->serve->dir, name);
}

/* Draw a fault. Return true if it responded to the call instead of taking the body. */
static bool
spoilt(struct call *c)
{
	static const int statuses[] = {[FAULT_PUT_423] = 423,
				       [FAULT_PUT_460] = 460,
				       [FAULT_PUT_503] = 503,
				       [FAULT_PUT_507] = 507};
	enum fault fault = fault_draw_put(&c->serve->faults);
	c->serve->stats.by_kind[KIND_PUT]++;
	c->serve->stats.faults += fault != FAULT_NONE;
	c->put_fault = fault;
	if (fault < FAULT_PUT_423 || fault > FAULT_PUT_507)
		return false;
	call_error(c, statuses[fault], "fault on request");
	if (fault == FAULT_PUT_503)
		call_set(c, "Retry-After", "1");
	return true;
}

static bool
begin(struct call *c, int64_t max, void (*end)(struct call *c))
{
	if (c->put_fd < 0) {
		call_error(c, 500, "the upload cannot be stored");
		return false;
	}
	c->put_max = max;
	c->put_end = end;
	c->put_hash = hash_new(HASH_MD5);
	return true;
}

bool
take_new(struct call *c, int64_t max, void (*end)(struct call *c))
{
	struct buf path = {0};
	if (spoilt(c))
		return false;
	take_path(c, &path, "."); /* no upload's name starts with a dot */
	random_hex(&path, 8);
	c->put_fd = open(buf_cstr(&path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	c->put_name = buf_take(&path);
	return begin(c, max, end);
}

bool
take_append(struct call *c, const char *path, int64_t max, void (*end)(struct call *c))
{
	if (spoilt(c))
		return false;
	c->put_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return begin(c, max, end);
}

/* Apply the fault after half of the body. Return false if the connection is to be closed. */
static bool
half_way(struct call *c)
{
	if (c->put_size < c->put_max / 2)
		return true;
	if (c->put_fault == FAULT_PUT_403)
		call_error(c, 403, "fault on request");
	if (c->put_fault == FAULT_PUT_STALL)
		suspend_until(c->serve, c->conn, clock_now() + STALL);
	if (c->put_fault == FAULT_PUT_STALL || c->put_fault == FAULT_PUT_403)
		c->put_fault = FAULT_NONE; /* once */
	return c->put_fault != FAULT_PUT_RESET;
}

/* Write a piece; a hole stays a hole. */
static bool
is_zero(const char *p, size_t n)
{
	return n > 0 && *p == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* Take the next piece of the content. Return false if the connection is to be closed. */
static bool
take_content(struct call *c, const char *data, size_t n)
{
	c->put_size += (int64_t)n;
	c->serve->stats.bytes_in += (long long)n;
	if (c->put_size > c->put_max) {
		call_error(c, 400, "more bytes than were announced");
		return true;
	}
	bool hole = c->put_name && is_zero(data, n);
	if (hole ? lseek(c->put_fd, (off_t)n, SEEK_CUR) < 0
		 : io_write_all(c->put_fd, (struct span){data, n}, NULL) < 0) {
		call_error(c, 507, "the upload cannot be stored");
		return true;
	}
	hash_add(c->put_hash, data, n);
	if (c->put_fault == FAULT_PUT_SLOW)
		suspend_until(c->serve, c->conn, clock_now() + (int64_t)n * SECOND / SLOW_RATE);
	return half_way(c);
}

bool
take_data(struct call *c, const char *data, size_t n)
{
	struct span from = {data, n}, piece;
	bool bad = false, open = true;
	if (!c->put_chunked)
		return take_content(c, data, n);
	while (open && !c->status && (piece = chunks_next(&c->put_chunks, &from, &bad)).n)
		open = take_content(c, piece.p, piece.n);
	if (bad)
		call_error(c, 400, "the body is not aws-chunked");
	return open;
}

bool
take_keep(struct call *c, const char *path)
{
	if (ftruncate(c->put_fd, (off_t)c->put_size) == 0 && rename(c->put_name, path) == 0)
		return true;
	call_error(c, 500, "the upload cannot be stored");
	return false;
}

void
take_etag(struct call *c, struct buf *out)
{
	struct hash_sums sums;
	hash_end(c->put_hash, &sums);
	buf_ch(out, '"');
	digest_hex(out, sums.md5, sizeof sums.md5);
	buf_ch(out, '"');
}
