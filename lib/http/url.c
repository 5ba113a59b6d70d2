/* URLs: the part of RFC 3986 that http.h declares. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"

/* Append s percent-encoded, but for letters, digits and the characters of `plain`. */
static void
escape(struct buf *b, struct span s, const char *plain)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c && strchr(plain, c)))
			buf_ch(b, s.p[i]);
		else
			buf_fmt(b, "%%%02X", c);
	}
}

void
http_escape(struct buf *b, struct span s)
{
	escape(b, s, "-._~");
}

void
http_escape_path(struct buf *b, struct span s)
{
	escape(b, s, "-._~/");
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

int
http_unescape(const char *p, const char *end)
{
	if (end - p < 3 || *p != '%')
		return -1;
	int high = hex_digit(p[1]), low = hex_digit(p[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

void
http_unescape_text(struct buf *b, struct span s)
{
	for (const char *p = s.p, *end = s.p + s.n; p < end; p++) {
		int byte = http_unescape(p, end);
		buf_ch(b, byte > 0 ? (char)byte : *p);
		p += byte > 0 ? 2 : 0;
	}
}

/* Return where the host begins, or NULL. */
static const char *
host_of(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return url + 7;
	if (strncasecmp(url, "https://", 8) == 0)
		return url + 8;
	return NULL;
}

const char *
http_url_problem(const char *url)
{
	const char *host = host_of(url);
	if (!host)
		return "expected a base URL that starts with http:// or https://";
	size_t n = strcspn(host, "/");
	if (n == 0 || *host == ':')
		return "expected a host in the base URL";
	if (memchr(host, '@', n))
		return "expected a base URL without user or password";
	if (strpbrk(host, "?#\\ \t\r\n"))
		return "expected a base URL without query, fragment or space";
	return NULL;
}

bool
http_url_loopback(const char *url)
{
	const char *host = host_of(url);
	if (!host)
		return false;
	size_t n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	char *name = mem_dup((struct span){host, n});
	bool is = strcasecmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0;
	unsigned dots = 0;
	if (strncmp(name, "127.", 4) == 0) {
		is = strspn(name, "0123456789.") == n;
		for (const char *p = name; *p; p++)
			dots += *p == '.';
		is = is && dots == 3;
	}
	free(name);
	return is;
}

struct span
http_origin(const char *url)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
	size_t n = strcspn(host, "/?#\\");
	/* a user and a password may precede the host, also in text that is not a URL */
	for (size_t i = 0; i < n; i++)
		if (host[i] == '@')
			return (struct span){url, scheme ? (size_t)(host - url) : 0};
	return (struct span){url, (size_t)(host - url) + n};
}

bool
url_has_scheme(const char *text)
{
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
	size_t n = strspn(text, set);
	return n > 0 && strncmp(text + n, "://", 3) == 0;
}
