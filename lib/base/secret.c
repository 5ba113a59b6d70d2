#define _XOPEN_SOURCE 700 /* unsetenv() */

#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture.h"
#include "base/msg.h"
#include "base/os.h"
#include "base/owned.h"
#include "base/space.h"

enum { KEY_FILE_MAX = 4096 };

/* Remove trailing white space from a key. Return NULL, or what is wrong with it. */
static const char *
problem(struct span *text)
{
	*text = span_trim_end(*text);
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] <= ' ' || text->p[i] > '~')
			return "contains a space or a control character";
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

/* Append the content of a file that nobody else can read. */
static void
read_file(const char *path, struct buf *b)
{
	os_private();
	if (owned_read_secret(b, "key file", path, KEY_FILE_MAX) < 0)
		msg_die(EXIT_BAD_CONFIG, "key file %s: %s", path, strerror(errno));
	if (b->n && memchr(b->p, '\0', b->n)) /* what stands after it would not be seen */
		msg_die(EXIT_BAD_CONFIG, "key file %s: contains a NUL character", path);
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
from_file(const char *path, bool first_line)
{
	struct buf b = {0};
	read_file(path, &b);
	struct span text = buf_all(&b);
	if (first_line)
		text.n = strcspn(buf_cstr(&b), "\n");
	char *key = secret_check(path, text);
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
	return file ? from_file(file, false) : from_variable(variable);
}

char *
secret_load_line(const char *file, const char *variable)
{
	return file ? from_file(file, true) : from_variable(variable);
}

static void
add(struct keys *k, char *key)
{
	k->v = mem_room(k->v, k->n, sizeof *k->v);
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
