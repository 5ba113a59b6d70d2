/* The paths of the run's files: no two files have one, or one that is a directory of the other. */
#include <stdlib.h>
#include <string.h>

#include "get.h"

/* A claimed name, and the line that has it, until the end of the run. */
struct taken {
	struct htab_node node;
	size_t line;
	char path[];
};

static const struct taken *
find_claim(const struct get *g, struct span path)
{
	char *text = mem_dup(path);
	struct htab_node *node = htab_find(&g->claims, text, NULL);
	free(text);
	return (const struct taken *)(void *)node;
}

/* Add the first n bytes of a path to what the line has. */
static void
add_claim(struct get *g, const char *path, size_t n, size_t line)
{
	struct taken *c = mem_zero(sizeof *c + n + 1);
	memcpy(c->path, path, n);
	c->line = line;
	htab_add(&g->claims, &c->node, c->path);
}

/* Add the directories of a path, each with its slash. */
static void
add_directories(struct get *g, const char *path, size_t line)
{
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		size_t n = (size_t)(p - path) + 1;
		if (!find_claim(g, (struct span){path, n}))
			add_claim(g, path, n, line);
	}
}

/* Return the claim of a file that would have to be a directory for this name, or of a directory
 * that would have to be this file; NULL if there is no claim. */
static const struct taken *
claimed_otherwise(const struct get *g, const char *path)
{
	const struct taken *c = NULL;
	for (const char *p = strchr(path, '/'); p && !c; p = strchr(p + 1, '/'))
		c = find_claim(g, (struct span){path, (size_t)(p - path)});
	struct buf b = {0};
	buf_fmt(&b, "%s/", path);
	c = c ? c : find_claim(g, buf_all(&b));
	buf_free(&b);
	return c;
}

/*
 * Return the claim of this name, of its part's name, or of the name whose part
 * this is; NULL if there is no claim.
 */
static const struct taken *
claimed_by(const struct get *g, const char *path)
{
	static const char *const ends[] = {"", ".part", ".part.json"};
	const struct taken *c = NULL;
	struct buf b = {0};
	size_t n = strlen(path);
	for (size_t i = 0; i < 3 && !c; i++) {
		size_t m = strlen(ends[i]);
		b.n = 0;
		buf_fmt(&b, "%s%s", path, ends[i]);
		c = find_claim(g, buf_all(&b));
		if (!c && m && n > m && strcmp(path + n - m, ends[i]) == 0)
			c = find_claim(g, (struct span){path, n - m});
	}
	buf_free(&b);
	return c;
}

/* Say that one of two names is the other's directory: of a playlist's names, or of -o's. */
static void
set_otherwise(const struct file *f, const struct taken *by, size_t line, struct failure *e)
{
	int n = (int)strlen(by->path), slash = by->path[n - 1] == '/';
	if (f->named_by && by->line == line)
		failure_set(e, "bad_response", false,
			    "its playlists name %s: %.*s cannot be both a file and a directory",
			    f->path, n - slash, by->path);
	else
		failure_set(e, "invalid_input", false,
			    "line %zu makes %.*s a %s, which cannot be a %s too: put {id} or "
			    "{index} into -o",
			    by->line, n - slash, by->path, slash ? "directory" : "file",
			    slash ? "file" : "directory");
}

bool
name_claim(const struct file *f, struct failure *e)
{
	size_t line = f->job->step.item.index + 1;
	const struct taken *by = claimed_by(f->get, f->path),
			   *otherwise = by ? NULL : claimed_otherwise(f->get, f->path);
	if (by && by->line == line)
		failure_set(e, "invalid_input", false,
			    "two of its %s have one name, %s: put {n} into -o",
			    f->set ? "files" : "outputs", f->path);
	else if (by)
		failure_set(e, "invalid_input", false,
			    "line %zu has the same name, %s: put {dir}, {id} or {index} into -o",
			    by->line, f->path);
	else if (otherwise)
		set_otherwise(f, otherwise, line, e);
	if (by || otherwise)
		return false;
	add_claim(f->get, f->path, strlen(f->path), line);
	add_directories(f->get, f->path, line);
	return true;
}

void
names_forget(struct get *g)
{
	for (size_t i = 0; i < g->claims.cap; i++)
		for (struct htab_node *n = g->claims.slot[i], *next; n; n = next) {
			next = n->next;
			free(n);
		}
	htab_free(&g->claims);
}
