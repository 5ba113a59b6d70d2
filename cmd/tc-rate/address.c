#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "http/http.h"
#include "rate.h"

static char *
copy(const char *p, size_t n)
{
	return mem_dup((struct span){p, n});
}

/* Copy decoded: a password may have characters that end its part of a URL. */
static char *
decode(const char *p, size_t n)
{
	struct buf b = {0};
	http_unescape_text(&b, (struct span){p, n});
	return buf_take(&b);
}

/* "PATH/NAME", or "PATH" of a socket that is there. */
static const char *
parse_socket(struct address *a, const char *path)
{
	struct stat st;
	const char *slash = strrchr(path, '/');
	if (!*path)
		return "expected unix:PATH/NAME";
	if ((stat(path, &st) == 0 && S_ISSOCK(st.st_mode)) || !slash || slash == path) {
		a->path = copy(path, strlen(path));
		a->name = copy("default", 7);
		return NULL;
	}
	a->path = copy(path, (size_t)(slash - path));
	a->name = copy(slash + 1, strlen(slash + 1));
	return *a->name ? NULL : "expected a name after the last /";
}

/* "[USER[:PASSWORD]@]", up to `end`. Return where the host begins, or NULL. */
static const char *
parse_user(struct address *a, const char *p, const char *end, bool secret, const char **why)
{
	const char *at = NULL;
	for (const char *q = p; q < end; q++)
		at = *q == '@' ? q : at;
	if (!at)
		return p;
	const char *colon = memchr(p, ':', (size_t)(at - p));
	if (colon && !secret) {
		*why = "a password in an argument can be read by any user: set TC_RATE_PASSWORD, "
		       "or give --password-file";
		return NULL;
	}
	if (colon)
		a->password = decode(colon + 1, (size_t)(at - colon) - 1);
	if ((colon ? colon : at) > p)
		a->user = decode(p, (size_t)((colon ? colon : at) - p));
	return at + 1;
}

static const char *
parse_host(struct address *a, const char *p, const char *end)
{
	const char *close = *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL, *colon;
	if (*p == '[' && !close)
		return "expected ] after an IPv6 address";
	colon = memchr(close ? close : p, ':', (size_t)(end - (close ? close : p)));
	if (close)
		a->host = copy(p + 1, (size_t)(close - p) - 1);
	else
		a->host = copy(p, (size_t)((colon ? colon : end) - p));
	a->port = colon ? copy(colon + 1, (size_t)(end - colon) - 1) : copy("6379", 4);
	if (!*a->host || !*a->port || strspn(a->port, "0123456789") != strlen(a->port))
		return "expected redis://HOST[:PORT]/NAME";
	int64_t port = span_number(span_of(a->port));
	if (port < 1 || port > 65535)
		return "expected a port from 1 to 65535";
	return NULL;
}

const char *
address_parse(struct address *a, const char *url, bool secret)
{
	const char *why = NULL;
	*a = (struct address){0};
	if (strncmp(url, "unix:", 5) == 0)
		return parse_socket(a, url + 5 + (strncmp(url + 5, "///", 3) == 0 ? 2 : 0));
	a->tls = strncmp(url, "rediss://", 9) == 0;
	if (!a->tls && strncmp(url, "redis://", 8) != 0)
		return "expected redis://HOST[:PORT]/NAME, rediss://... or unix:PATH/NAME";
	const char *p = url + 8 + a->tls, *end = p + strcspn(p, "/");
	p = parse_user(a, p, end, secret, &why);
	if (!p)
		return why;
	why = parse_host(a, p, end);
	if (why)
		return why;
	a->name = *end && end[1] ? copy(end + 1, strlen(end + 1)) : copy("default", 7);
	return NULL;
}

void
address_free(struct address *a)
{
	if (a->password)
		memset(a->password, 0, strlen(a->password));
	free(a->path);
	free(a->host);
	free(a->port);
	free(a->user);
	free(a->password);
	free(a->name);
	*a = (struct address){0};
}
