#include "key.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "json/json.h"
#include "json/template.h"

enum { DIGEST_HEX = 64, SHOWN = 200 };

/* Return the source that a body names, or NULL. The caller frees. */
static char *
source_of(const struct profile *p, struct span body)
{
	struct span v;
	char *s = json_at(body, p->source_url, &v) ? json_text(v) : NULL;
	if (!s && json_at(body, p->source_path, &v))
		s = json_text(v);
	return s;
}

static void
default_key(struct request_plan *plan, struct span body, struct buf *out)
{
	struct buf text = {0};
	if (plan->pool_key) {
		buf_fmt(&text, "%s\n", plan->pool_key);
		buf_span(&text, body);
		body = buf_all(&text);
	}
	uint64_t n = seen_count(&plan->keys, body);
	if (n > 1) { /* the same line again is another job */
		if (!text.n)
			buf_span(&text, body);
		buf_fmt(&text, "\n%llu", (unsigned long long)n);
		body = buf_all(&text);
	}
	sha256_hex(out, body);
	buf_free(&text);
}

char *
key_source(const struct profile *p, const struct record *r, struct span body)
{
	struct span v;
	char *input = r->kind == RECORD_RECORD && json_get(r->value, "input", &v) == 1
			      ? json_text(v)
			      : NULL;
	if (input && *input)
		return input;
	free(input);
	return source_of(p, body);
}

static const char *
template_key(const struct request_plan *plan, const struct record *r, const struct item *it,
	     struct span body, const char *source, struct buf *out)
{
	char *url = source_of(plan->profile, body);
	struct template_value values[] = {{.name = "batch", .value = plan->o->batch},
					  {.name = "url", .value = url}};
	struct template_args args = {
		.values = values, .values_n = 2, .index = it->index, .objects = {r->value, body}};
	struct span fill;
	if (source)
		args.source = span_of(source);
	const char *why =
		template_once(plan->o->key, TEMPLATE_NAMES | TEMPLATE_SOURCE, &args, out, &fill);
	free(url);
	if (why)
		return "the key template names something this line does not have";
	return out->n ? NULL : "the key is empty";
}

/* Shorten a key that is over the limit to as much as fits, and the SHA-256 of all of it. */
static void
shorten(struct buf *key, size_t max)
{
	struct buf hex = {0};
	if (key->n <= max)
		return;
	sha256_hex(&hex, buf_all(key));
	if (max <= DIGEST_HEX + 1) {
		key->n = 0;
		buf_add(key, hex.p, max < hex.n ? max : hex.n);
	} else {
		key->n = max - DIGEST_HEX - 1;
		while (key->n && (key->p[key->n] & 0xc0) == 0x80) /* not within a character */
			key->n--;
		buf_ch(key, '_');
		buf_span(key, buf_all(&hex));
	}
	buf_free(&hex);
}

static bool
fits_header(const struct buf *key)
{
	for (size_t i = 0; i < key->n; i++)
		if (key->p[i] <= ' ' || key->p[i] > '~')
			return false;
	return true;
}

void
key_apply(const struct profile *p, struct buf *key, struct request *out)
{
	if (p->key_pointer || p->key_header)
		shorten(key, (size_t)p->key_max);
	if (p->key_header && !fits_header(key)) {
		struct buf hex = {0};
		sha256_hex(&hex, buf_all(key));
		buf_free(key);
		*key = hex;
	}
	free(out->key);
	out->key = mem_dup(buf_all(key));
	if (p->key_pointer)
		json_set_string(&out->body, p->key_pointer, out->key);
	if (p->key_pointer && out->sent.n)
		json_set_string(&out->sent, p->key_pointer, out->key);
	if (p->key_header) {
		struct buf line = {0};
		buf_fmt(&line, "%s: %s", p->key_header, out->key);
		free(out->header);
		out->header = mem_dup(buf_all(&line));
		buf_free(&line);
	}
}

/* Refuse a key that was used for another request: the service would return that one's job. */
static const char *
taken_key(struct request_plan *plan, const struct item *it, struct span body, const struct buf *key)
{
	size_t first;
	if (keybook_note(&plan->chosen, buf_all(key), body, it->index, &first))
		return NULL;
	plan->why.n = 0;
	buf_fmt(&plan->why,
		"the key \"%.*s\" is that of line %zu, whose request differs: choose distinct keys "
		"(-k)",
		(int)(key->n < SHOWN ? key->n : SHOWN), key->p, first + 1);
	return buf_cstr(&plan->why);
}

const char *
key_make(struct request_plan *plan, const struct record *r, const struct item *it, struct span body,
	 struct buf *out)
{
	const struct profile *p = plan->profile;
	struct span v;
	const char *why = NULL;
	char *own = p->key_pointer && json_at(body, p->key_pointer, &v) ? json_text(v) : NULL;
	bool chosen = true;
	if (own && *own) {
		buf_str(out, own);
	} else if (plan->o->key || plan->o->batch) {
		char *source = key_source(p, r, body);
		if (plan->o->key)
			why = template_key(plan, r, it, body, source, out);
		else if (source)
			buf_fmt(out, "%s_%s", plan->o->batch, source);
		else
			why = "the line names no source to make a key from: use -k";
		free(source);
	} else {
		default_key(plan, body, out);
		chosen = false;
	}
	free(own);
	return why || !chosen ? why : taken_key(plan, it, body, out);
}
