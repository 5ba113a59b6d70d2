/*
 * tc-profile doctor: check whether this profile can be used from here. The key
 * is checked but never sent.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/findpath.h"
#include "base/msg.h"
#include "base/secret.h"
#include "flow/retry.h"
#include "http/http.h"
#include "service/variables.h"
#include "tool.h"
#include "json/json.h"

/* A larger difference of the clocks makes certificates and signatures invalid. */
#define SKEW_MAX (2 * 60 * SECOND)
#define PATIENCE (20 * SECOND)

struct doctor {
	const struct profile *p;
	struct buf out, json;
	int status;
	bool key, key_needed; /* one of the key's variables is set; the key has variables */
};

enum finding { GOOD, NOTE, BAD };

/* Note a finding; status is the exit status if it is bad. */
static void find(struct doctor *d, enum finding what, int status, const char *check,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void
find(struct doctor *d, enum finding what, int status, const char *check, const char *fmt, ...)
{
	static const char *const words[] = {"ok", "note", "bad"};
	struct buf text = {0}, safe = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	msg_sanitize(&safe, buf_all(&text));
	buf_fmt(&d->out, "%-5s %-10s %s\n", words[what], check, buf_cstr(&safe));
	if (d->json.n)
		buf_ch(&d->json, ',');
	json_open(&d->json);
	json_str(&d->json, "check", span_of(check));
	json_bool(&d->json, "ok", what != BAD);
	json_str(&d->json, "finding", span_of(words[what]));
	json_str(&d->json, "message", buf_all(&text));
	json_close(&d->json);
	if (what == BAD && !d->status)
		d->status = status;
	buf_free(&text);
	buf_free(&safe);
}

static void
check_variable(void *ctx, const char *name, enum variable_use use, const char *about)
{
	struct doctor *d = ctx;
	bool set = tool_is_set(name);
	struct buf line = {0};
	if (use == USE_KEY) {
		d->key_needed = true;
		d->key |= set;
		return;
	}
	bool in_header_only = true;
	const struct variable *v = profile_variable(d->p, span_of(name));
	const char *texts[] = {d->p->base_url, d->p->create.path, d->p->defaults,
			       d->p->sigv4,    d->p->list.path,   d->p->get.path};
	buf_fmt(&line, "${%s}", name);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		in_header_only = in_header_only && !(texts[i] && strstr(texts[i], buf_cstr(&line)));
	bool optional = use == USE_EVENTS || (v && in_header_only);
	find(d,
	     set        ? GOOD
	     : optional ? NOTE
			: BAD,
	     EXIT_BAD_CONFIG, "variable", "%s is %s%s%s%s", name, set ? "set" : "not set",
	     about               ? " ("
	     : use == USE_EVENTS ? " (the secret of events"
				 : "",
	     about ? about : "", about || use == USE_EVENTS ? ")" : "");
	buf_free(&line);
}

/* Return true if a file of ours holds what can be sent as a key; others are not looked into. */
static bool
has_key(const char *file, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || (st->st_uid != geteuid() && st->st_uid != 0))
		return true;
	char *key = secret_reload(file);
	bool has = key != NULL;
	if (has)
		memset(key, 0, strlen(key));
	free(key);
	return has;
}

static void
check_key_file(struct doctor *d, const char *file)
{
	struct stat st;
	if (stat(file, &st) < 0)
		find(d, BAD, EXIT_BAD_CONFIG, "key", "%s cannot be read", file);
	else if (S_ISDIR(st.st_mode))
		find(d, BAD, EXIT_BAD_CONFIG, "key", "%s is a directory", file);
	else if (st.st_mode & 077)
		find(d, BAD, EXIT_BAD_CONFIG, "key",
		     "%s can be read by others (mode %03o): chmod 600 %s", file,
		     (unsigned)st.st_mode & 0777, file);
	else if (!has_key(file, &st))
		find(d, BAD, EXIT_BAD_CONFIG, "key", "%s is empty, or holds more than a key", file);
	else
		find(d, GOOD, 0, "key", "%s is private (mode %03o)", file,
		     (unsigned)st.st_mode & 0777);
}

static void
check_key(struct doctor *d)
{
	const struct profile *p = d->p;
	if (p->auth == AUTH_NONE) {
		find(d, GOOD, 0, "key", "not needed");
	} else if (tool_options.key_file) {
		check_key_file(d, tool_options.key_file);
	} else if (d->key) {
		find(d, GOOD, 0, "key", "%s: set", p->key_env);
	} else if (p->key_command.n) {
		char *path = find_command(p->key_command.v[0]);
		find(d, path ? GOOD : BAD, EXIT_BAD_CONFIG, "key",
		     path ? "printed by %s, which was not run"
			  : "%s does not exist, and %s is not set",
		     path ? path : p->key_command.v[0], p->key_env);
		free(path);
	} else if (p->key_default) {
		find(d, GOOD, 0, "key", "the profile's own");
	} else {
		find(d, BAD, EXIT_BAD_CONFIG, "key", "set %s, or give --key-file FILE", p->key_env);
	}
}

static void
check_clock(struct doctor *d, const struct http_response *r)
{
	int64_t now = clock_wall(), date = date_parse_http(http_header(r, "Date"), now),
		off = date - now;
	if (date <= 0)
		find(d, NOTE, 0, "clock", "the response has no Date");
	else if (off > SKEW_MAX || off < -SKEW_MAX)
		find(d, BAD, EXIT_BAD_CONFIG, "clock", "%lld s %s the service's: set it",
		     (long long)(off < 0 ? -off : off) / SECOND, off < 0 ? "ahead of" : "behind");
	else
		find(d, GOOD, 0, "clock", "%lld s apart from the service's",
		     (long long)(off < 0 ? -off : off) / SECOND);
}

/* Request the base URL, without the key. */
static void
check_reach(struct doctor *d, const char *url)
{
	struct http_config c = {.cacert = tool_options.cacert, .loopback = http_url_loopback(url)};
	struct http_request q = {.method = "GET",
				 .url = url,
				 .anonymous = true,
				 .header = "User-Agent: tc/" TC_VERSION,
				 .timeout = PATIENCE};
	struct http *h = http_new(&c);
	struct http_response *r;
	void *user;
	http_send(h, &q, d);
	while (!(r = http_next(h, &user)))
		http_wait(h, NULL, 0, clock_now() + SECOND);
	if (r->status) {
		find(d, GOOD, 0, "reach", "%s answers: HTTP %d in %lld ms", url, r->status,
		     (long long)((r->ended - r->began) / MILLISECOND));
		check_clock(d, r);
	} else {
		find(d, BAD, EXIT_UNREACHABLE, "reach", "%s: %s", url, r->why);
	}
	http_free(h);
}

static void
check_url(struct doctor *d)
{
	const struct profile *p = d->p;
	struct buf url = {0};
	const char *given = tool_options.base_url;
	const char *missing =
		given ? NULL : variables_fill(p, p->base_url, VARIABLE_HOST, false, false, &url);
	if (given)
		buf_str(&url, given);
	const char *why = missing ? NULL : http_url_problem(buf_cstr(&url));
	if (missing)
		find(d, BAD, EXIT_BAD_CONFIG, "reach", "%s is part of the address, but is not set",
		     missing);
	else if (why)
		find(d, BAD, EXIT_BAD_CONFIG, "reach", "%s: %s", buf_cstr(&url), why);
	else if (strncmp(buf_cstr(&url), "https://", 8) != 0 &&
		 !http_url_loopback(buf_cstr(&url)) && p->auth != AUTH_NONE)
		find(d, BAD, EXIT_BAD_CONFIG, "reach", "%s: a key is not sent over plain http",
		     buf_cstr(&url));
	else
		check_reach(d, buf_cstr(&url));
	if (!missing && http_url_loopback(buf_cstr(&url))) {
		char *ffmpeg = find_command("ffmpeg");
		find(d, ffmpeg ? GOOD : BAD, EXIT_BAD_CONFIG, "ffmpeg", "%s",
		     ffmpeg ? ffmpeg : "not found: tc-serve runs it");
		free(ffmpeg);
	}
	buf_free(&url);
}

int
tool_doctor(const char *name)
{
	const char *provider = getenv("TC_PROVIDER");
	struct profile *p = profile_load(name                    ? name
					 : provider && *provider ? provider
								 : "ffmpeg-micro");
	struct doctor d = {.p = p};
	variables_hide(p);
	tool_variables(p, check_variable, &d);
	check_key(&d);
	check_url(&d);
	char *jq = find_command("jq");
	find(&d, jq ? GOOD : NOTE, 0, "jq", "%s",
	     jq ? jq : "not found: pipelines use it, the tools do not");
	free(jq);
	struct buf out = {0};
	if (tool_options.json) {
		struct buf list = {0};
		buf_fmt(&list, "[%s]", buf_cstr(&d.json));
		json_open(&out);
		json_bool(&out, "ok", !d.status);
		json_str(&out, "profile", span_of(p->name));
		json_raw(&out, "checks", buf_all(&list));
		json_close(&out);
		buf_ch(&out, '\n');
		buf_free(&list);
	} else {
		buf_fmt(&out, "%s (%s)\n%s", p->name, p->service ? p->service : "-",
			buf_cstr(&d.out));
	}
	tool_write(&out);
	buf_free(&out);
	buf_free(&d.out);
	buf_free(&d.json);
	profile_free(p);
	return d.status;
}
