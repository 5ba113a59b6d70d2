/* Which word was meant: the nearest, and none rather than a far one. */
#include "base/suggest.h"

#include <string.h>

#include "test.h"

static const char *const words[] = {"ledger", "key-file",  "retries", "retry-on",
				    "rate",   "rate-file", "jobs",    "unordered"};

static const char *
guess(const char *given)
{
	const char *found = "";
	unsigned best = SUGGEST_NONE;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (suggest_closer(given, strlen(given), words[i], &best))
			found = words[i];
	return found;
}

static void
test_guesses(void)
{
	static const char *const rows[][2] = {
		{"legder", "ledger"},
		{"leger", "ledger"},
		{"ledgerr", "ledger"},
		{"lodger", "ledger"},
		{"kye-file", "key-file"},
		{"keyfile", "key-file"},
		{"retires", "retries"},
		{"retry", "retry-on"},
		{"rat", "rate"},
		{"job", "jobs"},
		{"un", "unordered"},
		{"rate-fiel", "rate-file"},
		{"zebra", ""},
		{"l", ""},
		{"", ""},
		{"file", ""},
		{"jxbz", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(strcmp(guess(rows[i][0]), rows[i][1]) == 0, "\"%s\" is taken for \"%s\"",
		   rows[i][0], rows[i][1]);
}

static void
test_lengths(void)
{
	unsigned best = SUGGEST_NONE;
	char longest[200];
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	ok(!suggest_closer(longest, strlen(longest), "ledger", &best),
	   "what is given may be of any length");
	ok(!suggest_closer("ledger", 6, longest, &best), "and so may a word");
	ok(suggest_closer("legder=x", 6, "ledger", &best) && best == 1,
	   "of what is given, n bytes count");
	ok(!suggest_closer("ledgre", 6, "ledger", &best),
	   "one that is as near as the best is no better");
}

int
main(void)
{
	test_guesses();
	test_lengths();
	return done_testing();
}
