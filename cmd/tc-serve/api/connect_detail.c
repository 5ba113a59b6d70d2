#include "api/connect_detail.h"

#include <string.h>

#include "json/json.h"

/* Append base64 (RFC 4648), standard alphabet, without padding. */
static void
base64(struct buf *out, struct span s)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)s.p;
	for (size_t i = 0; i < s.n; i += 3) {
		size_t n = s.n - i < 3 ? s.n - i : 3;
		unsigned bits = (unsigned)p[i] << 16;
		bits |= n > 1 ? (unsigned)p[i + 1] << 8 : 0;
		bits |= n > 2 ? (unsigned)p[i + 2] : 0;
		for (size_t k = 0; k <= n; k++)
			buf_ch(out, set[(bits >> (18 - 6 * k)) & 63]);
	}
}

/* Append a length-delimited field. */
static void
field(struct buf *out, unsigned number, struct span s)
{
	size_t n = s.n;
	buf_ch(out, (char)(number << 3 | 2));
	for (; n > 127; n >>= 7)
		buf_ch(out, (char)((n & 127) | 128));
	buf_ch(out, (char)n);
	buf_span(out, s);
}

static void
wire(struct buf *out, const char *code, const char *message, const struct violations *l)
{
	field(out, 1, span_of(code));
	field(out, 2, span_of(message));
	for (size_t i = 0; i < l->n; i++) {
		struct buf one = {0};
		if (*l->v[i].field)
			field(&one, 1, span_of(l->v[i].field));
		field(&one, 2, span_of(l->v[i].what));
		field(out, 3, buf_all(&one));
		buf_free(&one);
	}
}

static void
debug(struct buf *out, const char *code, const char *message, const struct violations *l)
{
	struct buf list = {0};
	buf_ch(&list, '[');
	for (size_t i = 0; i < l->n; i++) {
		buf_str(&list, i ? "," : "");
		json_open(&list);
		json_str(&list, "field", span_of(l->v[i].field));
		json_str(&list, "description", span_of(l->v[i].what));
		json_close(&list);
	}
	buf_ch(&list, ']');
	json_open(out);
	json_str(out, "code", span_of(code));
	json_str(out, "message", span_of(message));
	json_raw(out, "field_violations", buf_all(&list));
	json_close(out);
	buf_free(&list);
}

void
connect_detail(struct buf *out, const char *code, const char *message, const struct violations *l)
{
	struct buf bytes = {0}, value = {0}, clear = {0};
	wire(&bytes, code, message, l);
	base64(&value, buf_all(&bytes));
	debug(&clear, code, message, l);
	json_open(out);
	json_str(out, "type", span_of("transcodely.v1.ErrorDetails"));
	json_str(out, "value", buf_all(&value));
	json_raw(out, "debug", buf_all(&clear));
	json_close(out);
	buf_free(&bytes);
	buf_free(&value);
	buf_free(&clear);
}
