/* Reads what a profile says of the words of tc-create's options, and of its sources. */
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "service/profile_value.h"
#include "json/json.h"

/* Return true for an object; otherwise add a problem. */
static bool
is_object(const struct profile_reader *r, const char *at, struct span v)
{
	if (json_type(v) != JSON_OBJECT)
		profile_error(r, at, "expected an object");
	return json_type(v) == JSON_OBJECT;
}

/* Check that a member of the object at `at` is an option of tc-create that takes the service's
 * words. */
static void
check_option(const struct profile_reader *r, const char *at, struct span key)
{
	static const char *const known[] = {"format", "quality", "resolution"};
	const char *near = NULL;
	unsigned best = SUGGEST_NONE;
	struct buf member = {0};
	buf_fmt(&member, "%s/%.*s", at, (int)key.n, key.p);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (span_is(key, known[i])) {
			buf_free(&member);
			return;
		}
		if (suggest_closer(key.p, key.n, known[i], &best))
			near = known[i];
	}
	if (near)
		profile_error(r, buf_cstr(&member), "unknown member: did you mean %s/%s?", at,
			      near);
	else
		profile_error(r, buf_cstr(&member),
			      "unknown member: expected format, quality or resolution");
	buf_free(&member);
}

static void
read_words(const struct profile_reader *r)
{
	struct span all, key, v;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/request/words", &all) || !is_object(r, "/request/words", all))
		return;
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		check_option(r, "/request/words", key);
		p->words = mem_room(p->words, p->words_n, sizeof *p->words);
		p->words[p->words_n] = (struct known_values){.option = mem_dup(key)};
		struct buf at = {0};
		buf_fmt(&at, "/request/words/%.*s", (int)key.n, key.p);
		profile_strings(r, buf_cstr(&at), v, &p->words[p->words_n++].words, false);
		buf_free(&at);
	}
}

/* {"/pointer": value}, the members that a word brings with it */
static void
read_companions(const struct profile_reader *r, struct span option, struct span word,
		struct span set)
{
	struct span pointer, value;
	struct profile *p = r->p;
	for (struct json_iter it = json_each(set); json_next(&it, &pointer, &value);) {
		p->with = mem_room(p->with, p->with_n, sizeof *p->with);
		p->with[p->with_n++] = (struct word_companion){
			mem_dup(option), mem_dup(word),
			profile_pointer(r, "/request/with",
					(struct span){pointer.p - 1, pointer.n + 2}),
			mem_dup(value)};
	}
}

/* Check that /request/words, if it lists the words of that option, lists this one. */
static void
check_word(const struct profile_reader *r, const char *at, struct span option, struct span word)
{
	const struct profile *p = r->p;
	char *text = json_text((struct span){word.p - 1, word.n + 2});
	for (size_t i = 0; text && i < p->words_n; i++)
		if (span_is(option, p->words[i].option) && !strings_have(&p->words[i].words, text))
			profile_error(r, at, "\"%s\": /request/words/%s does not list it", text,
				      p->words[i].option);
	free(text);
}

/* {"format": {"webm": {"/pointer": value}}} */
static void
read_with(const struct profile_reader *r)
{
	static const char at[] = "/request/with";
	struct span all, option, words, word, set;
	if (!json_at(r->doc, at, &all) || !is_object(r, at, all))
		return;
	for (struct json_iter i = json_each(all); json_next(&i, &option, &words);) {
		struct buf member = {0};
		check_option(r, at, option);
		buf_fmt(&member, "%s/%.*s", at, (int)option.n, option.p);
		size_t n = member.n;
		if (is_object(r, buf_cstr(&member), words))
			for (struct json_iter k = json_each(words); json_next(&k, &word, &set);) {
				member.n = n;
				buf_fmt(&member, "/%.*s", (int)word.n, word.p);
				check_word(r, buf_cstr(&member), option, word);
				if (is_object(r, buf_cstr(&member), set))
					read_companions(r, option, word, set);
			}
		buf_free(&member);
	}
}

void
profile_words(const struct profile_reader *r)
{
	struct span value;
	if (json_at(r->doc, "/request/source/only", &value)) {
		profile_choice(r, "/request/source/only", value, "url");
		r->p->urls_only = true;
	}
	read_words(r);
	read_with(r);
}
