#include "service/connect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/secret.h"

#define NO_SECRET "no key for %s: set %s, or give --key-file FILE"

void
connect_no_secret(const struct profile *p)
{
	msg_error(NO_SECRET, p->name, p->key_env);
}

static char *
find_secret(const struct service *s, bool optional)
{
	const struct profile *p = s->profile;
	if (p->auth == AUTH_NONE)
		return NULL;
	char *secret = secret_load(s->options.key_file, p->key_env);
	if (secret || (optional && !p->key_default))
		return secret;
	if (!p->key_default)
		msg_die(EXIT_BAD_CONFIG, NO_SECRET, p->name, p->key_env);
	return secret_check(p->key_env, span_of(p->key_default));
}

/* Append "Name: ${ENV}" with the variable's value; false if it is not set. */
static bool
expand(struct buf *out, const char *line)
{
	while (*line) {
		const char *end = strncmp(line, "${", 2) == 0 ? strchr(line, '}') : NULL;
		if (!end) {
			buf_ch(out, *line++);
			continue;
		}
		char *name = mem_dup((struct span){line + 2, (size_t)(end - line) - 2});
		const char *v = service_env(name);
		free(name);
		if (!v || strpbrk(v, "\r\n"))
			return false;
		buf_str(out, v);
		line = end + 1;
	}
	return true;
}

static void
add_headers(struct service *s, const char *secret)
{
	const struct profile *p = s->profile;
	struct buf b = {0};
	http_add_header(s->http, "User-Agent: tc/" TC_VERSION);
	http_add_header(s->http, "Content-Type: application/json");
	http_add_header(s->http, "Accept: application/json");
	for (size_t i = 0; i < p->headers.n; i++) {
		b.n = 0;
		if (expand(&b, p->headers.v[i]))
			http_add_header(s->http, buf_cstr(&b));
	}
	b.n = 0;
	if (secret && p->auth == AUTH_BEARER)
		buf_fmt(&b, "Authorization: Bearer %s", secret);
	else if (secret && p->auth == AUTH_HEADER)
		buf_fmt(&b, "%s: %s", p->key_name, secret);
	if (b.n)
		http_add_header(s->http, buf_cstr(&b));
	buf_free(&b);
}

void
connect_base_url(struct service *s)
{
	const char *given = s->options.base_url;
	s->base_url = given ? given : s->profile->base_url;
	const char *why = http_url_problem(s->base_url);
	if (why && given)
		opt_usage("--base-url %s: %s", s->base_url, why);
	if (why)
		msg_die(EXIT_BAD_CONFIG, "profile %s: /base_url: %s", s->profile->name, why);
	if (strncmp(s->base_url, "https://", 8) != 0 && s->profile->auth != AUTH_NONE && !http_url_loopback(s->base_url))
		msg_die(EXIT_BAD_CONFIG, "%s: a key is not sent over plain http: use https", s->base_url);
}

void
connect_http(struct service *s, bool secret_optional)
{
	const struct profile *p = s->profile;
	const char *cacert = s->options.cacert;
	char *secret = find_secret(s, secret_optional);
	struct buf userpwd = {0};
	struct http_config c = {.cacert = cacert, .loopback = http_url_loopback(s->base_url)};
	s->no_secret = !secret && p->auth != AUTH_NONE;
	if (secret && (p->auth == AUTH_BASIC || p->auth == AUTH_SIGV4)) {
		/* "user:password", or a user alone with an empty password */
		buf_fmt(&userpwd, "%s%s", secret, strchr(secret, ':') ? "" : ":");
		c.userpwd = buf_cstr(&userpwd);
		c.sigv4 = p->auth == AUTH_SIGV4 ? p->sigv4 : NULL;
	}
	if (cacert && access(cacert, R_OK) < 0)
		msg_die(EXIT_BAD_CONFIG, "--cacert %s: %s", cacert, strerror(errno));
	s->http = http_new(&c);
	add_headers(s, secret);
	buf_free(&userpwd);
	free(secret);
}

void
connect_pace(struct service *s)
{
	const char *given = s->options.rate, *file = s->options.rate_file;
	double rate = s->profile->rate, burst = s->profile->burst;
	const char *why = given ? pace_parse(given, &rate, &burst) : NULL;
	if (why)
		opt_usage("--rate %s: %s", given, why);
	pace_init(&s->pace);
	s->pace.backoff = 2 * s->profile->backoff;
	s->rate_given = rate > 0;
	if (s->rate_given)
		pace_set_rate(&s->pace, rate, burst);
	if (file && (why = pace_share(&s->pace, file, clock_now())))
		msg_die(EXIT_BAD_CONFIG, "--rate-file %s: %s", file, why);
}
