#include "base/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/crc32c.h"

struct hash {
	unsigned kinds;
	EVP_MD_CTX *sha256, *md5;
	uint32_t crc;
};

/* Return a started context, or NULL. */
static EVP_MD_CTX *
start(const EVP_MD *md)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	if (c && EVP_DigestInit_ex(c, md, NULL) == 1)
		return c;
	EVP_MD_CTX_free(c);
	return NULL;
}

struct hash *
hash_new(unsigned kinds)
{
	struct hash *h = mem_zero(sizeof *h);
	h->kinds = kinds & HASH_CRC32C;
	if (kinds & HASH_SHA256 && (h->sha256 = start(EVP_sha256())))
		h->kinds |= HASH_SHA256;
	if (kinds & HASH_MD5 && (h->md5 = start(EVP_md5())))
		h->kinds |= HASH_MD5;
	return h;
}

/* Drop a kind that fails: no sum is better than a wrong one. */
static void
add(struct hash *h, EVP_MD_CTX *c, unsigned kind, const void *p, size_t n)
{
	if (h->kinds & kind && EVP_DigestUpdate(c, p, n) != 1)
		h->kinds &= ~kind;
}

void
hash_add(struct hash *h, const void *p, size_t n)
{
	add(h, h->sha256, HASH_SHA256, p, n);
	add(h, h->md5, HASH_MD5, p, n);
	if (h->kinds & HASH_CRC32C)
		h->crc = crc32c(h->crc, p, n);
}

void
hash_end(struct hash *h, struct hash_sums *out)
{
	*out = (struct hash_sums){.kinds = h->kinds};
	if (h->kinds & HASH_SHA256 && EVP_DigestFinal_ex(h->sha256, out->sha256, NULL) != 1)
		out->kinds &= ~(unsigned)HASH_SHA256;
	if (h->kinds & HASH_MD5 && EVP_DigestFinal_ex(h->md5, out->md5, NULL) != 1)
		out->kinds &= ~(unsigned)HASH_MD5;
	for (int i = 0; i < 4; i++)
		out->crc32c[i] = (unsigned char)(h->crc >> 8 * (3 - i));
}

void
hash_free(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->sha256);
	EVP_MD_CTX_free(h->md5);
	free(h);
}
