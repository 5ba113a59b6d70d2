/*
 * What people and services write: Retry-After and HTTP dates, durations,
 * rates, RateLimit fields, placeholders, base URLs, ids, text for terminals.
 * The first byte says which.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/tc-pool/command.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "flow/pace.h"
#include "flow/retry.h"
#include "fuzz.h"
#include "http/http.h"
#include "http/ratelimit_header.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
delays(struct span v)
{
	const int64_t now = (int64_t)1800000000 * SECOND, most = 10 * 365 * 86400 * SECOND;
	int64_t after = retry_after(v, now, 0), date = date_parse_http(v, now);
	must(after >= -1 && after <= most && date >= -1);
	must(retry_wait(0, after, 0.999) >= (after > 0 ? after : 0) &&
	     retry_wait(0, after, 0.999) <= (after > 0 ? after + 30 * SECOND : 0));
}

static void
clean(struct span v)
{
	struct buf b = {0};
	msg_sanitize(&b, v);
	for (size_t i = 0; i < b.n; i++)
		must((unsigned char)b.p[i] >= 0x20 && b.p[i] != 0x7f);
	buf_free(&b);
}

static void
id(const char *text)
{
	struct buf b = {0};
	http_escape(&b, span_of(text));
	for (size_t i = 0; i < b.n; i++)
		must(b.p[i] > ' ' && b.p[i] != '/' && b.p[i] != '?' && b.p[i] != '#');
	buf_free(&b);
}

static void
limits(struct span v)
{
	int64_t left = 0, reset = 0;
	double rate = 1, burst = 1;
	must(!ratelimit_left(v, &left, &reset) || (left >= 0 && reset >= 0));
	must(!ratelimit_policy(v, &rate, &burst) || (rate > 0 && burst > 0));
}

/* The text as a word of a command, over a line and over a JSON line. */
static void
placeholders(char *text)
{
	static const char json[] = "{\"a\":{\"b\":\"x\\u00e9/y.z\"},\"n\":1e400}";
	char *const words[] = {text, NULL};
	struct command c = {0};
	struct argv_buf f = {0};
	command_parse(&c, words, false);
	struct template_args line = {.source = span_of("dir/na me.mp4"), .index = 6};
	must(*command_fill(&c, &line, &f) || f.argv[0]);
	struct template_args object = {.source = span_of(json), .objects = {span_of(json)}};
	command_fill(&c, &object, &f);
	command_free(&c);
	argv_buf_free(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	struct span v = {(const char *)data + 1, size - 1};
	char *text = mem_dup(v);
	int64_t us = 0;
	double rate = 1, burst = 0;
	switch (data[0] % 7) {
	case 4:
		limits(v);
		break;
	case 5:
		placeholders(text);
		break;
	case 0:
		delays(v);
		break;
	case 1:
		must(clock_duration(text, &us) || (us >= 0 && us <= 10 * 365 * 86400 * SECOND));
		break;
	case 2:
		must(pace_parse(text, &rate, &burst) ||
		     (rate > 0 && rate <= 1e6 && burst >= 0 && burst <= 1e6));
		break;
	case 3:
		/* what is taken as this machine is a base URL only if it is one */
		if (!http_url_problem(text))
			http_url_loopback(text);
		id(text);
		break;
	default:
		clean(v);
		if (!json_pointer_check(text))
			json_at(span_of("{\"a\":[1,{\"b\":2}]}"), text, &(struct span){0});
	}
	free(text);
	return 0;
}
