#include "api/multipart.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/object.h"
#include "base/digest.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/xml.h"
#include "http/call.h"
#include "http/sign.h"
#include "http/take.h"
#include "serve.h"

enum { PART_MIN = 5 << 20, PARTS_MAX = 10000, BLOCK = 1 << 20, ETAG_MAX = 64 };

bool
multipart_is(const struct call *c)
{
	return call_arg(c, "uploadId") || call_arg(c, "uploads");
}

/* Append DIR/multipart/ID[/NAME]. Return false if ID is not one that this server makes. */
static bool
upload_path(const struct call *c, struct buf *out, const char *id, const char *name)
{
	if (!*id || id[strspn(id, "0123456789abcdef")])
		return false;
	buf_fmt(out, "%s/multipart/%s%s%s", c->serve->dir, id, name ? "/" : "", name ? name : "");
	return true;
}

/* Return true if the upload exists and is for this object. */
static bool
is_known(const struct call *c, const char *id)
{
	struct buf path = {0}, key = {0}, object = {0};
	bool known = id && upload_path(c, &path, id, "key") &&
		     buf_read_file(&key, buf_cstr(&path), 1 << 16) == 0 &&
		     object_path(c, &object) && span_is(buf_all(&key), buf_cstr(&object));
	buf_free(&path), buf_free(&key), buf_free(&object);
	return known;
}

/* Write a small file. */
static bool
keep(const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && io_write_all(fd, text, NULL) >= 0;
	return (fd < 0 || close(fd) == 0) && ok;
}

static void
create(struct call *c)
{
	struct buf id = {0}, dir = {0}, key = {0}, object = {0};
	random_hex(&id, 16);
	buf_fmt(&dir, "%s/multipart", c->serve->dir);
	mkdir(buf_cstr(&dir), 0700);
	dir.n = 0;
	upload_path(c, &dir, buf_cstr(&id), NULL);
	upload_path(c, &key, buf_cstr(&id), "key");
	if (!object_path(c, &object)) {
		object_refuse(c, 400, "InvalidArgument");
	} else if (mkdir(buf_cstr(&dir), 0700) != 0 || !keep(buf_cstr(&key), buf_all(&object))) {
		object_refuse(c, 500, "InternalError");
	} else {
		c->serve->stats.uploads++;
		buf_fmt(call_json(c, 200),
			"<?xml version=\"1.0\"?>\n<InitiateMultipartUploadResult><UploadId>%s"
			"</UploadId></InitiateMultipartUploadResult>",
			buf_cstr(&id));
		c->type = "application/xml";
	}
	buf_free(&id), buf_free(&dir), buf_free(&key), buf_free(&object);
}

static void
part_end(struct call *c)
{
	struct buf name = {0}, path = {0}, etag = {0};
	const char *id = call_arg(c, "uploadId");
	take_etag(c, &etag);
	buf_fmt(&name, "%ld", strtol(call_arg(c, "partNumber"), NULL, 10));
	upload_path(c, &path, id, buf_cstr(&name));
	if (c->put_size != c->put_max) {
		object_refuse(c, 400, "IncompleteBody");
	} else if (!is_known(c, id)) {
		object_refuse(c, 404, "NoSuchUpload");
	} else if (take_keep(c, buf_cstr(&path))) {
		buf_str(&path, ".etag");
		if (!keep(buf_cstr(&path), buf_all(&etag))) {
			object_refuse(c, 500, "InternalError");
		} else {
			c->status = 200;
			c->serve->stats.parts++;
			call_set(c, "ETag", "%s", buf_cstr(&etag));
		}
	}
	buf_free(&name), buf_free(&path), buf_free(&etag);
}

void
multipart_begin(struct call *c)
{
	const char *n = call_arg(c, "partNumber");
	long number = n ? strtol(n, NULL, 10) : 0;
	if (!is_known(c, call_arg(c, "uploadId")))
		object_refuse(c, 404, "NoSuchUpload");
	else if (number < 1 || number > PARTS_MAX)
		object_refuse(c, 400, "InvalidArgument");
	else
		take_new(c, object_length(c), part_end);
}

/* Remove an upload with its parts. */
static void
forget(const struct call *c, const char *id)
{
	struct buf dir = {0};
	upload_path(c, &dir, id, NULL);
	DIR *d = opendir(buf_cstr(&dir));
	for (struct dirent *e; d && (e = readdir(d));)
		if (*e->d_name != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	(void)rmdir(buf_cstr(&dir)); /* best effort: a leftover file does no harm */
	buf_free(&dir);
}

/* An object being joined from its parts. */
struct joined {
	int fd;
	int64_t size, tail; /* tail: of its last part */
	struct hash *hash;  /* of the parts' MD5s */
	long parts, last;
};

/* Append a part; holes stay holes. Return NULL, or S3's code for what is wrong. */
static const char *
append(struct joined *j, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *block = mem_alloc(BLOCK);
	const char *why = fd < 0 ? "InvalidPart" : NULL;
	ssize_t n = 0;
	while (!why && (n = read(fd, block, BLOCK)) > 0) {
		bool hole = *block == 0 && memcmp(block, block + 1, (size_t)n - 1) == 0;
		if (!hole && io_pwrite_all(j->fd, (struct span){block, (size_t)n}, j->size) < 0)
			why = "InternalError";
		j->size += n;
	}
	free(block);
	if (fd >= 0)
		close(fd);
	return n < 0 ? "InternalError" : why;
}

/* Return the ETag without its quotes, which a client may have escaped. */
static struct span
unquoted(struct span etag)
{
	static const char escaped[] = "&quot;";
	size_t n = sizeof escaped - 1;
	if (etag.n > 2 * n && memcmp(etag.p, escaped, n) == 0)
		return (struct span){etag.p + n, etag.n - 2 * n};
	return etag.n > 2 && *etag.p == '"' ? (struct span){etag.p + 1, etag.n - 2} : etag;
}

/* Return whether this is the part's ETag, and add its MD5 to the object's. */
static bool
etag_is(struct joined *j, struct span said, const char *path)
{
	struct buf etag = {0};
	said = unquoted(said);
	bool same = buf_read_file(&etag, path, ETAG_MAX) == 0 && etag.n == 34 && said.n == 32 &&
		    memcmp(said.p, etag.p + 1, 32) == 0;
	for (size_t i = 1; same && i < 33; i += 2) {
		char hex[3] = {etag.p[i], etag.p[i + 1], '\0'};
		unsigned char byte = (unsigned char)strtoul(hex, NULL, 16);
		hash_add(j->hash, &byte, 1);
	}
	buf_free(&etag);
	return same;
}

/*
 * Append the part that an element of the request names. Return NULL, or S3's
 * code for what is wrong.
 */
static const char *
join_one(struct call *c, struct joined *j, const char *at, const char *end)
{
	struct span part = {at, (size_t)(end - at)};
	struct span number = xml_text(part, "PartNumber"), etag = xml_text(part, "ETag");
	struct buf name = {0}, path = {0}, sum = {0};
	long n = number.n ? strtol(number.p, NULL, 10) : 0;
	int64_t before = j->size;
	const char *why;
	buf_fmt(&name, "%ld", n);
	upload_path(c, &path, call_arg(c, "uploadId"), buf_cstr(&name));
	buf_fmt(&sum, "%s.etag", buf_cstr(&path));
	if (n <= j->last)
		why = "InvalidPartOrder";
	else if (j->parts && j->tail < PART_MIN)
		why = "EntityTooSmall";
	else if (!etag_is(j, etag, buf_cstr(&sum)))
		why = "InvalidPart";
	else
		why = append(j, buf_cstr(&path));
	j->tail = j->size - before;
	j->last = n;
	j->parts++;
	buf_free(&name), buf_free(&path), buf_free(&sum);
	return why;
}

/* Join the parts that the request lists. Return NULL, or S3's code for what is wrong. */
static const char *
join(struct call *c, struct joined *j)
{
	const char *p = buf_cstr(&c->body), *end, *why = NULL;
	while (!why && (p = strstr(p, "<Part>")) != NULL && (end = strstr(p, "</Part>")) != NULL) {
		why = join_one(c, j, p, end);
		p = end;
	}
	return !why && !j->parts ? "MalformedXML" : why;
}

/* Give the object its name and its ETag. */
static const char *
publish(struct call *c, struct joined *j, const char *temp)
{
	struct hash_sums sums;
	struct buf etag = {0}, object = {0};
	hash_end(j->hash, &sums);
	buf_ch(&etag, '"');
	digest_hex(&etag, sums.md5, sizeof sums.md5);
	buf_fmt(&etag, "-%ld\"", j->parts);
	bool ok = object_path(c, &object) && ftruncate(j->fd, (off_t)j->size) == 0 &&
		  rename(temp, buf_cstr(&object)) == 0;
	if (ok) {
		object_set_etag(c, buf_all(&etag));
		buf_fmt(call_json(c, 200),
			"<?xml version=\"1.0\"?>\n<CompleteMultipartUploadResult><ETag>%s</ETag>"
			"</CompleteMultipartUploadResult>",
			buf_cstr(&etag));
		c->type = "application/xml";
	}
	buf_free(&etag), buf_free(&object);
	return ok ? NULL : "InternalError";
}

/* Apply a fault of --fault-on put: 200 with an error, or no response although it was done. */
static bool
spoilt(struct call *c, enum fault fault)
{
	if (fault == FAULT_NONE)
		return false;
	c->serve->stats.faults++;
	if (fault == FAULT_PUT_ERROR_200)
		object_refuse(c, 200, "InternalError");
	else
		c->fault = FAULT_DROP_AFTER;
	return fault == FAULT_PUT_ERROR_200;
}

static void
complete(struct call *c, const char *id)
{
	struct buf temp = {0};
	struct joined j = {.hash = hash_new(HASH_MD5)};
	if (spoilt(c, fault_draw_complete(&c->serve->faults)))
		goto end;
	upload_path(c, &temp, id, "whole");
	j.fd = open(buf_cstr(&temp), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *why = j.fd < 0 ? "InternalError" : join(c, &j);
	if (!why)
		why = publish(c, &j, buf_cstr(&temp));
	if (j.fd >= 0)
		close(j.fd);
	if (why) {
		object_refuse(c, strcmp(why, "InternalError") == 0 ? 500 : 400, why);
		goto end;
	}
	c->serve->stats.confirms++;
	forget(c, id);
end:
	hash_free(j.hash);
	buf_free(&temp);
}

void
multipart_call(struct call *c)
{
	const char *id = call_arg(c, "uploadId");
	if (!id && strcmp(c->method, "POST") == 0) {
		create(c);
	} else if (!is_known(c, id)) {
		object_refuse(c, 404, "NoSuchUpload");
	} else if (strcmp(c->method, "POST") == 0) {
		complete(c, id);
	} else if (strcmp(c->method, "DELETE") == 0) {
		forget(c, id);
		c->serve->stats.aborts++;
		c->status = 204;
	} else {
		object_refuse(c, 501, "NotImplemented");
	}
}
