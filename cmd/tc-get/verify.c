#include "verify.h"

#include "base/base64.h"

#include <string.h>
#include <strings.h>

enum { SHA256, MD5, CRC32C };

static const size_t lengths[] = {32, 16, 4};

static void
take(struct expect *e, int kind, struct span base64, const char *header)
{
	unsigned char *to[] = {e->sums.sha256, e->sums.md5, e->sums.crc32c};
	struct buf bytes = {0};
	/* what is not one of ours, such as the sum of sums in x-amz-checksum-*, says nothing */
	if (base64_decode(&bytes, base64) && bytes.n == lengths[kind]) {
		memcpy(to[kind], bytes.p, lengths[kind]);
		e->sums.kinds |= 1u << kind;
		e->says[kind] = header;
	}
	buf_free(&bytes);
}

static bool
is(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* "md5=..., crc32c=...", in colons where it is a structured field (RFC 9530). */
static void
take_list(struct expect *e, const struct http_response *r, const char *header)
{
	struct span v;
	for (size_t at = 0; http_header_next(r, header, &at, &v);)
		for (const char *p = v.p, *end = v.p + v.n, *comma; p < end; p = comma + 1) {
			comma = memchr(p, ',', (size_t)(end - p));
			comma = comma ? comma : end;
			const char *eq = memchr(p, '=', (size_t)(comma - p));
			if (!eq)
				continue;
			while (p < eq && *p == ' ')
				p++;
			struct span name = {p, (size_t)(eq - p)},
				    value = {eq + 1, (size_t)(comma - eq) - 1};
			if (value.n >= 2 && value.p[0] == ':' && value.p[value.n - 1] == ':')
				value = (struct span){value.p + 1, value.n - 2};
			if (is(name, "sha-256"))
				take(e, SHA256, value, header);
			else if (is(name, "md5"))
				take(e, MD5, value, header);
			else if (is(name, "crc32c"))
				take(e, CRC32C, value, header);
		}
}

static void
take_one(struct expect *e, const struct http_response *r, const char *header, int kind)
{
	struct span v = http_header(r, header);
	if (v.n)
		take(e, kind, v, header);
}

void
expect_read(struct expect *e, const struct http_response *r, bool whole)
{
	*e = (struct expect){0};
	if (whole) {
		take_one(e, r, "Content-MD5", MD5);
		take_list(e, r, "Content-Digest");
	}
	take_one(e, r, "x-amz-checksum-sha256", SHA256);
	take_one(e, r, "x-amz-checksum-crc32c", CRC32C);
	take_list(e, r, "Digest");
	take_list(e, r, "x-goog-hash");
	take_list(e, r, "Repr-Digest");
}

const char *
expect_unmet(const struct expect *e, const struct hash_sums *got)
{
	const unsigned char *want[] = {e->sums.sha256, e->sums.md5, e->sums.crc32c};
	const unsigned char *have[] = {got->sha256, got->md5, got->crc32c};
	for (int k = 0; k < 3; k++)
		if (e->sums.kinds & got->kinds & 1u << k &&
		    memcmp(want[k], have[k], lengths[k]) != 0)
			return e->says[k];
	return NULL;
}
