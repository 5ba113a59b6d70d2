#include "service/variables.h"

#include <stdlib.h>
#include <string.h>

#include "base/hide.h"
#include "base/msg.h"
#include "base/os.h"
#include "http/http.h"
#include "json/json.h"

/* Return the variable's value, or NULL. */
static const char *
value_of(const struct variable *v, bool samples)
{
	const char *value = getenv(v->name);
	if (value && *value)
		return value;
	return samples ? v->sample : NULL;
}

/* A value is text for the template that the body or path is: braces in it are not fills. */
static void
add_value(struct buf *out, const struct profile *p, const char *name, const char *value,
	  enum variable_place place)
{
	struct buf b = {0};
	switch (place) {
	case VARIABLE_HOST:
		if (strspn(value, VARIABLE_HOST_CHARS) != strlen(value))
			msg_die(EXIT_BAD_CONFIG,
				"%s: profile %s has it in its base URL: "
				"expected " VARIABLE_HOST_WORDS,
				name, p->name);
		buf_str(out, value);
		break;
	case VARIABLE_PATH:
		http_escape(out, span_of(value));
		break;
	case VARIABLE_JSON:
		json_escape(&b, span_of(value));
		for (size_t i = 0; i < b.n; i++)
			if (b.p[i] == '{')
				buf_str(out, "\\u007b");
			else
				buf_ch(out, b.p[i]);
		break;
	case VARIABLE_HEADER:
		buf_str(out, value);
		break;
	}
	buf_free(&b);
}

const char *
variables_fill(const struct profile *p, const char *text, enum variable_place place, bool shown,
	       bool samples, struct buf *out)
{
	const char *missing = NULL;
	while (*text) {
		const struct variable *v = NULL;
		size_t n = strncmp(text, "${", 2) == 0 ? strcspn(text, "}") : 0;
		if (n && text[n])
			v = profile_variable(p, (struct span){text + 2, n - 2});
		if (!v) {
			buf_ch(out, *text++);
			continue;
		}
		const char *value = value_of(v, samples);
		if (!value && !missing)
			missing = v->name;
		if (!value || (shown && v->secret))
			buf_add(out, text, n + 1);
		else
			add_value(out, p, v->name, value, place);
		text += n + 1;
	}
	return missing;
}

void
variables_missing(const struct profile *p, const char *name)
{
	const struct variable *v = profile_variable(p, span_of(name));
	msg_die(EXIT_BAD_CONFIG, "%s is not set: profile %s needs it%s%s%s", name, p->name,
		v && v->about ? " (" : "", v && v->about ? v->about : "", v && v->about ? ")" : "");
}

static void
fill(struct profile *p, char **text, enum variable_place place, bool samples)
{
	struct buf b = {0};
	if (!*text || !strstr(*text, "${"))
		return;
	const char *missing = variables_fill(p, *text, place, false, samples, &b);
	if (missing)
		variables_missing(p, missing);
	free(*text);
	*text = mem_dup(buf_all(&b));
	buf_free(&b);
}

void
variables_fill_calls(struct profile *p, bool samples)
{
	struct upload_profile *u = &p->upload;
	struct call *const calls[] = {&p->create,  &p->get, &p->list,  &p->cancel,
				      &p->confirm, &p->url, &u->start, &u->send,
				      &u->finish,  &u->get, &u->more,  &u->abort};
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		fill(p, &calls[i]->path, VARIABLE_PATH, samples);
		fill(p, &calls[i]->body, VARIABLE_JSON, samples);
	}
	fill(p, &p->sigv4, VARIABLE_HOST, samples);
}

/* Hide it in every form in which it may be echoed: as it is, in JSON, and in a URL. */
static void
hide(const char *value, const char *shown)
{
	struct buf b = {0};
	if (!strpbrk(value, "\"{\n"))
		secret_keep(value, shown);
	json_escape(&b, span_of(value));
	secret_keep(buf_cstr(&b), shown);
	b.n = 0;
	for (const char *c = value; *c; c++)
		buf_fmt(&b, "%s%c", *c == '/' ? "\\" : "", *c);
	if (strchr(value, '/') && !strpbrk(value, "\"\\\n"))
		secret_keep(buf_cstr(&b), shown);
	b.n = 0;
	http_escape(&b, span_of(value));
	secret_keep(buf_cstr(&b), shown);
	buf_free(&b);
}

void
variables_hide(const struct profile *p)
{
	for (size_t i = 0; i < p->variables_n; i++) {
		const char *value = p->variables[i].secret ? getenv(p->variables[i].name) : NULL;
		struct buf shown = {0};
		buf_fmt(&shown, "${%s}", p->variables[i].name);
		if (value) {
			os_private();
			hide(value, buf_cstr(&shown));
		}
		buf_free(&shown);
	}
}

void
variables_hide_key(const char *key)
{
	const char *colon = strchr(key, ':');
	hide(key, "***");
	if (colon)
		hide(colon + 1, "***");
}
