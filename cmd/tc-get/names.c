/* The paths of files below -C: the template, and the rules that keep names harmless. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/utf8.h"
#include "get.h"
#include "json/json.h"
#include "json/template.h"

enum { COMPONENT_BYTES = 255 };

size_t
name_url_length(const char *url)
{
	return strcspn(url, "?#");
}

/* Return true for what looks like an extension: at most eight letters and digits. */
static bool
is_ext(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		      (s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.n && s.n <= 8;
}

struct span
name_url_ext(const char *url)
{
	const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
	size_t n = name_url_length(url);
	if (!path || path >= url + n)
		return (struct span){"", 0};
	struct span ext = path_ext(path_base((struct span){path, (size_t)(url + n - path)}));
	return is_ext(ext) ? ext : (struct span){"", 0};
}

struct span
name_type_ext(struct span type)
{
	static const char *const table[][2] = {
		{"video/mp4", "mp4"},
		{"video/webm", "webm"},
		{"video/quicktime", "mov"},
		{"video/x-matroska", "mkv"},
		{"video/matroska", "mkv"},
		{"video/x-msvideo", "avi"},
		{"video/avi", "avi"},
		{"video/mp2t", "ts"},
		{"video/mpeg", "mpg"},
		{"video/ogg", "ogv"},
		{"video/3gpp", "3gp"},
		{"video/x-flv", "flv"},
		{"audio/mpeg", "mp3"},
		{"audio/mp3", "mp3"},
		{"audio/mp4", "m4a"},
		{"audio/x-m4a", "m4a"},
		{"audio/aac", "aac"},
		{"audio/wav", "wav"},
		{"audio/x-wav", "wav"},
		{"audio/wave", "wav"},
		{"audio/ogg", "ogg"},
		{"audio/opus", "opus"},
		{"audio/flac", "flac"},
		{"audio/x-flac", "flac"},
		{"audio/webm", "weba"},
		{"image/jpeg", "jpg"},
		{"image/png", "png"},
		{"image/gif", "gif"},
		{"image/webp", "webp"},
		{"image/avif", "avif"},
		{"application/vnd.apple.mpegurl", "m3u8"},
		{"application/x-mpegurl", "m3u8"},
		{"audio/mpegurl", "m3u8"},
		{"audio/x-mpegurl", "m3u8"},
		{"application/dash+xml", "mpd"},
		{"text/vtt", "vtt"},
		{"application/x-subrip", "srt"},
		{"application/json", "json"},
		{"application/zip", "zip"},
	};
	size_t n = 0;
	while (n < type.n && type.p[n] != ';' && type.p[n] != ' ')
		n++;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strlen(table[i][0]) == n && strncasecmp(type.p, table[i][0], n) == 0)
			return span_of(table[i][1]);
	return (struct span){"", 0};
}

/* Append a value without control characters, and without bytes that are not UTF-8. */
static void
clean(struct buf *out, struct span value)
{
	for (size_t i = 0, n; i < value.n; i += n ? n : 1) {
		const unsigned char *p = (const unsigned char *)value.p + i;
		n = utf8_length(value.p + i, value.n - i);
		if (!n || (n == 1 && (*p < ' ' || *p == 0x7f)) ||
		    (n == 2 && *p == 0xc2 && p[1] < 0xa0))
			continue;
		buf_add(out, p, n);
	}
}

/*
 * Put "_" before a name that would mean something else, or be hidden; cut one
 * that is too long before its extension.
 */
static void
add_component(struct buf *out, struct span c)
{
	struct buf b = {0};
	if (!c.n || c.p[0] == '-' || c.p[0] == '.')
		buf_ch(&b, '_');
	buf_span(&b, c);
	struct span ext = path_ext(buf_all(&b));
	if (!is_ext(ext))
		ext = (struct span){"", 0};
	if (b.n > COMPONENT_BYTES) {
		size_t n = COMPONENT_BYTES - (ext.n ? ext.n + 1 : 0);
		while (n && (b.p[n] & 0xc0) == 0x80) /* not within a character */
			n--;
		buf_add(out, b.p, n);
		if (ext.n)
			buf_fmt(out, ".%.*s", (int)ext.n, ext.p);
	} else {
		buf_span(out, buf_all(&b));
	}
	buf_free(&b);
}

static char *
harmless(struct span path)
{
	struct buf b = {0};
	for (size_t at = 0; at <= path.n;) {
		const char *slash = memchr(path.p + at, '/', path.n - at);
		size_t end = slash ? (size_t)(slash - path.p) : path.n;
		add_component(&b, (struct span){path.p + at, end - at});
		if (slash)
			buf_ch(&b, '/');
		at = end + 1;
	}
	char *name = mem_dup(buf_all(&b));
	buf_free(&b);
	return name;
}

/* Append a value as a single name, whatever it contains. */
static char *
one_name(struct span s)
{
	char *name = mem_dup(s);
	for (char *p = name; *p; p++)
		*p = *p == '/' ? '_' : *p;
	return name;
}

static char *
batch_of(const struct job *j)
{
	struct span job, v;
	const char *at = j->get->service.profile->batch;
	if (!at || json_get(j->line.value, "job", &job) != 1 || !json_at(job, at, &v))
		return NULL;
	return json_text(v);
}

/*
 * Append the name in a directory that the template gives: a playlist keeps its
 * own, because the files that it names may refer to it.
 */
static void
add_last(const struct file *f, const char *stem, struct span ext, struct buf *out)
{
	const char *url = f->set ? f->job->out.urls[f->n - 1] : "";
	struct span last = path_base((struct span){url, name_url_length(url)});
	clean(out, f->set && last.n ? last : span_of(stem));
	if (!f->set || !path_ext(last).n)
		buf_fmt(out, ".%.*s", (int)ext.n, ext.p);
}

/* Append what the template gives. Return NULL, or what is wrong, with *fill set. */
static const char *
expand(const struct file *f, struct span ext, struct buf *out, struct span *fill)
{
	const struct job *j = f->job;
	const char *text = get_options.template;
	struct span base = path_base(span_of(j->source)), job = {0};
	char n[24], *stem = one_name(path_no_ext(base)), *basename = one_name(base), *dir = NULL,
		    *ending = mem_dup(ext);
	char *id = one_name(span_of(j->name)), *key = one_name(span_of(j->key ? j->key : "")),
	     *batch = batch_of(j);
	if (!text && f->set)
		text = "{stem}/";
	else if (!text)
		text = j->out.n > 1 ? "{stem}-{n}.{ext}" : "{stem}.{ext}";
	if (base.n < strlen(j->source))
		dir = mem_dup(path_dir(span_of(j->source)));
	else if (strncmp(text, "{dir}/", 6) == 0)
		text += 6; /* in no directory: neither name nor slash */
	snprintf(n, sizeof n, "%zu", f->n);
	struct template_value values[] = {
		{.name = "stem", .value = stem}, {.name = "basename", .value = basename},
		{.name = "dir", .value = dir},   {.name = "ext", .value = ending},
		{.name = "n", .value = n},       {.name = "id", .value = id},
		{.name = "key", .value = key},   {.name = "batch", .value = batch}};
	json_get(j->line.value, "job", &job);
	struct template_args args = {.values = values,
				     .values_n = sizeof values / sizeof *values,
				     .source = span_of(j->source),
				     .index = j->step.item.index,
				     .objects = {j->line.value, job},
				     .escape = clean};
	const char *why = template_once(text, TEMPLATE_NAMES | TEMPLATE_SOURCE, &args, out, fill);
	if (!why && out->n && out->p[out->n - 1] == '/')
		add_last(f, stem, ext, out);
	/* no extension: no dot that waits for one */
	if (!why && !ext.n && out->n && out->p[out->n - 1] == '.')
		out->n--;
	free(stem), free(basename), free(dir), free(ending), free(id), free(key), free(batch);
	return why;
}

bool
name_file(struct file *f, struct span ext, struct failure *e)
{
	struct buf raw = {0};
	struct span fill = {0};
	const char *why = expand(f, ext, &raw, &fill);
	if (why) {
		failure_set(e, "invalid_input", false, "no name for it: %.*s: %s", (int)fill.n,
			    fill.p, why);
		buf_free(&raw);
		return false;
	}
	f->path = harmless(buf_all(&raw));
	buf_free(&raw);
	if (name_claim(f, e))
		return true;
	free(f->path);
	f->path = NULL;
	return false;
}
