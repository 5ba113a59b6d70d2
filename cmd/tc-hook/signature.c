#include "signature.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/msg.h"
#include "base/secret.h"

enum { DIGEST = 32 };

struct secrets
secrets_load(const struct profile *p, const char *file)
{
	struct secrets s = {0};
	struct keys k = keys_find(file, p->hook_env);
	if (!k.n)
		msg_die(EXIT_BAD_CONFIG, "no secret for %s: set %s, or give --secret-file FILE",
			p->name, p->hook_env);
	s.v = mem_zero(k.n * sizeof *s.v);
	for (; s.n < k.n; s.n++) {
		size_t n = p->hook_key_prefix ? strlen(p->hook_key_prefix) : 0;
		const char *text = k.v[s.n];
		if (n && strncmp(text, p->hook_key_prefix, n) == 0)
			text += n;
		if (!p->hook_key_base64)
			buf_str(&s.v[s.n], text);
		else if (!base64_decode(&s.v[s.n], span_of(text)) || !s.v[s.n].n)
			msg_die(EXIT_BAD_CONFIG, "%s: secret %zu: expected %sBASE64",
				file ? file : p->hook_env, s.n + 1, n ? p->hook_key_prefix : "");
	}
	keys_free(&k);
	return s;
}

void
secrets_free(struct secrets *s)
{
	for (size_t i = 0; i < s->n; i++)
		buf_free(&s->v[i]);
	free(s->v);
	*s = (struct secrets){0};
}

/*
 * Return the value of the first part NAME=VALUE of the list after `after`
 * (NULL: from its start); p is NULL if the list has no such part.
 */
static struct span
part(const char *list, const char *separators, const char *name, const char *equals,
     const char *after)
{
	size_t n = strlen(name), sign = strlen(equals);
	for (const char *p = after ? after : list; *p;) {
		p += strspn(p, separators);
		size_t length = strcspn(p, separators);
		if (length > n + sign && strncmp(p, name, n) == 0 &&
		    strncmp(p + n, equals, sign) == 0)
			return (struct span){p + n + sign, length - n - sign};
		p += length;
	}
	return (struct span){0};
}

/*
 * Return the next signature in the header after `after` (NULL: the first); p is
 * NULL after the last.
 */
static struct span
next_signature(const struct profile *p, const char *header, const char *after)
{
	if (p->hook_signature)
		return part(header, ", ", p->hook_signature, "=", after);
	return part(header, " ", p->hook_prefix ? p->hook_prefix : "", "", after);
}

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	return !at ? -1 : at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

/* Decode a signature; false if it has the wrong form. */
static bool
decode(const struct profile *p, struct span text, struct buf *out)
{
	out->n = 0;
	if (p->hook_base64)
		return base64_decode(out, text) && out->n == DIGEST;
	for (size_t i = 0; text.n == (size_t)2 * DIGEST && i < text.n; i += 2) {
		int high = hex_value(text.p[i]), low = hex_value(text.p[i + 1]);
		if (high < 0 || low < 0)
			return false;
		buf_ch(out, (char)(high << 4 | low));
	}
	return out->n == DIGEST;
}

/* Return wall time from seconds since 1970 in digits, or -1. */
static int64_t
signed_at(struct span digits)
{
	int64_t seconds = digits.n <= 11 ? span_number(digits) : -1;
	return seconds < 0 ? -1 : seconds * SECOND;
}

/* Return the time as it was signed; p is NULL if it is missing. */
static struct span
time_of(const struct profile *p, const struct signature *s)
{
	if (p->hook_time)
		return part(s->header, ", ", p->hook_time, "=", NULL);
	return s->time ? span_of(s->time) : (struct span){0};
}

/* Return whether the token is one of the secrets. Hashes are compared, so that the time taken
 * reveals nothing. */
static bool
knows_token(const struct secrets *with, const char *token)
{
	unsigned char given[DIGEST], ours[DIGEST];
	bool known = false;
	if (!token)
		return false;
	sha256_hmac(given, span_of("token"), span_of(token));
	for (size_t i = 0; i < with->n; i++) {
		sha256_hmac(ours, span_of("token"), buf_all(&with->v[i]));
		known |= digest_same((struct span){(char *)given, DIGEST},
				     (struct span){(char *)ours, DIGEST});
	}
	return known;
}

const char *
signature_check_headers(const struct profile *p, const struct secrets *with,
			const struct signature *s, int64_t now, int64_t tolerance)
{
	struct buf bytes = {0};
	bool one = false;
	if (p->hook_token && !knows_token(with, s->token))
		return "the URL that it was sent to does not have our token";
	if (!p->hook_header)
		return NULL;
	if (!s->header || !*s->header)
		return "it is not signed";
	if (p->hook_id_header && (!s->id || !*s->id))
		return "it has no id, which is signed";
	if (p->hook_time || p->hook_time_header) {
		int64_t at = signed_at(time_of(p, s));
		if (at < 0)
			return "its signature has no time";
		if (at > now + tolerance || at < now - tolerance)
			return "its signature's time differs too much from ours";
	}
	for (struct span given = next_signature(p, s->header, NULL); !one && given.p;
	     given = next_signature(p, s->header, given.p + given.n))
		one = decode(p, given, &bytes);
	buf_free(&bytes);
	return one ? NULL : "its signature does not have the form that the profile gives";
}

/* Append the signed text. */
static void
write_signed(const struct profile *p, const struct signature *s, struct span body, struct buf *out)
{
	for (const char *t = p->hook_signed; *t;) {
		if (*t != '{') {
			buf_ch(out, *t++);
			continue;
		}
		/* the profile's parser allows only {id}, {time} and {body} */
		buf_span(out, t[1] == 'i' ? span_of(s->id) : t[1] == 't' ? time_of(p, s) : body);
		t += strcspn(t, "}") + 1;
	}
}

const char *
signature_verify(const struct profile *p, const struct secrets *with, const struct signature *s,
		 struct span body)
{
	struct buf text = {0}, bytes = {0};
	bool good = !p->hook_header;
	if (!good)
		write_signed(p, s, body, &text);
	for (size_t i = 0; !good && i < with->n; i++) {
		unsigned char digest[DIGEST];
		sha256_hmac(digest, buf_all(&with->v[i]), buf_all(&text));
		/* while a secret is being changed, a service may send one signature for each */
		for (struct span given = next_signature(p, s->header, NULL); !good && given.p;
		     given = next_signature(p, s->header, given.p + given.n))
			good = decode(p, given, &bytes) &&
			       digest_same((struct span){(char *)digest, DIGEST}, buf_all(&bytes));
	}
	buf_free(&text);
	buf_free(&bytes);
	return good ? NULL : "its signature was not made with our secret";
}
