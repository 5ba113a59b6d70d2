/* Where a key may go, and how an id gets into a path. */
#include "http/http.h"
#include "test.h"

static void
escape(const char *text, const char *want)
{
	struct buf b = {0};
	http_escape(&b, span_of(text));
	ok(span_is(buf_all(&b), want), "escape: %s", text);
	buf_free(&b);
}

static void
unescape(const char *text, int want)
{
	same_number(http_unescape(text, text + strlen(text)), want, text);
}

int
main(void)
{
	static const char *const near[] = {"http://localhost",      "http://LOCALHOST:80/x",
					   "http://127.0.0.1:8484", "https://127.255.1.2/",
					   "http://[::1]:9",        "http://[::1]"};
	static const char *const far[] = {"http://192.0.2.1",
					  "http://localhost.example.com",
					  "http://127.0.0.1.example.com",
					  "http://127.1",
					  "http://127.0.0.1x",
					  "http://127.a.b.c",
					  "http://[::2]",
					  "http://0.0.0.0",
					  "ftp://localhost",
					  "http://example.com/localhost",
					  "http://example.com:127",
					  "http://127.0.0.1.2"};
	static const char *const wrong[] = {"",
					    "localhost",
					    "localhost:80",
					    "//host",
					    "ftp://h",
					    "file:///etc/passwd",
					    "http://",
					    "http:///x",
					    "http://:80",
					    "http://u@h",
					    "http://u:p@h/",
					    "http://h?x",
					    "http://h/#x",
					    "http://h/a b",
					    "http://h\\x",
					    "http:/h"};
	static const char *const right[] = {"http://h", "https://h:1/a/b", "HTTPS://h",
					    "http://[::1]:80/v1"};
	for (size_t i = 0; i < sizeof near / sizeof *near; i++)
		ok(http_url_loopback(near[i]), "this machine: %s", near[i]);
	for (size_t i = 0; i < sizeof far / sizeof *far; i++)
		ok(!http_url_loopback(far[i]), "not this machine: %s", far[i]);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(http_url_problem(wrong[i]) != NULL, "no base URL: \"%s\"", wrong[i]);
	for (size_t i = 0; i < sizeof right / sizeof *right; i++)
		ok(!http_url_problem(right[i]), "a base URL: %s", right[i]);
	static const char *const origins[][2] = {
		{"https://h:1/a?sig=x", "https://h:1"},
		{"http://h?sig=x", "http://h"},
		{"http://h", "http://h"},
		{"https://u:p@h/x", "https://"},
		{"gs://b/x", "gs://b"},
		{"sig=x", "sig=x"},
	};
	for (size_t i = 0; i < sizeof origins / sizeof *origins; i++)
		same(http_origin(origins[i][0]), origins[i][1], origins[i][0]);
	escape("job_1-2.3~x", "job_1-2.3~x");
	escape("a/b", "a%2Fb");
	escape("../x", "..%2Fx");
	escape("a b?c#d%e&f=+", "a%20b%3Fc%23d%25e%26f%3D%2B");
	escape("\xc3\xa9\x01", "%C3%A9%01");
	unescape("%2F", '/');
	unescape("%c3%A9", 0xc3);
	unescape("%00", 0);
	unescape("%2", -1);
	unescape("%2g", -1);
	unescape("%g2", -1);
	unescape("a2F", -1);
	unescape("", -1);
	return done_testing();
}
