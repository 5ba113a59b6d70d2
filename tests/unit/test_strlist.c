/* String lists, taking a buffer, whole reads and writes, and the search in PATH. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/findpath.h"
#include "base/io.h"
#include "base/strlist.h"
#include "test.h"

static void
test_strings(void)
{
	struct strings s = {0};
	ok(!strings_have(&s, "a"), "an empty list has nothing");
	strings_add(&s, mem_dup(span_of("a")));
	strings_copy(&s, "b");
	strings_fmt(&s, "%s-%d", "c", 3);
	ok(s.n == 3 && strcmp(s.v[2], "c-3") == 0, "three strings");
	ok(s.v[3] == NULL, "NULL after the last");
	ok(strings_have(&s, "b") && !strings_have(&s, "c"), "found by its whole text");
	strings_free(&s);
	ok(!s.v && !s.n, "empty again");
}

static void
test_take(void)
{
	struct buf b = {0};
	char *text = buf_take(&b);
	ok(*text == '\0' && !b.p, "an empty buffer is an empty string");
	free(text);
	buf_str(&b, "abc");
	text = buf_take(&b);
	ok(strcmp(text, "abc") == 0 && !b.p && !b.n && !b.cap, "the buffer gives its bytes away");
	free(text);
	ok(!mem_dup_text(NULL) && !mem_dup_text(""), "no text, no copy");
}

static void
test_io(void)
{
	char name[] = "/tmp/tc-io-XXXXXX", got[6] = "";
	int fd = mkstemp(name);
	size_t done = 9;
	ok(fd >= 0 && unlink(name) == 0, "a file");
	ok(io_write_all(fd, span_of("hello"), &done) == 0 && done == 5, "write");
	ok(io_pwrite_all(fd, span_of("J"), 0) == 0, "write at a place");
	ok(io_pread_all(fd, got, 5, 0) == 0 && strcmp(got, "Jello") == 0, "read");
	ok(io_pread_all(fd, got, 6, 0) < 0 && errno == EIO,
	   "a file that ends early is an I/O error");
	close(fd);
	ok(io_write_all(fd, span_of("x"), &done) < 0 && errno == EBADF && done == 0,
	   "an error is one");
}

static void
test_find_command(void)
{
	char dir[] = "/tmp/tc-path-XXXXXX", file[64];
	ok(mkdtemp(dir) != NULL, "a directory");
	snprintf(file, sizeof file, "%s/tc-tool", dir);
	FILE *f = fopen(file, "w");
	ok(f && fclose(f) == 0 && chmod(file, 0644) == 0, "a file that is not executable");
	setenv("PATH", dir, 1);
	ok(!find_command("tc-tool") && errno == EACCES, "found, but not executable");
	ok(!find_command("tc-none") && errno == ENOENT, "not found");
	ok(!find_command(dir) && errno == EACCES, "a directory is not a command");
	ok(!find_command("") && errno == ENOENT, "no name, no command");
	ok(chmod(file, 0755) == 0, "now it is executable");
	char *path = find_command("tc-tool");
	ok(path && strcmp(path, file) == 0, "found in PATH");
	free(path);
	path = find_command(file);
	ok(path && strcmp(path, file) == 0, "a name with a slash is taken as it is");
	free(path);
	ok(unlink(file) == 0 && rmdir(dir) == 0, "cleaned up");
}

int
main(void)
{
	test_strings();
	test_take();
	test_io();
	test_find_command();
	return done_testing();
}
