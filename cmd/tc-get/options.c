/* The options of tc-get. */
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "get.h"

struct get_options get_options = {.dir = ".", .split = 1, .stall = 60 * SECOND};
#define O get_options

static const char *
exists_option(void *to, const char *value)
{
	static const char *const words[] = {"fail", "skip", "replace"};
	for (int i = 0; i < 3; i++)
		if (strcmp(value, words[i]) == 0) {
			*(enum exists *)to = (enum exists)i;
			return NULL;
		}
	return "expected fail, skip or replace";
}

static const char *
playlist_option(void *to, const char *value)
{
	*(bool *)to = strcmp(value, "alone") == 0;
	return *(bool *)to || strcmp(value, "follow") == 0 ? NULL : "expected follow or alone";
}

/* Return what is wrong with an -o template (static), or NULL. */
static const char *
template_problem(const char *text)
{
	if (!*text)
		return "it is empty";
	if (*text == '/')
		return "a path below -C does not begin with a slash";
	for (const char *p = text; *p; p += strcspn(p, "/"), p += *p == '/') {
		size_t n = strcspn(p, "/");
		if (n == 2 && memcmp(p, "..", 2) == 0)
			return "a path below -C has no \"..\" in it";
	}
	return NULL;
}

static const char *
template_option(void *to, const char *value)
{
	while (strncmp(value, "./", 2) == 0)
		value += 2;
	*(const char **)to = value;
	return template_problem(value);
}

const struct opt get_option_table[] = {
	{OPT_CALL, 'o', "output", "TEMPLATE", "path below -C (default {stem}.{ext})", &O.template,
	 0, 0, template_option},
	{OPT_STRING, 'C', "directory", "DIR",
	 "write below DIR only (default .); created if missing", &O.dir, 0, 0, 0},
	{OPT_CALL, 0, "exists", "fail|skip|replace",
	 "what to do with existing files (default fail)", &O.exists, 0, 0, exists_option},
	{OPT_CALL, 0, "playlist", "follow|alone",
	 "download all that a playlist names, or it alone (default follow)", &O.alone, 0, 0,
	 playlist_option},
	{OPT_CALL, 0, "max-size", "BYTES", "refuse larger files", &O.max_size, 0, 0, bytes_option},
	{OPT_CALL, 0, "limit-rate", "BYTES", "limit of bytes a second, for all files together",
	 &O.limit_rate, 0, 0, bytes_option},
	{OPT_NUMBER, 0, "split", "N", "download a large file over up to N connections (default 1)",
	 &O.split, 1, PART_RANGES + 1, 0},
	{OPT_DURATION, 0, "stall", "DUR", "retry after this long without a byte (default 60s)",
	 &O.stall, 0, 0, 0},
	{0},
};
