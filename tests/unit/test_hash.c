/* Known answers for hashes of files: FIPS 180-4, RFC 1321, RFC 3720 B.4. */
#include "base/crc32c.h"
#include "base/digest.h"
#include "base/hash.h"
#include "test.h"

static void
sums(const char *text, size_t times, const char *sha256, const char *md5, const char *crc,
     const char *name)
{
	struct hash *h = hash_new(HASH_SHA256 | HASH_MD5 | HASH_CRC32C);
	struct hash_sums s;
	struct buf b = {0};
	for (size_t i = 0; i < times; i++)
		hash_add(h, text, strlen(text));
	hash_end(h, &s);
	ok(s.kinds & HASH_SHA256 && s.kinds & HASH_CRC32C, "%s: they are there", name);
	digest_hex(&b, s.sha256, sizeof s.sha256);
	same(buf_all(&b), sha256, name);
	b.n = 0;
	digest_hex(&b, s.md5, sizeof s.md5);
	if (s.kinds & HASH_MD5)
		same(buf_all(&b), md5, name);
	b.n = 0;
	digest_hex(&b, s.crc32c, sizeof s.crc32c);
	same(buf_all(&b), crc, name);
	buf_free(&b);
	hash_free(h);
}

/* The processor's way and the tables', from every offset and of every short length. */
static void
test_both_ways(void)
{
	unsigned char bytes[100];
	bool equal = true;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 37 + 11);
	for (size_t at = 0; at < 9; at++)
		for (size_t n = 0; at + n <= sizeof bytes; n++)
			equal = equal && crc32c((uint32_t)at * 99, bytes + at, n) ==
						 crc32c_plain((uint32_t)at * 99, bytes + at, n);
	ok(equal, "CRC-32C by the processor is that by tables");
	uint32_t whole = crc32c(0, bytes, sizeof bytes);
	for (size_t n = 0; n <= sizeof bytes; n++)
		equal = equal && crc32c(crc32c(0, bytes, n), bytes + n, sizeof bytes - n) == whole;
	ok(equal, "CRC-32C in two pieces is that of the whole");
}

int
main(void)
{
	static const unsigned char zeros[32],
		ones[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
			    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
			    255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	sums("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	     "900150983cd24fb0d6963f7d28e17f72", "364b3fb7", "abc");
	sums("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	     "d41d8cd98f00b204e9800998ecf8427e", "00000000", "nothing");
	sums("aaaaaaaaaa", 100000,
	     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
	     "7707d6ae4e027c70eea2a935c2296f21", "436fe240", "a million a");
	same_number(crc32c(0, zeros, 32), 0x8A9136AA, "RFC 3720: 32 bytes of zeros");
	same_number(crc32c(0, ones, 32), 0x62A8AB43, "RFC 3720: 32 bytes of ones");
	same_number(crc32c(0, "123456789", 9), 0xE3069283, "the check value of CRC-32C");
	test_both_ways();
	return done_testing();
}
