#include "api/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/digest.h"
#include "http/call.h"
#include "http/http.h"
#include "serve.h"

static const char algorithm[] = "AWS4-HMAC-SHA256", in_query[] = "X-Amz-Signature";

/* The claim of a request: what its signature is made of. Borrowed from the call. */
struct claim {
	struct span credential, scope, names, sig;
	const char *date, *payload;
	int64_t life; /* of a URL, else -1 */
};

bool
sigv4_is(const struct call *c)
{
	const char *h = call_header(c, "Authorization");
	return (h && strncmp(h, algorithm, sizeof algorithm - 1) == 0) || call_arg(c, in_query);
}

/* Return a value out of the Authorization header, such as that of "Signature=". */
static struct span
field(const char *header, const char *name)
{
	const char *p = strstr(header, name);
	return p ? (struct span){p + strlen(name), strcspn(p + strlen(name), ", ")}
		 : (struct span){0};
}

static struct span
arg(const struct call *c, const char *name)
{
	const char *text = call_arg(c, name);
	return text ? span_of(text) : (struct span){0};
}

/* Read the claim. Return false if something is missing. */
static bool
read_claim(const struct call *c, struct claim *k)
{
	const char *h = call_header(c, "Authorization"),
		   *hash = call_header(c, "x-amz-content-sha256");
	if (call_arg(c, in_query)) {
		struct span life = arg(c, "X-Amz-Expires");
		*k = (struct claim){.credential = arg(c, "X-Amz-Credential"),
				    .names = arg(c, "X-Amz-SignedHeaders"),
				    .sig = arg(c, in_query),
				    .date = call_arg(c, "X-Amz-Date"),
				    .payload = hash ? hash : "UNSIGNED-PAYLOAD",
				    .life = life.n ? strtoll(life.p, NULL, 10) * SECOND : 0};
	} else {
		*k = (struct claim){.credential = field(h, "Credential="),
				    .names = field(h, "SignedHeaders="),
				    .sig = field(h, "Signature="),
				    .date = call_header(c, "x-amz-date"),
				    .payload = hash ? hash : "",
				    .life = -1};
	}
	const char *slash = k->credential.n ? memchr(k->credential.p, '/', k->credential.n) : NULL;
	if (!slash || !k->date)
		return false;
	k->scope =
		(struct span){slash + 1, k->credential.n - (size_t)(slash + 1 - k->credential.p)};
	return true;
}

struct pair {
	char *name, *value; /* encoded; owned */
};

struct pairs {
	struct pair *v;
	size_t n;
};

static char *
encoded(const char *text)
{
	struct buf b = {0};
	http_escape(&b, span_of(text));
	return buf_take(&b);
}

static void
collect(void *ctx, const char *name, const char *value)
{
	struct pairs *l = ctx;
	if (strcmp(name, in_query) == 0)
		return;
	l->v = mem_room(l->v, l->n, sizeof *l->v);
	l->v[l->n++] = (struct pair){encoded(name), encoded(value)};
}

static int
by_name(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->value, y->value);
}

/* Append the query as it was signed: without the signature, encoded and sorted. */
static void
add_query(const struct call *c, struct buf *out)
{
	struct pairs l = {0};
	call_each_arg(c, collect, &l);
	if (l.n)
		qsort(l.v, l.n, sizeof *l.v, by_name);
	for (size_t i = 0; i < l.n; i++) {
		buf_fmt(out, "%s%s=%s", i ? "&" : "", l.v[i].name, l.v[i].value);
		free(l.v[i].name);
		free(l.v[i].value);
	}
	free(l.v);
}

/* Append a header's value without spaces around it, each run of spaces as one. */
static void
add_value(struct buf *out, const char *value)
{
	for (value += strspn(value, " "); *value; value++)
		if (*value != ' ' || (value[1] && value[1] != ' '))
			buf_ch(out, *value);
}

static void
add_headers(const struct call *c, struct buf *out, struct span names)
{
	for (size_t at = 0, n; at < names.n; at += n + 1) {
		const char *semicolon = memchr(names.p + at, ';', names.n - at);
		n = semicolon ? (size_t)(semicolon - names.p) - at : names.n - at;
		char *name = mem_dup((struct span){names.p + at, n});
		const char *value = call_header(c, name);
		buf_fmt(out, "%s:", name);
		add_value(out, value ? value : "");
		buf_ch(out, '\n');
		free(name);
	}
}

/* Derive the key of a day, region and service from the secret (AWS General Reference, "Signature
 * Version 4"). */
static void
signing_key(unsigned char key[32], struct span secret, struct span scope)
{
	struct buf first = {0};
	buf_str(&first, "AWS4");
	buf_span(&first, secret);
	struct span k = buf_all(&first);
	for (size_t at = 0, n; at < scope.n; at += n + 1) {
		unsigned char next[32];
		const char *slash = memchr(scope.p + at, '/', scope.n - at);
		n = slash ? (size_t)(slash - scope.p) - at : scope.n - at;
		sha256_hmac(next, k, (struct span){scope.p + at, n});
		memcpy(key, next, sizeof next);
		k = (struct span){(const char *)key, 32};
	}
	buf_free(&first);
}

static bool
is_good(const struct call *c, const struct claim *k)
{
	struct buf request = {0}, text = {0}, good = {0};
	unsigned char key[32];
	buf_fmt(&request, "%s\n", c->method);
	http_escape_path(&request, span_of(c->path));
	buf_ch(&request, '\n');
	add_query(c, &request);
	buf_ch(&request, '\n');
	add_headers(c, &request, k->names);
	buf_fmt(&request, "\n%.*s\n%s", (int)k->names.n, k->names.p, k->payload);
	buf_fmt(&text, "%s\n%s\n%.*s\n", algorithm, k->date, (int)k->scope.n, k->scope.p);
	sha256_hex(&text, buf_all(&request));
	signing_key(key, c->serve->key.n ? buf_all(&c->serve->key) : span_of("local"), k->scope);
	sha256_hmac_hex(&good, (struct span){(const char *)key, sizeof key}, buf_all(&text));
	bool same = digest_same(buf_all(&good), k->sig);
	buf_free(&request), buf_free(&text), buf_free(&good);
	return same;
}

/* Return the wall time of 20260228T100000Z, or -1. */
static int64_t
time_of(const char *text)
{
	int y, mo, d, h, mi, s;
	if (sscanf(text, "%4d%2d%2dT%2d%2d%2dZ", &y, &mo, &d, &h, &mi, &s) != 6 || mo < 1 ||
	    mo > 12)
		return -1;
	return (((date_days(y, mo, d) * 24 + h) * 60 + mi) * 60 + s) * SECOND;
}

const char *
sigv4_error(const struct call *c)
{
	struct claim k;
	if (!read_claim(c, &k) || !is_good(c, &k))
		return "SignatureDoesNotMatch";
	if (k.life >= 0 && clock_wall() > time_of(k.date) + k.life)
		return "AccessDenied"; /* S3's code for a URL that has expired */
	return NULL;
}
