/*
 * scan: copies lines of JSON that are well formed (RFC 8259, UTF-8), and does
 * nothing else: the limit for a filter that passes records through. Shares no
 * code with lib/json on purpose. Exit status 1 if a line was left out.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { DEPTH_MAX = 512 };

/* A line ends in '\n', which is part of no token: nothing here needs to look at where it ends. */
static const unsigned char *at;
static bool plain[256];

static void
space(void)
{
	while (*at == ' ' || *at == '\t' || *at == '\r')
		at++;
}

static bool
digits(void)
{
	const unsigned char *from = at;
	while (*at >= '0' && *at <= '9')
		at++;
	return at > from;
}

static bool
number(void)
{
	at += *at == '-';
	if (*at == '0')
		at++;
	else if (!digits())
		return false;
	if (*at == '.') {
		at++;
		if (!digits())
			return false;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '+' || *at == '-';
		return digits();
	}
	return true;
}

/* One UTF-8 sequence of two to four bytes (RFC 3629, table in section 4). */
static bool
sequence(void)
{
	unsigned c = at[0];
	int more = c < 0xc2 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
	if (!more || (c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] > 0x9f) ||
	    (c == 0xf0 && at[1] < 0x90) || (c == 0xf4 && at[1] > 0x8f))
		return false;
	for (at++; more; more--, at++)
		if ((*at & 0xc0) != 0x80)
			return false;
	return true;
}

static bool
escape(void)
{
	at++;
	if (*at == 'u') {
		at++;
		for (int i = 0; i < 4; i++, at++)
			if (*at == '\n' || *at == '\0' || !strchr("0123456789abcdefABCDEF", *at))
				return false;
		return true;
	}
	return *at && strchr("\"\\/bfnrt", *at++);
}

static bool
string(void)
{
	if (*at++ != '"')
		return false;
	for (;;) {
		while (plain[*at])
			at++;
		if (*at == '"') {
			at++;
			return true;
		}
		if (*at == '\\' ? !escape() : *at < 0x80 || !sequence())
			return false;
	}
}

static bool
word(const char *text, size_t n)
{
	if (strncmp((const char *)at, text, n) != 0)
		return false;
	at += n;
	return true;
}

static bool value(int depth);

/* The inside of an object or array, after its first character. */
static bool
members(int depth, unsigned char close)
{
	at++;
	space();
	if (*at == close) {
		at++;
		return true;
	}
	for (;; at++) {
		if (close == '}') {
			space();
			if (!string())
				return false;
			space();
			if (*at++ != ':')
				return false;
		}
		if (!value(depth + 1))
			return false;
		if (*at == close) {
			at++;
			return true;
		}
		if (*at != ',')
			return false;
	}
}

static bool
value(int depth)
{
	bool good;
	space();
	switch (*at) {
	case '{':
		good = depth < DEPTH_MAX && members(depth, '}');
		break;
	case '[':
		good = depth < DEPTH_MAX && members(depth, ']');
		break;
	case '"':
		good = string();
		break;
	case 't':
		good = word("true", 4);
		break;
	case 'f':
		good = word("false", 5);
		break;
	case 'n':
		good = word("null", 4);
		break;
	default:
		good = number();
	}
	space();
	return good;
}

int
main(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int bad = 0;
	for (int c = 0; c < 256; c++)
		plain[c] = c >= ' ' && c < 0x80 && c != '"' && c != '\\';
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		at = (const unsigned char *)line;
		if (value(0) && *at == '\n' && at == (const unsigned char *)line + n - 1)
			fwrite(line, 1, (size_t)n, stdout);
		else
			bad = 1;
	}
	free(line);
	return fclose(stdout) == 0 ? bad : 74;
}
