/* tc-profile list and show: the profiles, and what each needs. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/space.h"
#include "base/strlist.h"
#include "tool.h"
#include "json/json.h"

enum { NAME_WIDTH = 18, SERVICE_WIDTH = 27, CALLS_WIDTH = 47 };

bool
tool_is_set(const char *name)
{
	const char *colon = strchr(name, ':');
	char *first = mem_dup((struct span){name, colon ? (size_t)(colon - name) : strlen(name)});
	const char *value = getenv(first), *other = colon ? getenv(colon + 1) : "x";
	free(first);
	return value && *value && other && *other;
}

void
tool_calls(struct buf *out, const struct profile *p, const char *between)
{
	const struct {
		const char *name;
		bool has;
	} calls[] = {{"create", true},
		     {"get", true},
		     {"list", p->list.method},
		     {"cancel", p->cancel.method},
		     {"confirm", p->confirm.method},
		     {"url", p->url.method || p->url_from_get},
		     {"upload", p->upload.kind},
		     {"events", p->hook_job.n}};
	bool any = false;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (!calls[i].has)
			continue;
		buf_fmt(out, "%s%s", any ? between : "", calls[i].name);
		any = true;
	}
}

void
tool_variables(const struct profile *p,
	       void (*hit)(void *, const char *, enum variable_use, const char *), void *ctx)
{
	for (size_t i = 0; i < p->key_envs.n; i++)
		hit(ctx, p->key_envs.v[i], USE_KEY, NULL);
	for (size_t i = 0; i < p->variables_n; i++)
		hit(ctx, p->variables[i].name, USE_REQUEST, p->variables[i].about);
	if (p->hook_env)
		hit(ctx, p->hook_env, USE_EVENTS, NULL);
}

static void
add_variable(void *ctx, const char *name, enum variable_use use, const char *about)
{
	(void)use, (void)about;
	struct buf *out = ctx;
	buf_fmt(out, "%s%s (%s)", out->n ? ", " : "", name, tool_is_set(name) ? "set" : "not set");
}

static void
add_variable_json(void *ctx, const char *name, enum variable_use use, const char *about)
{
	static const char *const uses[] = {"key", "request", "events"};
	struct buf *out = ctx;
	if (out->n)
		buf_ch(out, ',');
	json_open(out);
	json_str(out, "name", span_of(name));
	json_str(out, "for", span_of(uses[use]));
	json_bool(out, "set", tool_is_set(name));
	if (about)
		json_str(out, "about", span_of(about));
	json_close(out);
}

static void
list_json(struct buf *out, const struct profile *p, const char *file)
{
	struct buf calls = {0}, variables = {0};
	buf_str(&calls, "[\"");
	tool_calls(&calls, p, "\",\"");
	buf_str(&calls, "\"]");
	tool_variables(p, add_variable_json, &variables);
	json_open(out);
	json_str(out, "name", span_of(p->name));
	json_str(out, "service", span_of(p->service ? p->service : p->name));
	if (file)
		json_str(out, "file", span_of(file));
	json_raw(out, "calls", buf_all(&calls));
	struct buf list = {0};
	buf_fmt(&list, "[%s]", variables.n ? buf_cstr(&variables) : "");
	json_raw(out, "variables", buf_all(&list));
	json_close(out);
	buf_ch(out, '\n');
	buf_free(&calls);
	buf_free(&variables);
	buf_free(&list);
}

/* Report a profile that cannot be read, and list the others. */
static bool
list_one(struct buf *out, const char *name)
{
	struct buf text = {0}, calls = {0}, variables = {0};
	struct profile_problems bad = {0};
	char *from = NULL;
	bool found = profile_text_of(name, &text, &from);
	struct profile *p = found ? profile_parse(from, buf_all(&text), &bad) : NULL;
	const char *file = from && strchr(from, '/') ? from : NULL;
	if (bad.n) {
		msg_error("profile %s: line %u: %s: %s (tc-profile check %s tells more)", from,
			  bad.v[0].line, bad.v[0].at, bad.v[0].text, from);
	} else if (p && tool_options.json) {
		list_json(out, p, file);
	} else if (p) {
		tool_calls(&calls, p, " ");
		tool_variables(p, add_variable, &variables);
		buf_fmt(out, "%-*s %-*s %-*s %s\n", NAME_WIDTH, name, SERVICE_WIDTH,
			p->service ? p->service : "-", CALLS_WIDTH, buf_cstr(&calls),
			variables.n ? buf_cstr(&variables) : "-");
	}
	bool good = !bad.n;
	profile_free(p);
	profile_problems_free(&bad);
	buf_free(&text);
	buf_free(&calls);
	buf_free(&variables);
	free(from);
	return good;
}

/* Add the names of the user's own profiles. */
static void
find_files(struct strings *names)
{
	struct buf folder = {0};
	profile_folder(&folder);
	DIR *d = opendir(buf_cstr(&folder));
	for (const struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		size_t n = strlen(e->d_name);
		if (n <= 5 || *e->d_name == '.' || strcmp(e->d_name + n - 5, ".json") != 0)
			continue;
		char *name = mem_dup((struct span){e->d_name, n - 5});
		if (strings_have(names, name))
			free(name);
		else
			strings_add(names, name);
	}
	if (d)
		closedir(d);
	buf_free(&folder);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
tool_list(void)
{
	struct strings names = {0};
	struct buf out = {0};
	bool good = true;
	for (const struct builtin_profile *b = builtin_profiles; b->name; b++)
		strings_copy(&names, b->name);
	find_files(&names);
	qsort(names.v, names.n, sizeof *names.v, by_name);
	for (size_t i = 0; i < names.n; i++)
		if (tool_options.names)
			buf_fmt(&out, "%s\n", names.v[i]);
		else
			good = list_one(&out, names.v[i]) && good;
	tool_write(&out);
	buf_free(&out);
	strings_free(&names);
	return good ? EXIT_OK : EXIT_BAD_CONFIG;
}

int
tool_show(const char *name)
{
	struct buf text = {0}, out = {0};
	char *from = NULL;
	if (!profile_text_of(name, &text, &from))
		(void)profile_load(name); /* exits, with the nearest name */
	if (tool_options.json) {
		profile_free(profile_parse(from, buf_all(&text), NULL));
		json_oneline(&out, span_trim(buf_all(&text)));
		buf_ch(&out, '\n');
	} else {
		buf_span(&out, buf_all(&text));
	}
	tool_write(&out);
	buf_free(&text);
	buf_free(&out);
	free(from);
	return EXIT_OK;
}
