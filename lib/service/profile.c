#include "service/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/msg.h"
#include "base/owned.h"
#include "base/suggest.h"
#include "json/json.h"

enum { PROFILE_BYTES_MAX = 1 << 20 };

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
		msg_die(EXIT_BAD_CONFIG,
			"no profile \"%s\": did you mean %s? (known: %s, or a file: -p "
			"./NAME.json)",
			name, near, buf_cstr(&known));
	msg_die(EXIT_BAD_CONFIG, "no profile \"%s\" (known: %s, or a file: -p ./NAME.json)", name,
		buf_cstr(&known));
}

void
profile_folder(struct buf *out)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && *config)
		buf_fmt(out, "%s/tc/profiles", config);
	else
		buf_fmt(out, "%s/.config/tc/profiles", home ? home : "");
}

static const char *
builtin(const char *name)
{
	for (const struct builtin_profile *b = builtin_profiles; b->name; b++)
		if (strcmp(b->name, name) == 0)
			return b->text;
	return NULL;
}

bool
profile_text_of(const char *name, struct buf *out, char **from)
{
	size_t n = strlen(name);
	struct buf path = {0};
	bool is_file = strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".json") == 0);
	if (is_file) {
		buf_str(&path, name);
	} else {
		profile_folder(&path);
		buf_fmt(&path, "/%s.json", name);
	}
	bool found = owned_read(out, "profile", buf_cstr(&path), PROFILE_BYTES_MAX) == 0;
	if (!found && (is_file || (errno != ENOENT && errno != ENOTDIR)))
		msg_die(EXIT_BAD_CONFIG, "profile %s: %s", buf_cstr(&path), strerror(errno));
	*from = mem_dup(found ? buf_all(&path) : span_of(name));
	const char *text = found ? NULL : builtin(name);
	if (text)
		buf_str(out, text);
	buf_free(&path);
	return found || text;
}

struct profile *
profile_load(const char *name)
{
	struct buf b = {0};
	char *from = NULL;
	if (!profile_text_of(name, &b, &from))
		unknown(name);
	struct profile *p = profile_parse(from, buf_all(&b), NULL);
	buf_free(&b);
	free(from);
	return p;
}

static enum state
find_state(const struct state_map *states, size_t n, const char *word, bool *known)
{
	*known = true;
	for (size_t i = 0; i < n; i++)
		if (strcmp(states[i].word, word) == 0)
			return states[i].state;
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(states[i].word, word) == 0)
			return states[i].state;
	*known = false;
	return state_of_usual_word(word);
}

enum state
profile_state(const struct profile *p, const char *word, bool *known)
{
	return find_state(p->states, p->states_n, word, known);
}

enum state
profile_output_state(const struct profile *p, const char *word, bool *known)
{
	return find_state(p->output_states, p->output_states_n, word, known);
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
