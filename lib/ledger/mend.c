/*
 * What a crash may leave after the last fdatasync(2): a line without its end,
 * or lines that are holes of NULs with whole lines after them. That can be set
 * aside, because nothing that it announced has happened. Anything else is
 * damage.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "ledger/file.h"
#include "ledger/line.h"
#include "json/json.h"

enum { COPY_BYTES = 64 << 10, NAMES = 10000 };

/*
 * Return true if this line proves that byte `at` was durable before the line
 * was written. An intent says how much was durable; one that does not is from
 * an older version, and is believed. A result proves it for all up to its
 * intent, which is durable before anything is done.
 */
static bool
shows_durable(const struct ledger *l, struct span line, off_t at)
{
	struct span v;
	double synced;
	struct ledger_line m;
	struct buf key = {0};
	ledger_line_read(&m, line);
	enum ledger_type type = ledger_line_type(&m);
	if (type == LEDGER_INTENT)
		return json_get(line, "synced", &v) != 1 || !json_number(v, &synced) ||
		       synced > (double)at;
	bool shows = type != LEDGER_NONE && ledger_line_text(&m, LINE_KEY, &key);
	const struct ledger_entry *e =
		shows ? ledger_index_get(&l->map, LEDGER_ITEM, buf_all(&key)) : NULL;
	if (e && e->type == LEDGER_INTENT && e->gen == ledger_line_generation(&m))
		shows = false;
	buf_free(&key);
	return shows;
}

/* Do the same for what remains of a line, which a hole may have merged with the one before. */
static bool
is_witness(const struct ledger *l, struct span piece, off_t at)
{
	for (const char *nul; (nul = memchr(piece.p, '\0', piece.n));)
		piece = (struct span){nul + 1, piece.n - (size_t)(nul + 1 - piece.p)};
	return !ledger_line_check(piece) && shows_durable(l, piece, at);
}

/*
 * Return true if piece is the beginning of a header, the only line in a file
 * whose header is torn: what was written of it, then nothing but NULs. Many
 * formats of video begin with a NUL.
 */
static bool
is_header(struct span piece)
{
	static const char start[] = "{\"tc_ledger\":";
	size_t n = 0;
	while (n < piece.n && n < sizeof start - 1 && piece.p[n] == start[n])
		n++;
	if (n == sizeof start - 1)
		return true;
	while (n < piece.n && piece.p[n] == '\0')
		n++;
	return n == piece.n;
}

static void
refuse(const struct ledger *l, const char *why)
{
	if (l->line == 0)
		msg_die(EXIT_BAD_CONFIG, "%s is not a ledger; use another file name", l->path);
	ledger_file_damaged(l, l->line + 1, why);
}

/* Refuse the ledger if any line after read_to proves that read_to was durable. */
static void
look_for_witnesses(struct ledger *l, const char *why)
{
	struct span piece;
	enum lines_result r;
	ledger_file_rewind(l);
	while ((r = lines_next(&l->in, &piece)) != LINES_END) {
		if (r == LINES_GOT && is_witness(l, piece, l->read_to))
			refuse(l, why);
		if (r == LINES_WAIT && lines_fill(&l->in) < 0)
			ledger_file_die(l, "read");
	}
	ledger_file_rewind(l);
}

/* Make FILE.torn, or FILE.torn.1 and so on: never an existing file, and never through a link. */
static int
make_torn_file(const struct ledger *l, struct buf *path)
{
	int fd = -1;
	for (int i = 0; fd < 0 && i < NAMES; i++) {
		path->n = 0;
		buf_fmt(path, "%s.torn", l->path);
		if (i)
			buf_fmt(path, ".%d", i);
		fd = open(buf_cstr(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		ledger_file_die(l, buf_cstr(path));
	return fd;
}

static void
copy(const struct ledger *l, int to, const char *path)
{
	char part[COPY_BYTES];
	off_t at = l->read_to;
	for (ssize_t n; (n = pread(l->fd, part, sizeof part, at)) != 0; at += n) {
		if (n < 0 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n < 0)
			ledger_file_die(l, "read");
		if (io_write_all(to, (struct span){part, (size_t)n}, NULL) < 0)
			ledger_file_die(l, path);
	}
	if (fsync(to) < 0)
		ledger_file_die(l, path);
}

static void
save_torn(struct ledger *l, bool torn)
{
	struct buf path = {0};
	struct stat st;
	if (fstat(l->fd, &st) < 0)
		ledger_file_die(l, "stat");
	int fd = make_torn_file(l, &path);
	copy(l, fd, buf_cstr(&path));
	close(fd);
	ledger_file_sync_directory(l);
	if (ftruncate(l->fd, l->read_to) < 0)
		ledger_file_die(l, "truncate");
	l->dirty = true;
	long long n = (long long)(st.st_size - l->read_to);
	const char *s = n == 1 ? "" : "s";
	if (l->line == 0)
		msg_warn("ledger %s: its first line was torn (%lld byte%s), so nothing was done "
			 "yet: set aside in %s",
			 l->path, n, s, buf_cstr(&path));
	else if (torn)
		msg_warn("ledger %s: its last line was torn (%lld byte%s): set aside in %s",
			 l->path, n, s, buf_cstr(&path));
	else
		msg_warn("ledger %s: from line %zu on it was never made durable (%lld byte%s): set "
			 "aside in %s",
			 l->path, l->line + 1, n, s, buf_cstr(&path));
	buf_free(&path);
}

void
ledger_file_mend(struct ledger *l, struct span bad, bool torn, const char *why)
{
	if ((!torn && !memchr(bad.p, '\0', bad.n)) || (l->line == 0 && !is_header(bad)))
		refuse(l, why);
	look_for_witnesses(l, why);
	save_torn(l, torn);
}
