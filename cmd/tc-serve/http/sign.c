#include "http/sign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/msg.h"
#include "base/os.h"

void
random_hex(struct buf *out, size_t n)
{
	struct buf raw = {0};
	if (os_random(buf_room(&raw, n), n) < 0)
		msg_die(EXIT_IO, "cannot get random numbers: %s", strerror(errno));
	digest_hex(out, (const unsigned char *)raw.p, n);
	buf_free(&raw);
}

void
random_uuid(struct buf *out)
{
	struct buf hex = {0};
	random_hex(&hex, 16);
	hex.p[12] = '4';
	hex.p[16] = "89ab"[hex.p[16] & 3];
	buf_fmt(out, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.p, hex.p + 8, hex.p + 12, hex.p + 16,
		hex.p + 20);
	buf_free(&hex);
}

void
sign_path(struct buf *out, struct span secret, const char *method, struct span path,
	  int64_t expires)
{
	struct buf text = {0};
	buf_fmt(&text, "%s\n", method);
	buf_span(&text, path);
	buf_fmt(&text, "\n%lld", (long long)expires);
	sha256_hmac_hex(out, secret, buf_all(&text));
	buf_free(&text);
}

bool
sign_check(struct span secret, const char *method, struct span path, struct span expires,
	   struct span sig)
{
	char *text = mem_dup(expires), *end;
	errno = 0;
	long long until = strtoll(text, &end, 10);
	bool number =
		end != text && !*end && errno == 0 && *text != '+' && *text != ' ' && *text != '0';
	free(text);
	if (!number)
		return false;
	struct buf good = {0};
	sign_path(&good, secret, method, path, until);
	bool same = digest_same(buf_all(&good), sig);
	buf_free(&good);
	return same && clock_wall() / SECOND < until;
}
