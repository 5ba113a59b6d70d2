#include "service/connect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "service/apikey.h"
#include "service/variables.h"

/*
 * Requests in flight at first, if no rate is known, and how many must be
 * accepted before there are more. One is enough for a run by itself. Runs that
 * begin together use up a service's burst first, while little is in flight.
 */
enum { RAMP_SLOTS = 4, RAMP_ALONE = 1, RAMP_TOGETHER = 32 };

static void
add_headers(struct service *s)
{
	const struct profile *p = s->profile;
	http_add_header(s->http, "User-Agent: tc/" TC_VERSION);
	http_add_header(s->http, "Content-Type: application/json");
	http_add_header(s->http, "Accept: application/json");
	for (size_t i = 0; i < p->headers.n; i++) {
		struct buf b = {0};
		if (!variables_fill(p, p->headers.v[i], VARIABLE_HEADER, false, false, &b) &&
		    !strpbrk(buf_cstr(&b), "\r\n"))
			http_add_header(s->http, buf_cstr(&b));
		buf_free(&b);
	}
}

void
connect_base_url(struct service *s, bool dry)
{
	const struct profile *p = s->profile;
	const char *given = s->options.base_url;
	struct buf own = {0};
	const char *missing = variables_fill(p, p->base_url, VARIABLE_HOST, false, dry, &own);
	if (missing && !given && !dry)
		variables_missing(p, missing);
	s->own_url = mem_dup(buf_all(&own));
	s->base_url = mem_dup(given ? span_of(given) : buf_all(&own));
	buf_free(&own);
	const char *why = missing && !given ? NULL : http_url_problem(s->base_url);
	if (why && given)
		opt_usage("%s %s: %s",
			  given == service_env("TC_BASE_URL") ? "TC_BASE_URL" : "--base-url",
			  s->base_url, why);
	if (why)
		msg_die(EXIT_BAD_CONFIG, "profile %s: /base_url: %s", p->name, why);
	if (strncmp(s->base_url, "https://", 8) != 0 && p->auth != AUTH_NONE &&
	    !http_url_loopback(s->base_url))
		msg_die(EXIT_BAD_CONFIG, "%s: a key is not sent over plain http: use https",
			s->base_url);
}

void
connect_http(struct service *s, bool secret_optional)
{
	struct profile *p = s->profile;
	const char *cacert = s->options.cacert;
	bool here = http_url_loopback(s->base_url);
	struct http_config c = {.cacert = cacert, .loopback = here};
	variables_hide(p);
	variables_fill_calls(p, here);
	c.sigv4 = p->auth == AUTH_SIGV4 ? p->sigv4 : NULL;
	if (cacert && access(cacert, R_OK) < 0)
		msg_die(EXIT_BAD_CONFIG, "--cacert %s: %s", cacert, strerror(errno));
	s->http = http_new(&c);
	add_headers(s);
	apikey_start(s, secret_optional);
}

void
connect_pace(struct service *s, bool alone)
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
	else
		pace_ramp(&s->pace, RAMP_SLOTS, alone && !file ? RAMP_ALONE : RAMP_TOGETHER);
	if (file && s->options.rate_cmd)
		opt_usage("--rate-file and --rate-cmd both keep the rate: leave one out");
	if (file && (why = pace_share(&s->pace, file, clock_now())))
		msg_die(EXIT_BAD_CONFIG, "--rate-file %s: %s", file, why);
}

void
connect_rate_command(struct service *s)
{
	const char *command = s->options.rate_cmd,
		   *why = command ? pace_command(&s->pace, command) : NULL;
	if (why)
		msg_die(EXIT_BAD_USAGE, "--rate-cmd %s: %s", command, why);
	s->rate_given = s->rate_given || command;
}
