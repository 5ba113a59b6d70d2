#include "m3u8.h"

#include <string.h>
#include <strings.h>

#include "base/path.h"

/*
 * Tags whose URI is part of what is played. Tags of live streams, and of what a
 * player fetches elsewhere, are left out.
 */
static const struct {
	const char *tag;
	bool playlist;
} tags[] = {
	{"#EXT-X-MEDIA:", true},
	{"#EXT-X-I-FRAME-STREAM-INF:", true},
	{"#EXT-X-IMAGE-STREAM-INF:", true},
	{"#EXT-X-MAP:", false},
	{"#EXT-X-KEY:", false},
	{"#EXT-X-SESSION-KEY:", false},
	{"#EXT-X-SESSION-DATA:", false},
	{"#EXT-X-PART:", false},
};

bool
m3u8_ext(struct span ext)
{
	return (ext.n == 4 || ext.n == 3) && strncasecmp(ext.p, "m3u8", ext.n) == 0;
}

static bool
begins(struct span s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && memcmp(s.p, with, n) == 0;
}

bool
m3u8_is(struct span text)
{
	if (begins(text, "\xef\xbb\xbf"))
		text = (struct span){text.p + 3, text.n - 3};
	return begins(text, "#EXTM3U") && (text.n == 7 || strchr("\r\n \t", text.p[7]));
}

/* Return the next line, without its end (CR, LF or both) and trailing blanks. */
static struct span
next_line(struct m3u8 *m)
{
	const char *p = m->text.p + m->at;
	size_t n = 0, room = m->text.n - m->at;
	while (n < room && p[n] != '\n' && p[n] != '\r')
		n++;
	m->at += n + (n < room); /* LF after CR is an empty line */
	while (n && strchr(" \t", p[n - 1]))
		n--;
	return (struct span){p, n};
}

/*
 * Return the value of URI="..." in a list of NAME=VALUE, separated by commas,
 * some of them quoted.
 */
static bool
find_uri(struct span list, struct span *value)
{
	const char *p = list.p, *end = list.p + list.n;
	while (p < end) {
		while (p < end && (*p == ' ' || *p == ','))
			p++;
		const char *eq = memchr(p, '=', (size_t)(end - p));
		if (!eq)
			return false;
		struct span name = {p, (size_t)(eq - p)};
		p = eq + 1;
		bool quoted = p < end && *p == '"';
		p += quoted;
		const char *stop = memchr(p, quoted ? '"' : ',', (size_t)(end - p));
		stop = stop ? stop : end;
		if (quoted && name.n == 3 && memcmp(name.p, "URI", 3) == 0) {
			*value = (struct span){p, (size_t)(stop - p)};
			return true;
		}
		p = stop + 1;
	}
	return false;
}

static bool
read_tag(struct m3u8 *m, struct span line, struct m3u8_name *out)
{
	if (begins(line, "#EXT-X-STREAM-INF:"))
		m->variant = true;
	else if (begins(line, "#EXT-X-GAP"))
		m->gap = true;
	else if (begins(line, "#EXT-X-TARGETDURATION:"))
		m->media = true;
	else if (begins(line, "#EXT-X-ENDLIST") || begins(line, "#EXT-X-PLAYLIST-TYPE:VOD"))
		m->ended = true;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		size_t n = strlen(tags[i].tag);
		out->playlist = tags[i].playlist;
		if (begins(line, tags[i].tag))
			return find_uri((struct span){line.p + n, line.n - n}, &out->text);
	}
	return false;
}

static struct span
without_query(struct span name)
{
	size_t n = 0;
	while (n < name.n && name.p[n] != '?' && name.p[n] != '#')
		n++;
	return (struct span){name.p, n};
}

bool
m3u8_is_empty(const struct m3u8 *m)
{
	return !m->any && (m->ended || !m->media);
}

bool
m3u8_next(struct m3u8 *m, struct m3u8_name *out)
{
	while (m->at < m->text.n) {
		struct span line = next_line(m);
		if (!line.n)
			continue;
		if (*line.p == '#' || begins(line, "\xef\xbb\xbf#")) {
			if (read_tag(m, line, out))
				return true;
			continue;
		}
		bool absent = m->gap;
		m->any = true;
		*out = (struct m3u8_name){line,
					  m->variant || m3u8_ext(path_ext(without_query(line)))};
		m->variant = m->gap = false;
		if (!absent)
			return true;
	}
	return false;
}
