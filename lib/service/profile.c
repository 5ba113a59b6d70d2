#include "service/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json/json.h"
#include "base/msg.h"
#include "base/suggest.h"
#include "base/owned.h"

enum { PROFILE_BYTES_MAX = 1 << 20 };

static struct profile *
from_file(const char *path)
{
	struct buf b = {0};
	if (owned_read(&b, "profile", path, PROFILE_BYTES_MAX) < 0)
		msg_die(EXIT_BAD_CONFIG, "profile %s: %s", path, strerror(errno));
	struct profile *p = profile_parse(path, buf_all(&b));
	buf_free(&b);
	return p;
}

static const char *
nearest(const char *name)
{
	const char *found = NULL;
	unsigned best = SUGGEST_NONE;
	for (const struct builtin_profile *b = builtin_profiles; b->name; b++)
		if (suggest_closer(name, strlen(name), b->name, &best))
			found = b->name;
	return found;
}

static void
unknown(const char *name)
{
	struct buf known = {0};
	const char *near = nearest(name);
	for (const struct builtin_profile *b = builtin_profiles; b->name; b++)
		buf_fmt(&known, "%s%s", known.n ? ", " : "", b->name);
	if (near)
		msg_die(EXIT_BAD_CONFIG, "no profile \"%s\": did you mean %s? (known: %s, or a file: -p ./NAME.json)", name, near,
			buf_cstr(&known));
	msg_die(EXIT_BAD_CONFIG, "no profile \"%s\" (known: %s, or a file: -p ./NAME.json)", name, buf_cstr(&known));
}

struct profile *
profile_load(const char *name)
{
	size_t n = strlen(name);
	if (strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".json") == 0))
		return from_file(name);
	struct buf path = {0}, b = {0};
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && *config)
		buf_fmt(&path, "%s/tc/profiles/%s.json", config, name);
	else
		buf_fmt(&path, "%s/.config/tc/profiles/%s.json", home ? home : "", name);
	struct profile *p = NULL;
	if (owned_read(&b, "profile", buf_cstr(&path), PROFILE_BYTES_MAX) == 0)
		p = profile_parse(buf_cstr(&path), buf_all(&b));
	else if (errno != ENOENT && errno != ENOTDIR)
		msg_die(EXIT_BAD_CONFIG, "profile %s: %s", buf_cstr(&path), strerror(errno));
	buf_free(&path);
	buf_free(&b);
	for (const struct builtin_profile *bp = builtin_profiles; !p && bp->name; bp++)
		if (strcmp(bp->name, name) == 0)
			p = profile_parse(name, span_of(bp->text));
	if (!p)
		unknown(name);
	return p;
}

const char *
state_name(enum state s)
{
	static const char *const words[] = {"pending", "running", "succeeded", "partial", "failed", "canceled", "blocked"};
	return words[s];
}

bool
state_ended(enum state s)
{
	return s >= STATE_SUCCEEDED;
}

/* Words that mean an end wherever they stand: a profile may lack one, or a service get it. */
static enum state
usual_state(const char *word)
{
	static const struct {
		const char *word;
		enum state state;
	} usual[] = {
		{"completed", STATE_SUCCEEDED}, {"complete", STATE_SUCCEEDED},	{"succeeded", STATE_SUCCEEDED},
		{"success", STATE_SUCCEEDED},	{"successful", STATE_SUCCEEDED}, {"done", STATE_SUCCEEDED},
		{"finished", STATE_SUCCEEDED},	{"failed", STATE_FAILED},	{"failure", STATE_FAILED},
		{"error", STATE_FAILED},	{"errored", STATE_FAILED},	{"timed_out", STATE_FAILED},
		{"canceled", STATE_CANCELED},	{"cancelled", STATE_CANCELED},	{"aborted", STATE_CANCELED},
	};
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (strcasecmp(usual[i].word, word) == 0)
			return usual[i].state;
	return STATE_RUNNING;
}

enum state
profile_state(const struct profile *p, const char *word, bool *known)
{
	*known = true;
	for (size_t i = 0; i < p->states_n; i++)
		if (strcmp(p->states[i].word, word) == 0)
			return p->states[i].state;
	for (size_t i = 0; i < p->states_n; i++)
		if (strcasecmp(p->states[i].word, word) == 0)
			return p->states[i].state;
	*known = false;
	return usual_state(word);
}

bool
numbers_have(const struct numbers *s, int n)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] == n)
			return true;
	return false;
}

static bool
take_text(void *ctx, struct span v)
{
	char **out = ctx;
	*out = json_type(v) == JSON_NUMBER ? mem_dup(v) : json_text(v);
	if (*out && !**out) {
		free(*out);
		*out = NULL;
	}
	return *out == NULL;
}

char *
profile_find(const struct strings *pointers, struct span doc)
{
	char *out = NULL;
	for (size_t i = 0; i < pointers->n && !out; i++)
		json_walk(doc, pointers->v[i], take_text, &out);
	return out;
}
