#include "base/words.h"

#include "base/buf.h"
#include "base/space.h"

/*
 * Append the quoted text at p, which is the quote. Return its end, or NULL if
 * the quote is not closed.
 */
static const char *
quoted(struct buf *word, const char *p)
{
	char quote = *p++;
	for (; *p && *p != quote; p++) {
		if (quote == '"' && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		buf_ch(word, *p);
	}
	return *p ? p + 1 : NULL;
}

/* Append the word at p. Return its end, or NULL if a quote is not closed. */
static const char *
read_word(struct buf *word, const char *p)
{
	while (p && *p && !is_space(*p)) {
		if (*p == '\'' || *p == '"') {
			p = quoted(word, p);
			continue;
		}
		if (*p == '\\' && p[1])
			p++;
		buf_ch(word, *p++);
	}
	return p;
}

bool
words_split(const char *text, struct strings *words)
{
	for (const char *p = text; p;) {
		struct buf word = {0};
		while (is_space(*p))
			p++;
		if (!*p)
			return true;
		p = read_word(&word, p);
		strings_add(words, mem_dup(buf_all(&word)));
		buf_free(&word);
	}
	return false;
}
