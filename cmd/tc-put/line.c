#define _XOPEN_SOURCE 700 /* realpath() */

/* Reads a line: its file, its type and key, and its destination. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/utf8.h"
#include "put.h"
#include "json/json.h"

static void
refuse(struct upload *u, const char *why)
{
	u->line.why = why;
	item_reject(&u->put->service.flow, &u->step.item, &u->line);
}

/* Return the path of a file: URL (RFC 8089) of this host, or NULL. The caller frees. */
static char *
file_url_path(const char *url)
{
	const char *p = url + strlen("file://");
	struct buf b = {0};
	if (strncasecmp(p, "localhost/", 10) == 0)
		p += 9;
	if (*p != '/')
		return NULL;
	http_unescape_text(&b, span_of(p));
	char *path = mem_dup(buf_all(&b));
	buf_free(&b);
	return path;
}

/* Take a line that begins like JSON but is not for the name of a file, if there is one. */
static void
take_odd_name(struct upload *u)
{
	struct span s = u->line.line;
	bool bare = u->line.kind == RECORD_BAD && s.n && (*s.p == '{' || *s.p == '"') &&
		    !u->line.value.n && !memchr(s.p, '\0', s.n);
	if (bare && access(s.p, F_OK) == 0) {
		u->line.kind = RECORD_BARE;
		u->line.text = mem_dup(s);
	}
}

/* Take a line as a name, whatever it looks like (-0). */
static void
take_raw(struct upload *u)
{
	struct span s = u->step.item.line;
	u->line = (struct record){.kind = RECORD_BARE, .line = s};
	if (u->step.item.too_long || !s.n) {
		u->line.kind = RECORD_BAD;
		u->line.why = s.n ? "the line is over 32 MiB" : "the line is empty";
		return;
	}
	for (size_t i = 0, n; i < s.n; i += n)
		if ((n = utf8_length(s.p + i, s.n - i)) == 0) {
			u->line.kind = RECORD_BAD;
			u->line.why = "the name is not UTF-8: rename the file";
			return;
		}
	u->line.text = mem_dup(s);
}

/* Return what the line names, or NULL with the record set to RECORD_BAD. The caller frees. */
static char *
source_text(struct upload *u)
{
	struct record *r = &u->line;
	if (r->kind == RECORD_BARE)
		return mem_dup(span_of(r->text));
	char *s = record_text(r, "file");
	if (!s && r->kind != RECORD_BAD)
		s = record_text(r, "input");
	if (!s && r->kind != RECORD_BAD) {
		r->kind = RECORD_BAD;
		r->why = "the line names no file: it has neither file nor input";
	}
	if (r->kind == RECORD_BAD) {
		free(s);
		return NULL;
	}
	return s;
}

/* Return the MIME type: -t, the profile's for the extension, or application/octet-stream. The
 * caller frees. */
static char *
type_of(const struct upload *u)
{
	const struct strings *types = &u->put->profile->types;
	struct span ext = path_ext(path_base(span_of(u->path)));
	if (put_options.type)
		return mem_dup(span_of(put_options.type));
	for (size_t i = 0; i < types->n; i++) {
		size_t n = strcspn(types->v[i], ":");
		if (n == ext.n && strncasecmp(types->v[i], ext.p, n) == 0)
			return mem_dup(span_of(types->v[i] + n + 2));
	}
	return mem_dup(span_of("application/octet-stream"));
}

char *
line_key(const struct upload *u)
{
	const struct source *s = &u->source;
	struct buf text = {0}, hex = {0};
	struct service *v = &u->put->service;
	buf_fmt(&text, "%s\n%s\n", u->location ? "" : v->profile->name,
		u->location ? u->location : v->base_url);
	if (u->location)
		buf_fmt(&text, "%s\n", bucket_target(u->put->bucket));
	if (put_options.checksum)
		buf_fmt(&text, "sha256 %s\n", s->sha256);
	else
		buf_fmt(&text, "%s\n%lld\n%lld.%09ld\n", u->absolute, (long long)s->size,
			(long long)s->modified.tv_sec, s->modified.tv_nsec);
	sha256_hex(&hex, buf_all(&text));
	char *key = mem_dup(buf_all(&hex));
	buf_free(&text);
	buf_free(&hex);
	return key;
}

/* Refuse an empty file, and one that is larger than the service allows. */
static bool
right_size(struct upload *u, struct failure *e)
{
	const struct upload_profile *p = u->put->profile;
	struct buf most = {0};
	if (u->location)
		return true;
	if (u->source.size == 0)
		failure_set(e, "invalid_input", false, "%s: the file is empty", u->path);
	bytes_show(&most, p->max);
	if (p->max > 0 && u->source.size > (int64_t)p->max)
		failure_set(e, "invalid_input", false,
			    "%s: %lld byte%s, and %s takes at most %lld (%s)", u->path,
			    (long long)u->source.size, u->source.size == 1 ? "" : "s",
			    u->put->service.profile->name, (long long)p->max, buf_cstr(&most));
	buf_free(&most);
	return !e->code;
}

/* Set up the upload of a file. Return false with e set if it cannot be sent. */
static bool
take_file(struct upload *u, struct failure *e)
{
	u->kind = u->put->profile->kind;
	if (strcmp(u->path, "-") == 0)
		failure_set(e, "invalid_input", false,
			    "-: standard input cannot be uploaded, because its size is unknown: "
			    "name a file");
	else if (source_look(u, e) && (!u->put->bucket || bucket_place(u, e)))
		(void)right_size(u, e);
	if (e->code)
		return false;
	u->absolute = realpath(u->path, NULL);
	if (!u->absolute)
		u->absolute = mem_dup(span_of(u->path));
	u->type = type_of(u);
	if (!put_options.checksum)
		u->key = line_key(u);
	return true;
}

static void
read_line(struct upload *u)
{
	if (put_options.null) {
		take_raw(u);
		return;
	}
	record_read(&u->line, &u->step.item);
	take_odd_name(u);
}

/* Set the file's path. Return false if the item has ended: a source of another scheme needs no
 * upload. */
static bool
take_source(struct upload *u)
{
	char *text = source_text(u);
	if (!text) {
		refuse(u, u->line.why);
		return false;
	}
	bool file_url = strncasecmp(text, "file://", 7) == 0;
	u->path = file_url ? file_url_path(text) : text;
	if (!file_url && url_has_scheme(text)) {
		output_passed(u);
		return false;
	}
	if (file_url)
		free(text);
	if (u->path && *u->path)
		return true;
	refuse(u,
	       file_url ? "a file: URL of another host, or without a path" : "the name is empty");
	return false;
}

void
line_admit(struct service *s, struct service_item *it)
{
	struct upload *u = upload_of(it);
	struct failure e = {0};
	u->put = put_of(s);
	u->source.fd = -1;
	u->remote.expires = u->expires = NEVER;
	read_line(u);
	if (u->line.kind == RECORD_BAD) {
		refuse(u, u->line.why);
		return;
	}
	if (u->line.kind == RECORD_RECORD && !u->line.ok) {
		item_pass_through(&s->flow, &it->item, &u->line);
		return;
	}
	if (!take_source(u))
		return;
	if (!take_file(u, &e)) {
		output_failed(u, &e);
	} else if (resume_known(u)) {
		output_known(u);
	} else {
		u->phase = put_options.checksum ? PHASE_HASH : PHASE_START;
		s->flow.counts.files.of += u->source.size;
		it->admitted_at = clock_now();
		flow_schedule(&s->flow, &it->item, 0);
	}
	failure_free(&e);
}
