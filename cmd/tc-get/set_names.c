/* The names in the playlists of a set: which files they add to it. */
#include <string.h>

#include "base/path.h"
#include "m3u8.h"
#include "reference.h"
#include "set.h"

enum { FILES_MAX = 100000 };

/* Return true if f is `by`, or a playlist that leads to it. */
static bool
is_named_by(const struct file *f, const struct file *by)
{
	for (; by; by = by->named_by)
		if (f == by)
			return true;
	return false;
}

/* Return true if the path is that of the first playlist at the server. */
static bool
is_first(const struct set *s, struct span path)
{
	const struct outputs *o = &s->first->job->out;
	if (!o->n)
		return false;
	const char *url = o->urls[s->first->n - 1];
	struct span whole = {url, strcspn(url, "?#")};
	return path.n == path_base(whole).n && memcmp(path.p, path_base(whole).p, path.n) == 0;
}

static struct file *
find_file(const struct set *s, struct buf *path)
{
	struct htab_node *node = htab_find(&s->names, buf_cstr(path), NULL);
	return node ? (struct file *)(void *)((char *)node - offsetof(struct file, by_name)) : NULL;
}

static struct file *
add_file(struct file *by, const struct reference *r, bool playlist)
{
	struct set *s = by->set;
	struct file *f = queue_add_member(by->job, s->first->n);
	const char *slash = strrchr(s->first->path, '/');
	struct buf path = {0};
	buf_add(&path, s->first->path, slash ? (size_t)(slash + 1 - s->first->path) : 0);
	buf_span(&path, buf_all(&r->path));
	f->set = s;
	f->named_by = by;
	f->playlist = playlist;
	f->below = mem_dup(buf_all(&r->path));
	f->query = r->query.n ? mem_dup(buf_all(&r->query)) : NULL;
	f->path = mem_dup(buf_all(&path));
	htab_add(&s->names, &f->by_name, f->below);
	s->unread += playlist;
	s->open++;
	buf_free(&path);
	return f;
}

/* Take a name of a playlist: a known file, or a new one of the set. Return NULL, or why it cannot
 * be used (static). */
static const char *
take_name(struct file *by, const struct m3u8_name *name, const char *base, struct buf *text)
{
	struct set *s = by->set;
	const char *slash = by->below ? strrchr(by->below, '/') : NULL;
	struct span from = {by->below ? by->below : "",
			    slash ? (size_t)(slash + 1 - by->below) : 0};
	struct reference r;
	const char *why = reference_read(&r, name->text, base, from);
	struct file *f = why ? NULL : find_file(s, &r.path);
	if (!why && is_first(s, buf_all(&r.path)))
		why = by == s->first ? "it names itself"
				     : "it names the playlist that it belongs to";
	else if (f && is_named_by(f, by))
		why = "it names itself, or what it is named by";
	else if (f && strcmp(f->query ? f->query : "", r.query.n ? buf_cstr(&r.query) : "") != 0)
		why = "two of its names differ in what is behind their \"?\" only, and would have "
		      "one file";
	else if (f && f->playlist != name->playlist)
		why = "it is named as a playlist and as another file";
	else if (!why && !f && s->names.n >= FILES_MAX)
		why = "it names more than 100,000 files";
	else if (!why && !f)
		add_file(by, &r, name->playlist);
	if (!why)
		buf_span(text, r.kept ? name->text : buf_all(&r.here));
	reference_free(&r);
	return why;
}

bool
set_read_names(struct file *f, const char *base, struct failure *e)
{
	struct m3u8 m = {.text = buf_all(&f->text)};
	struct m3u8_name name;
	struct buf text = {0};
	const char *why = NULL, *done = f->text.p;
	if (!m3u8_is(m.text))
		failure_set(e, "bad_response", false,
			    "%s is not an HLS playlist: it does not begin with #EXTM3U", f->path);
	while (!e->code && m3u8_next(&m, &name)) {
		buf_add(&text, done, (size_t)(name.text.p - done));
		why = take_name(f, &name, base, &text);
		done = name.text.p + name.text.n;
		if (why)
			failure_set(e, "bad_response", false, "%s names \"%.*s\": %s", f->path,
				    (int)(name.text.n < 200 ? name.text.n : 200), name.text.p, why);
	}
	if (!e->code && m3u8_is_empty(&m))
		failure_set(e, "bad_response", false,
			    "%s is an HLS playlist that names no variant and no segment", f->path);
	if (!e->code)
		buf_add(&text, done, (size_t)(m.text.p + m.text.n - done));
	buf_free(&f->text);
	f->text = text;
	return !e->code;
}
