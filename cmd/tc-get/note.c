/* NAME.part.json, the note beside a part: its output, its version, and which bytes are there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/os.h"
#include "part.h"
#include "json/json.h"

/* With the second, the size of the part does not tell which bytes are in it. */
enum { VERSION = 1, VERSION_GAPS = 2 };

enum { NOTE_BYTES_MAX = 64 << 10 };

static bool
read_note(const struct part *p, struct buf *b)
{
	int fd = openat(p->dir->fd, p->note.p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = 0;
	while (fd >= 0 && b->n < NOTE_BYTES_MAX && (n = read(fd, buf_room(b, 4096), 4096)) > 0)
		b->n += (size_t)n;
	if (fd >= 0)
		close(fd);
	return fd >= 0 && n == 0 && !json_check(buf_all(b), NULL);
}

static bool
member_is(struct span note, const char *name, const char *text)
{
	char *got = json_text_of(note, name);
	bool is = got && strcmp(got, text) == 0;
	free(got);
	return is;
}

/* Return the id of the boot that this runs under; empty if it is not known. */
static const char *
boot_id(void)
{
	static char boot[64];
	if (!*boot)
		os_boot(boot);
	return boot;
}

void
note_take_over(struct part *p, const struct part_id *id, int64_t there)
{
	struct buf b = {0};
	const char *boot = boot_id();
	bool good = there > 0 && read_note(p, &b);
	struct span note = buf_all(&b);
	int64_t v = json_count_of(note, "v", -1);
	if (good && (v == VERSION || v == VERSION_GAPS) &&
	    member_is(note, "provider", id->provider) && member_is(note, "id", id->id) &&
	    json_count_of(note, "n", -1) == (int64_t)id->n) {
		int64_t durable = json_count_of(note, "have", -1);
		p->version = (struct version){json_count_of(note, "size", -1),
					      json_text_of(note, "etag"),
					      json_text_of(note, "modified")};
		p->durable = durable < there ? durable : there;
		bool same_boot = *boot && member_is(note, "boot", boot);
		int64_t prefix = v == VERSION ? there : json_count_of(note, "prefix", -1);
		p->have = !same_boot ? p->durable : prefix < there ? prefix : there;
		if (same_boot && v == VERSION_GAPS && p->have >= 0 && p->version.size >= 0)
			gaps_take_over(p, note, there);
		if (p->have < 0 || (p->version.size >= 0 && p->have > p->version.size))
			p->have = 0;
		p->noted = true;
	}
	buf_free(&b);
}

/* Write the note. It is synced if what it says is durable. */
static int
write_all(int fd, struct span text, bool durable)
{
	if (io_pwrite_all(fd, text, 0) < 0 || ftruncate(fd, (off_t)text.n) < 0)
		return -1;
	return durable ? fdatasync(fd) : 0;
}

int
part_note(struct part *p, const struct part_id *id)
{
	struct buf b = {0};
	bool durable = p->durable > (p->gaps ? p->durable_noted : 0);
	json_open(&b);
	json_int(&b, "v", p->gaps ? VERSION_GAPS : VERSION);
	json_str(&b, "provider", span_of(id->provider));
	json_str(&b, "id", span_of(id->id));
	json_int(&b, "n", (long long)id->n);
	if (p->version.size >= 0)
		json_int(&b, "size", p->version.size);
	if (p->version.etag)
		json_str(&b, "etag", span_of(p->version.etag));
	if (p->version.modified)
		json_str(&b, "modified", span_of(p->version.modified));
	json_int(&b, "have", p->durable);
	if (p->gaps)
		gaps_note(p, &b);
	json_str(&b, "boot", span_of(boot_id()));
	json_close(&b);
	if (p->gaps)
		gaps_pad(&b);
	buf_ch(&b, '\n');
	p->bare = false;
	int fd = openat(p->dir->fd, p->note.p,
			O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int bad = fd < 0 ? -1 : write_all(fd, buf_all(&b), durable), saved = errno;
	if (fd >= 0 && close(fd) < 0 && !bad) {
		bad = -1;
		saved = errno;
	}
	buf_free(&b);
	p->noted = !bad;
	p->durable_noted = bad ? 0 : p->durable;
	p->dir->dirty = p->dir->dirty || p->durable > 0;
	errno = saved;
	return bad;
}

void
part_settle(struct part *p)
{
	if (!p->bare)
		unlinkat(p->dir->fd, buf_cstr(&p->note), 0);
	p->noted = false;
	p->bare = true;
}

int
part_disown(struct part *p)
{
	p->noted = false;
	if (unlinkat(p->dir->fd, buf_cstr(&p->note), 0) < 0) {
		p->bare = errno == ENOENT;
		return p->bare ? 0 : -1;
	}
	p->bare = true;
	return fsync(p->dir->fd) < 0 && errno != EINVAL ? -1 : 0;
}
