#include "base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *out, struct span bytes)
{
	for (size_t i = 0; i < bytes.n; i += 3) {
		unsigned long bits = 0;
		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (i + j < bytes.n ? (unsigned char)bytes.p[i + j] : 0);
		for (unsigned j = 0; j < 4; j++)
			buf_ch(out, i + j <= bytes.n ? digits[bits >> (18 - 6 * j) & 63] : '=');
	}
}

/* Return the value of a digit, or -1 if c is not one. */
static int
value_of(char c)
{
	const char *at = c == '-'   ? digits + 62
			 : c == '_' ? digits + 63
			 : c        ? strchr(digits, c)
				    : NULL;
	return at ? (int)(at - digits) : -1;
}

bool
base64_decode(struct buf *out, struct span text)
{
	unsigned long bits = 0;
	size_t start = out->n, pad = 0;
	while (pad < 2 && text.n && text.p[text.n - 1] == '=') {
		text.n--;
		pad++;
	}
	bool ok = text.n % 4 != 1 && (!pad || (text.n + pad) % 4 == 0);
	for (size_t i = 0; ok && i < text.n; i++) {
		int v = value_of(text.p[i]);
		ok = v >= 0;
		bits = bits << 6 | (unsigned long)(v & 63);
		if (i % 4 > 0) /* each digit but the first of four completes a byte */
			buf_ch(out, (char)(bits >> (6 - 2 * (i % 4)) & 255));
	}
	if (!ok)
		out->n = start;
	return ok;
}
