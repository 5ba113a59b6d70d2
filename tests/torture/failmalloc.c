/*
 * LD_PRELOAD: the allocation number FAIL_AT fails, once (FAIL_ON=1: and all
 * after it). Written to FAIL_REACHED, a file, when it comes to that: without
 * it the program made fewer.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned long count, fail_at;
static bool ready, on;

/* Before main(), when the loader has resolved what it needs by itself. */
static void __attribute__((constructor)) start(void)
{
	const char *at = getenv("FAIL_AT"), *all = getenv("FAIL_ON");
	fail_at = at ? strtoul(at, NULL, 10) : 0;
	on = all && *all == '1';
	ready = fail_at > 0;
}

static bool
fails(void)
{
	unsigned long n = ready ? __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) : 0;
	if (!ready || n < fail_at || (n > fail_at && !on))
		return false;
	const char *path = n == fail_at ? getenv("FAIL_REACHED") : NULL;
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		close(fd);
	errno = ENOMEM;
	return true;
}

/* glibc's own names for what is replaced here. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}
