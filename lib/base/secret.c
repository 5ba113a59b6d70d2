#define _XOPEN_SOURCE 700 /* unsetenv() */

#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture.h"
#include "base/msg.h"
#include "base/os.h"
#include "base/owned.h"

enum { KEY_FILE_MAX = 4096 };

/* Take the white space off the end of a key; NULL, or what is wrong with it. */
static const char *
problem(struct span *text)
{
	while (text->n && strchr(" \t\r\n", text->p[text->n - 1]))
		text->n--;
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] <= ' ' || text->p[i] > '~')
			return "has a space or a control character in it";
	return text->n ? NULL : "is empty";
}

char *
secret_check(const char *from, struct span text)
{
	os_private();
	const char *why = problem(&text);
	if (why)
		msg_die(EXIT_BAD_CONFIG, "the key in %s %s", from, why);
	return mem_dup(text);
}

/* Append the content of a file that only this user can read. */
static void
read_file(const char *path, struct buf *b)
{
	os_private();
	if (owned_read_secret(b, "key file", path, KEY_FILE_MAX) < 0)
		msg_die(EXIT_BAD_CONFIG, "key file %s: %s", path, strerror(errno));
}

/* Erase and free a buffer that held keys. */
static void
wipe(struct buf *b)
{
	if (b->p)
		memset(b->p, 0, b->cap);
	buf_free(b);
}

static char *
from_file(const char *path)
{
	struct buf b = {0};
	read_file(path, &b);
	char *key = secret_check(path, buf_all(&b));
	wipe(&b);
	return key;
}

char *
secret_reload(const char *file)
{
	struct buf b = {0};
	char *key = NULL;
	if (owned_read_secret(&b, "key file", file, KEY_FILE_MAX) == 0) {
		struct span text = buf_all(&b);
		key = problem(&text) ? NULL : mem_dup(text);
	}
	wipe(&b);
	return key;
}

char *
secret_command(char *const argv[], int64_t timeout, bool die)
{
	struct buf b = {0};
	os_private();
	const char *why = capture(argv, timeout, KEY_FILE_MAX, &b);
	struct span text = buf_all(&b);
	if (!why)
		why = problem(&text) ? "it printed no key" : NULL;
	char *key = why ? NULL : mem_dup(text);
	wipe(&b);
	if (why && die)
		msg_die(EXIT_BAD_CONFIG, "%s: %s", argv[0], why);
	return key;
}

static char *
from_variable(const char *variable)
{
	const char *v = getenv(variable);
	return v && *v ? secret_check(variable, span_of(v)) : NULL;
}

char *
secret_load(const char *file, const char *variable)
{
	return file ? from_file(file) : from_variable(variable);
}

static void
add(struct keys *k, char *key)
{
	k->v = mem_grow(k->v, (k->n + 1) * sizeof *k->v);
	k->v[k->n++] = key;
}

struct keys
keys_find(const char *file, const char *variable)
{
	struct keys k = {0};
	struct buf b = {0};
	char *one = file ? NULL : from_variable(variable);
	if (one)
		add(&k, one);
	if (!file)
		return k;
	read_file(file, &b);
	for (const char *line = buf_cstr(&b); *line;) {
		size_t n = strcspn(line, "\n");
		if (strspn(line, " \t\r") < n)
			add(&k, secret_check(file, (struct span){line, n}));
		line += n + (line[n] == '\n');
	}
	if (!k.n)
		msg_die(EXIT_BAD_CONFIG, "the key in %s is empty", file);
	wipe(&b);
	return k;
}

void
keys_free(struct keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->v[i]);
	free(k->v);
	*k = (struct keys){0};
}

void
key_forget(const char *variable)
{
	char *v = getenv(variable);
	if (v)
		memset(v, 0, strlen(v));
	unsetenv(variable);
}

static struct kept {
	char *value, *shown;
	size_t n;
} *kept;
static size_t kept_n;

void
secret_keep(const char *value, const char *shown)
{
	size_t n = strlen(value), at = 0;
	if (n < SECRET_LEAST)
		return;
	for (size_t i = 0; i < kept_n; i++)
		if (strcmp(kept[i].value, value) == 0)
			return;
	kept = mem_grow(kept, (kept_n + 1) * sizeof *kept);
	while (at < kept_n && kept[at].n >= n) /* the longest first: one may be a part of another */
		at++;
	memmove(kept + at + 1, kept + at, (kept_n - at) * sizeof *kept);
	kept[at] = (struct kept){mem_dup(span_of(value)), mem_dup(span_of(shown)), n};
	kept_n++;
}

static const char *
find(struct span in, const struct kept *k)
{
	for (const char *p = in.p; p && in.n >= k->n && (size_t)(in.p + in.n - p) >= k->n; p++) {
		p = memchr(p, *k->value, (size_t)(in.p + in.n - p) - k->n + 1);
		if (!p || memcmp(p, k->value, k->n) == 0)
			return p;
	}
	return NULL;
}

void
secret_hide(struct buf *b)
{
	for (size_t i = 0; i < kept_n; i++) {
		const char *p = find(buf_all(b), &kept[i]);
		if (!p)
			continue;
		struct buf out = {0};
		struct span rest = buf_all(b);
		for (; p; p = find(rest, &kept[i])) {
			size_t before = (size_t)(p - rest.p);
			buf_add(&out, rest.p, before);
			buf_str(&out, kept[i].shown);
			rest = (struct span){p + kept[i].n, rest.n - before - kept[i].n};
		}
		buf_span(&out, rest);
		buf_free(b);
		*b = out;
	}
}
