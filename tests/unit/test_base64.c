/* RFC 4648 section 10, and what decoders let through by mistake. */
#include "base/base64.h"
#include "test.h"

static void
both_ways(const char *plain, const char *coded)
{
	struct buf b = {0};
	base64_encode(&b, span_of(plain));
	same(buf_all(&b), coded, "Base64: encoded");
	b.n = 0;
	ok(base64_decode(&b, span_of(coded)), "Base64: %s is taken", coded);
	same(buf_all(&b), plain, "Base64: decoded");
	buf_free(&b);
}

static void
refused(const char *text)
{
	struct buf b = {0};
	buf_str(&b, "kept");
	ok(!base64_decode(&b, span_of(text)), "Base64: \"%s\" is refused", text);
	same(buf_all(&b), "kept", "Base64: nothing is appended then");
	buf_free(&b);
}

int
main(void)
{
	struct buf b = {0}, bytes = {0};
	both_ways("", "");
	both_ways("f", "Zg==");
	both_ways("fo", "Zm8=");
	both_ways("foo", "Zm9v");
	both_ways("foob", "Zm9vYg==");
	both_ways("fooba", "Zm9vYmE=");
	both_ways("foobar", "Zm9vYmFy");
	ok(base64_decode(&b, span_of("Zm9vYg")), "Base64: the padding may be left out");
	same(buf_all(&b), "foob", "Base64: without padding");
	for (int i = 0; i < 256; i++)
		buf_ch(&bytes, (char)i);
	b.n = 0;
	base64_encode(&b, buf_all(&bytes));
	struct buf back = {0};
	ok(base64_decode(&back, buf_all(&b)) && back.n == 256 && memcmp(back.p, bytes.p, 256) == 0,
	   "Base64: all bytes");
	refused("Z");
	refused("Zg=");
	refused("Zg===");
	refused("Z===");
	refused("Zm9v YmFy");
	refused("Zm9v*");
	refused("=Zm9");
	buf_free(&b);
	buf_free(&bytes);
	buf_free(&back);
	return done_testing();
}
