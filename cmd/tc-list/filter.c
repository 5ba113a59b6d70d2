/* Selects jobs. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/opt.h"
#include "list.h"
#include "service/joblist.h"
#include "json/json.h"

const char *
filter_add(void *to, const char *value)
{
	strings_copy(to, value);
	return NULL;
}

const char *
filter_time(void *to, const char *value)
{
	int64_t *at = to, back;
	if (date_parse(value, at))
		return NULL;
	if (clock_duration(value, &back))
		return "expected a date, RFC 3339, or how long ago, such as 24h";
	*at = clock_wall() - back;
	return NULL;
}

bool
filter_sends(const struct profile *p, const char *name)
{
	return (p->list.path && strstr(p->list.path, name)) ||
	       (p->list.body && strstr(p->list.body, name));
}

/* Refuse a bound that neither the service nor we can apply: it would keep all jobs. */
static void
check_time(const struct profile *p, const char *option, int64_t at, const char *name)
{
	if (at && !p->list_created.n && !filter_sends(p, name))
		opt_usage("%s: profile %s does not say when a job was created (/list/created)",
			  option, p->name);
}

void
filter_check(const struct filter *f, const struct profile *p)
{
	if (f->batch && !p->batch)
		opt_usage("-b: profile %s has no place for the name of a batch", p->name);
	if (f->metadata.n && !p->metadata)
		opt_usage("-m: profile %s has no place for metadata", p->name);
	check_time(p, "--since", f->since, "{since}");
	check_time(p, "--until", f->until, "{until}");
	for (size_t i = 0; i < f->metadata.n; i++)
		if (!strchr(f->metadata.v[i], '=') || *f->metadata.v[i] == '=')
			opt_usage("-m %s: expected NAME=VALUE", f->metadata.v[i]);
}

/* Return true if a word of -s means this status. */
static bool
means(const char *word, const char *status, enum state state)
{
	return strcasecmp(word, status) == 0 || strcasecmp(word, state_name(state)) == 0;
}

const char *
filter_status(const struct filter *f, const struct profile *p)
{
	const char *found = NULL;
	if (f->words.n != 1)
		return NULL;
	for (size_t i = 0; i < p->states_n; i++) {
		if (!means(f->words.v[0], p->states[i].word, p->states[i].state))
			continue;
		if (strcasecmp(f->words.v[0], p->states[i].word) == 0)
			return p->states[i].word;
		if (found)
			return NULL; /* several words have this state */
		found = p->states[i].word;
	}
	return found;
}

static bool
has_text(struct span job, const char *pointer, const char *want)
{
	struct span v;
	char *text = json_at(job, pointer, &v) ? json_text(v) : NULL;
	bool same = text && strcmp(text, want) == 0;
	free(text);
	return same;
}

/* Append a name as a token of a JSON Pointer (RFC 6901). */
static void
add_token(struct buf *out, struct span name)
{
	buf_ch(out, '/');
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_str(out, name.p[i] == '~' ? "~0" : "~1");
		else
			buf_ch(out, name.p[i]);
}

static bool
has_pair(const struct profile *p, struct span job, const char *pair)
{
	const char *value = strchr(pair, '=') + 1;
	struct buf pointer = {0};
	buf_str(&pointer, p->metadata);
	add_token(&pointer, (struct span){pair, (size_t)(value - pair) - 1});
	bool has = has_text(job, buf_cstr(&pointer), value);
	buf_free(&pointer);
	return has;
}

static bool
has_status(const struct filter *f, const struct profile *p, struct span job)
{
	bool known, has = !f->words.n;
	char *status = profile_find(&p->status, job);
	for (size_t i = 0; status && i < f->words.n && !has; i++)
		has = means(f->words.v[i], status, profile_state(p, status, &known));
	free(status);
	return has;
}

bool
filter_keeps(const struct filter *f, const struct profile *p, struct span job)
{
	int64_t at;
	if (joblist_created(p, job, &at) &&
	    ((f->since && at < f->since) || (f->until && at > f->until)))
		return false;
	if (f->batch && !has_text(job, p->batch, f->batch))
		return false;
	for (size_t i = 0; i < f->metadata.n; i++)
		if (!has_pair(p, job, f->metadata.v[i]))
			return false;
	return has_status(f, p, job);
}
