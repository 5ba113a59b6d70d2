/* The cases of tests/data/json-suite.txt, and nesting. Run at the top of the tree. */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "json/json.h"

/* From a piece of memory just as long as the text, so that a sanitizer sees a byte too much. */
static bool
taken_by(const char *(*check)(struct span, size_t *), struct span text)
{
	char *copy = mem_alloc(text.n);
	memcpy(copy, text.p, text.n);
	bool good = !check((struct span){copy, text.n}, NULL);
	struct buf out = {0};
	/* what is taken can be read, to the last byte */
	if (good)
		json_at((struct span){copy, text.n}, "/*/*/*", &(struct span){0});
	if (good && json_type((struct span){copy, text.n}) == JSON_STRING)
		json_decode(&out, (struct span){copy, text.n});
	buf_free(&out);
	free(copy);
	return good;
}

static bool
taken(struct span text)
{
	return taken_by(json_check, text);
}

static bool
repeated(const char *piece, size_t times, const char *end_piece, size_t end_times)
{
	struct buf b = {0};
	while (times--)
		buf_str(&b, piece);
	while (end_times--)
		buf_str(&b, end_piece);
	bool good = taken(buf_all(&b));
	buf_free(&b);
	return good;
}

/* Append the text of a case with its escapes replaced. */
static void
unescape(struct buf *out, const char *p)
{
	for (unsigned byte; *p && *p != '\n'; p++)
		if (*p != '\\') {
			buf_ch(out, *p);
		} else if (*++p == 'x' && sscanf(p + 1, "%2x", &byte) == 1) {
			buf_ch(out, (char)byte);
			p += 2;
		} else {
			buf_ch(out, *p == 'n' ? '\n' : *p);
		}
}

/* Check one case. A service's text may also have the escape of a lone surrogate. */
static void
test_case(char kind, const char *name, struct span text)
{
	bool good = kind == 'y' || kind == '+', choice = kind == '+' || kind == '-';
	bool escaped = choice && memchr(text.p, '\\', text.n);
	ok(taken(text) == good, "%c_%s", choice ? 'i' : kind, name);
	if (kind != 'y')
		ok(taken_by(json_check_loose, text) == (good || escaped), "%c_%s, of a service",
		   choice ? 'i' : kind, name);
}

static void
test_file(FILE *f)
{
	static const char kinds[] = "yn+-";
	unsigned n[sizeof kinds] = {0};
	char line[512], kind, name[128];
	int at;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%c %127s%n", &kind, name, &at) != 2 || !strchr(kinds, kind))
			continue;
		struct buf text = {0};
		unescape(&text, line + at + 1);
		n[strchr(kinds, kind) - kinds]++;
		test_case(kind, name, buf_all(&text));
		buf_free(&text);
	}
	same_number(n[0], 95, "95 cases to accept");
	same_number(n[1] + 2, 188, "188 cases to refuse");
	same_number(n[2] + n[3], 23, "23 cases with a choice");
}

int
main(void)
{
	FILE *f = fopen("tests/data/json-suite.txt", "r");
	if (ok(f != NULL, "tests/data/json-suite.txt is there")) {
		test_file(f);
		fclose(f);
	}
	ok(!repeated("[", 100000, "", 0), "n_structure_100000_opening_arrays");
	ok(!repeated("[{\"\":", 50000, "\n", 1), "n_structure_open_array_object");
	ok(repeated("[", 500, "]", 500), "i_structure_500_nested_arrays");
	ok(repeated("[", 512, "]", 512), "512 levels are accepted");
	ok(!repeated("[", 513, "]", 513), "513 levels are refused");
	ok(!repeated("[", 100000, "]", 100000), "100,000 closed levels are refused");
	return done_testing();
}
