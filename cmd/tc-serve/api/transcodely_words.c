#include "api/transcodely_words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"

/* prefix, then letters, digits, _ and -. */
static bool
is_id(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);
	if (strncmp(text, prefix, n) != 0 || !text[n])
		return false;
	for (text += n; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '_' && *text != '-')
			return false;
	return true;
}

bool
word_is_job(const char *text)
{
	return is_id(text, "job_");
}

bool
word_is_origin(const char *text)
{
	return is_id(text, "ori_");
}

bool
word_is_app(const char *text)
{
	return is_id(text, "app_");
}

bool
word_is_video(const char *text)
{
	return is_id(text, "vid_");
}

bool
word_is_source(const char *text)
{
	static const char *const schemes[] = {"gs://", "s3://", "http://", "https://"};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (str_starts(text, schemes[i]))
			return !strchr(text, '\n');
	return false;
}

/* Return true if only characters of this set, letters, digits and %XX are before the end. */
static bool
consists_of(const char *p, const char *end, const char *set)
{
	for (; p < end; p++)
		if (*p == '%' ? !isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2])
			      : !isalnum((unsigned char)*p) && !strchr(set, *p))
			return false;
	return true;
}

/* Return true for an IPv6 address in brackets, or a name, and a port if there is one. */
static bool
is_host(const char *p, const char *end)
{
	const char *port = p;
	if (*p == '[') {
		char address[64] = "";
		struct in6_addr binary;
		size_t n = strcspn(++p, "]%");
		if (n < sizeof address)
			memcpy(address, p, n);
		if (inet_pton(AF_INET6, address, &binary) != 1)
			return false;
		port = p + strcspn(p, "]");
		if (!consists_of(p, port, ":.-_~") || *port++ != ']')
			return false;
	} else {
		while (port < end && *port != ':')
			port++;
		if (port == p || !consists_of(p, port, "-._~!$&'()*+,;="))
			return false;
	}
	if (port < end && *port++ != ':')
		return false;
	return port + strspn(port, "0123456789") == end;
}

/* http or https, a host, and only what RFC 3986 lets into a URI. */
bool
word_is_web_uri(const char *text)
{
	const char *p = strncmp(text, "http://", 7) == 0    ? text + 7
			: strncmp(text, "https://", 8) == 0 ? text + 8
							    : "";
	const char *path = p + strcspn(p, "/?#"), *end = path + strlen(path);
	const char *user = memchr(p, '@', (size_t)(path - p)), *fragment = strchr(path, '#');
	if (user && !consists_of(p, user, "-._~!$&'()*+,;=:"))
		return false;
	return is_host(user ? user + 1 : p, path) &&
	       consists_of(path, fragment ? fragment : end, "-._~:/?@!$&'()*+,;=") &&
	       (!fragment || consists_of(fragment + 1, end, "-._~:/?@!$&'()*+,;="));
}

bool
word_is_visibility(const char *text)
{
	return !*text || strcmp(text, "public") == 0 || strcmp(text, "unlisted") == 0 ||
	       strcmp(text, "private") == 0;
}

bool
word_is_template(const char *text)
{
	return *text != '/' && !strstr(text, "..");
}

bool
word_is_language(const char *text)
{
	return strcmp(text, "auto") == 0 ||
	       (strlen(text) == 3 && islower((unsigned char)text[0]) &&
		islower((unsigned char)text[1]) && islower((unsigned char)text[2]));
}

bool
word_is_fixed(const char *text)
{
	return strcmp(text, "fixed") == 0;
}

bool
word_is_event(const char *text)
{
	static const char *const known[] = {"*",
					    "job.*",
					    "output.*",
					    "job.created",
					    "job.progress",
					    "job.succeeded",
					    "job.failed",
					    "job.canceled",
					    "output.created",
					    "output.progress",
					    "output.ready",
					    "output.failed"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(text, known[i]) == 0)
			return true;
	return false;
}
