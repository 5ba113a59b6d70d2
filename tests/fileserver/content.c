/* What is in a file, and its checksums. */
#include "fileserver.h"

#include <string.h>

#include "base/base64.h"
#include "base/hash.h"

void
fill(const struct content *c, long long at, char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned long long x =
			(unsigned long long)(at + (long long)i) / 8 * 0x9e3779b97f4a7c15u +
			c->seed * 0xbf58476d1ce4e5b9u;
		x ^= x >> 29;
		p[i] = c->text.p ? c->text.p[at + (long long)i]
				 : (char)(x >> 8 * ((at + (long long)i) % 8));
	}
}

void
content_of(struct content *c, const char *spec, int n)
{
	*c = (struct content){.size = number(spec, "size", 1000),
			      .seed = (unsigned long long)number(spec, "seed", 1)};
	if (word(spec, "then") && n >= number(spec, "from", 1))
		c->seed = (unsigned long long)number(spec, "then", 2);
	const char *text = word(spec, "text"), *tree = word(spec, "tree");
	struct buf path = {0};
	if (!text && !tree)
		return;
	buf_add(&path, text ? text : tree, strcspn(text ? text : tree, ",/"));
	for (const char *p = tree ? spec + strcspn(spec, "/") : ""; *p; p++)
		if (strncmp(p, "%20", 3) == 0) {
			buf_ch(&path, ' ');
			p += 2;
		} else {
			buf_ch(&path, *p);
		}
	c->missing = buf_read_file(&c->text, buf_cstr(&path), 64 << 20) < 0;
	c->size = (long long)c->text.n;
	buf_room(&c->text, 1);
	buf_free(&path);
}

/* Append a header line: what stands before the hash in base64, the hash, and what follows it. */
static void
sum(struct buf *b, const char *before, const unsigned char *p, size_t n, const char *after)
{
	buf_str(b, before);
	base64_encode(b, (struct span){(const char *)p, n});
	buf_fmt(b, "%s\r\n", after);
}

void
add_sums(struct buf *b, const char *spec, const struct content *c)
{
	struct hash *h = hash_new(HASH_SHA256 | HASH_MD5 | HASH_CRC32C);
	struct hash_sums s;
	char piece[PIECE];
	for (long long at = 0; at < c->size; at += PIECE) {
		size_t n = c->size - at < PIECE ? (size_t)(c->size - at) : PIECE;
		fill(c, at, piece, n);
		hash_add(h, piece, n);
	}
	hash_end(h, &s);
	hash_free(h);
	if (word(spec, "goog")) {
		sum(b, "x-goog-hash: crc32c=", s.crc32c, 4, "");
		sum(b, "x-goog-hash: md5=", s.md5, 16, "");
	}
	if (word(spec, "md5"))
		sum(b, "Content-MD5: ", s.md5, 16, "");
	if (word(spec, "digest"))
		sum(b, "Repr-Digest: sha-512=:AAAA:, sha-256=:", s.sha256, 32, ":");
	if (word(spec, "amz"))
		sum(b, "x-amz-checksum-crc32c: ", s.crc32c, 4, "");
}
