/* Known answers: FIPS 180-4 and RFC 4231 examples, the check value of CRC-32. */
#include "base/digest.h"

#include <string.h>

#include "base/siphash.h"
#include "test.h"

static void
sha(struct span text, const char *want, const char *name)
{
	struct buf b = {0};
	sha256_hex(&b, text);
	same(buf_all(&b), want, name);
	buf_free(&b);
}

static void
hmac(struct span key, struct span text, const char *want, const char *name)
{
	struct buf b = {0};
	sha256_hmac_hex(&b, key, text);
	same(buf_all(&b), want, name);
	buf_free(&b);
}

/* Every way of cutting a text in two gives the same digest. */
static void
test_pieces(void)
{
	char text[200];
	unsigned char whole[32], cut[32];
	struct sha256 s;
	size_t same_n = 0;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i * 7);
	sha256_start(&s);
	sha256_add(&s, text, sizeof text);
	sha256_end(&s, whole);
	for (size_t at = 0; at <= sizeof text; at++) {
		sha256_start(&s);
		sha256_add(&s, text, at);
		sha256_add(&s, text + at, sizeof text - at);
		sha256_end(&s, cut);
		same_n += memcmp(whole, cut, sizeof cut) == 0;
	}
	same_number((long long)same_n, sizeof text + 1, "SHA-256: in two pieces");
}

/* Of the authors' vectors_sip128: the secret is 00 01 ... 0f, the text 00 01 ... */
static void
siphash(size_t n, const char *hex, const char *what)
{
	unsigned char secret[16], text[64], hash[16];
	struct buf got = {0};
	for (unsigned char i = 0; i < 64; i++)
		text[i] = i;
	memcpy(secret, text, sizeof secret);
	siphash128(hash, secret, (struct span){(const char *)text, n});
	digest_hex(&got, hash, sizeof hash);
	same(buf_all(&got), hex, what);
	buf_free(&got);
}

static void
test_siphash(void)
{
	siphash(0, "a3817f04ba25a8e66df67214c7550293", "SipHash-128: nothing");
	siphash(1, "da87c1d86b99af44347659119b22fc45", "SipHash-128: one byte");
	siphash(63, "5150d1772f50834a503e069a973fbd7c", "SipHash-128: 63 bytes");
}

/* All that can be asked of this processor, and of any. */
static void
answers(void)
{
	struct buf million = {0}, key = {0};
	for (int i = 0; i < 1000000; i++)
		buf_ch(&million, 'a');
	for (int i = 0; i < 131; i++)
		buf_ch(&key, (char)0xaa);
	sha((struct span){"", 0},
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "SHA-256: nothing");
	sha(span_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "SHA-256: abc");
	sha(span_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	    "SHA-256: 448 bits");
	sha(buf_all(&million), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
	    "SHA-256: a million a");
	test_pieces();
	hmac(span_of("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
		     "\x0b"),
	     span_of("Hi There"),
	     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	     "HMAC: RFC 4231, case 1");
	hmac(span_of("Jefe"), span_of("what do ya want for nothing?"),
	     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	     "HMAC: RFC 4231, case 2");
	hmac(buf_all(&key), span_of("Test Using Larger Than Block-Size Key - Hash Key First"),
	     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	     "HMAC: RFC 4231, case 6");
	same_number(crc32_of("123456789", 9), 0xcbf43926, "CRC-32: check value");
	same_number(crc32_of("", 0), 0, "CRC-32: nothing");
	same_number(crc32_of("The quick brown fox jumps over the lazy dog", 43), 0x414fa339,
		    "CRC-32: more than one step of eight");
	buf_free(&million);
	buf_free(&key);
}

enum { LENGTHS = 400 };

/* The sums of texts of every short length, each at another offset. */
static void
sum_up(unsigned char sha[LENGTHS][32], uint32_t crc[LENGTHS])
{
	unsigned char text[LENGTHS + 16];
	struct sha256 s;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (unsigned char)(i * i * 31 + i * 7 + 3);
	for (size_t n = 0; n < LENGTHS; n++) {
		sha256_start(&s);
		sha256_add(&s, text + n % 16, n);
		sha256_end(&s, sha[n]);
		crc[n] = crc32_of(text + n % 16, n);
	}
}

int
main(void)
{
	static unsigned char sha_cpu[LENGTHS][32], sha_plain[LENGTHS][32];
	static uint32_t crc_cpu[LENGTHS], crc_plain[LENGTHS];
	answers();
	sum_up(sha_cpu, crc_cpu);
	digest_plain();
	answers();
	sum_up(sha_plain, crc_plain);
	ok(memcmp(sha_cpu, sha_plain, sizeof sha_cpu) == 0,
	   "SHA-256 by the processor is that by C");
	ok(memcmp(crc_cpu, crc_plain, sizeof crc_cpu) == 0,
	   "CRC-32 by the processor is that by tables");
	test_siphash();
	return done_testing();
}
