#include "reference.h"

#include <string.h>
#include <strings.h>

#include "http/http.h"

static const char elsewhere[] =
	"it is at another place: only what is below the first playlist's address is fetched";
static const char leads_out[] =
	"only relative names without \"..\", hidden or empty parts are fetched";

size_t
reference_base(const char *url)
{
	const char *host = strstr(url, "://"),
		   *path = host ? host + 3 + strcspn(host + 3, "/?#") : "";
	size_t n = strcspn(path, "?#");
	while (n && path[n - 1] != '/')
		n--;
	return n ? (size_t)(path - url) + n : 0;
}

enum { COMPONENT_BYTES = 255 };

/* Return true if a component is longer than the name of a file can be. */
static bool
too_long(struct span path)
{
	size_t n = 0;
	for (size_t i = 0; i < path.n && n <= COMPONENT_BYTES; i++)
		n = path.p[i] == '/' ? 0 : n + 1;
	return n > COMPONENT_BYTES;
}

/* Return true if s begins with a scheme. */
static bool
has_scheme(struct span s)
{
	for (size_t i = 0; i < s.n && !strchr("/?#", s.p[i]); i++)
		if (s.p[i] == ':')
			return i > 0;
	return false;
}

/* Append one component of a path, decoded, as a server may read it. */
static bool
good_component(struct span c)
{
	struct buf b = {0};
	bool good = c.n > 0;
	for (const char *p = c.p, *end = c.p + c.n; p < end; p++) {
		int escaped = http_unescape(p, end);
		unsigned char byte = (unsigned char)(escaped < 0 ? *p : escaped);
		p += escaped < 0 ? 0 : 2;
		buf_ch(&b, (char)byte);
		good = good && byte >= ' ' && byte != 0x7f && byte != '\\' && escaped != '/';
	}
	good = good && b.p[0] != '.';
	buf_free(&b);
	return good;
}

/* Remove the last component of a directory. Return false if it has no component. */
static bool
go_up(struct buf *dir)
{
	size_t n = dir->n;
	while (dir->n && (dir->n == n || dir->p[dir->n - 1] != '/'))
		dir->n--;
	return n > 0;
}

/*
 * Append a path without its "." components; up: it may contain "..". Return
 * false if it must not be used.
 */
static bool
add_path(struct buf *out, struct span path, bool up)
{
	for (size_t at = 0; at <= path.n;) {
		const char *slash = memchr(path.p + at, '/', path.n - at);
		size_t end = slash ? (size_t)(slash - path.p) : path.n;
		struct span c = {path.p + at, end - at};
		if (slash && up && span_is(c, "..")) {
			if (!go_up(out))
				return false;
		} else if (!(slash && span_is(c, "."))) {
			if (!good_component(c))
				return false;
			buf_span(out, c);
			if (slash)
				buf_ch(out, '/');
		}
		at = end + 1;
	}
	return true;
}

/*
 * Append the reference by which a file in the directory `from` names path; both
 * are below one directory.
 */
static void
add_relative(struct buf *out, struct span from, struct span path)
{
	size_t same = 0;
	for (size_t i = 0; i < from.n && i < path.n && from.p[i] == path.p[i]; i++)
		if (from.p[i] == '/')
			same = i + 1;
	for (size_t i = same; i < from.n; i++)
		if (from.p[i] == '/')
			buf_str(out, "../");
	buf_add(out, path.p + same, path.n - same);
}

/*
 * Return what follows base in a name with a scheme, a host, or an absolute
 * path; p is NULL if it is not below base.
 */
static struct span
below(const char *base, struct span name, struct buf *full)
{
	struct span origin = http_origin(base);
	if (name.n >= 2 && name.p[0] == '/' && name.p[1] == '/')
		buf_add(full, base, strcspn(base, "/"));
	else if (name.p[0] == '/')
		buf_span(full, origin);
	buf_span(full, name);
	size_t n = strlen(base);
	if (full->n < n || strncasecmp(full->p, base, origin.n) != 0 ||
	    memcmp(full->p + origin.n, base + origin.n, n - origin.n) != 0)
		return (struct span){NULL, 0};
	return (struct span){full->p + n, full->n - n};
}

const char *
reference_read(struct reference *r, struct span name, const char *base, struct span from)
{
	struct buf full = {0};
	size_t n = 0;
	bool relative = name.n && name.p[0] != '/' && !has_scheme(name);
	*r = (struct reference){0};
	while (n < name.n && name.p[n] != '?' && name.p[n] != '#')
		n++;
	const char *query_end = memchr(name.p + n, '#', name.n - n);
	buf_add(&r->query, name.p + n, query_end ? (size_t)(query_end - name.p) - n : name.n - n);
	struct span path = {name.p, n};
	for (size_t i = 0; i + 1 < n; i++)
		if (name.p[i] == '{' && name.p[i + 1] == '$')
			return "names with variables are not fetched";
	if (!relative && name.n)
		path = base ? below(base, path, &full) : (struct span){0};
	else
		buf_span(&r->path, from);
	bool good = path.p && add_path(&r->path, path, !base);
	r->kept = relative && n == name.n;
	if (good && relative)
		buf_add(&r->here, name.p, n);
	else if (good)
		add_relative(&r->here, from, buf_all(&r->path));
	buf_free(&full);
	if (good && too_long(buf_all(&r->path)))
		return "one of its parts is over 255 bytes, too long for a file's name";
	return good ? NULL : path.p ? leads_out : elsewhere;
}

void
reference_free(struct reference *r)
{
	buf_free(&r->path);
	buf_free(&r->query);
	buf_free(&r->here);
}

void
reference_url(struct buf *out, const char *base, const char *path, const char *query)
{
	buf_str(out, base);
	for (const char *part = path; part; part = part == path ? query : NULL)
		for (const char *p = part; *p; p++)
			if (*p <= ' ' || *p >= 0x7f || strchr("\"<>^`{|}", *p))
				buf_fmt(out, "%%%02X", (unsigned char)*p);
			else
				buf_ch(out, *p);
}
