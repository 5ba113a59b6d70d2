/* Growing byte buffers, and the allocation functions. Running out of memory ends the program. */
#ifndef TC_BASE_BUF_H
#define TC_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes: valid as long as what they point into. Not NUL-terminated. */
struct span {
	const char *p;
	size_t n;
};

/* Owned bytes. All zero is a valid empty buffer. buf_free() frees the bytes. */
struct buf {
	char *p;
	size_t n, cap;
};

/* malloc, calloc, realloc and strdup that print a message and exit 74 on failure. The caller frees.
 */
void *mem_alloc(size_t n);
void *mem_zero(size_t n);
void *mem_grow(void *p, size_t n);

/*
 * Make room for element n of an array that only this function enlarges, one
 * element at a time. The size doubles at each power of two.
 */
void *mem_room(void *p, size_t n, size_t size);
char *mem_dup(struct span s);

/* Return a copy of s, or NULL if s is NULL or empty. The caller frees. */
char *mem_dup_text(const char *s);

/* Set the name, borrowed, that the message of a failed allocation begins with. */
void mem_program(const char *name);

/* Make room for `more` further bytes and return where they go. The length does not change. */
char *buf_room(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_span(struct buf *b, struct span s);
void buf_str(struct buf *b, const char *s);
static inline void
buf_ch(struct buf *b, char c)
{
	if (b->n == b->cap)
		buf_room(b, 1);
	b->p[b->n++] = c;
}

/*
 * Append s, or, if s is longer than max bytes, its beginning and its end with
 * " ... " between. Characters of UTF-8 are kept whole.
 */
void buf_cut(struct buf *b, struct span s, size_t max);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vfmt(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Return the content as a C string, borrowed until the buffer changes. */
const char *buf_cstr(struct buf *b);

/* Return the content as a C string that the caller owns and frees. The buffer is empty afterwards.
 */
char *buf_take(struct buf *b);
void buf_free(struct buf *b);

/* Return the span of a buffer, or of a C string. Return true if s is text. */
struct span buf_all(const struct buf *b);
struct span span_of(const char *s);
bool span_is(struct span s, const char *text);

/* Return the number that all of s is, 1 to 18 digits; -1 for anything else. */
int64_t span_number(struct span s);

/* Return true if s begins with prefix. */
bool str_starts(const char *s, const char *prefix);

/* Append all of a file, at most max bytes. Return 0, or -1 with errno: EFBIG if it is larger. */
int buf_read_fd(struct buf *b, int fd, size_t max);
int buf_read_file(struct buf *b, const char *path, size_t max);

#endif
