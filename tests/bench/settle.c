/*
 * settle [-h]: what is left to do for downloads after curl, one after the
 * other: hashes each NAME.part that is named on stdin (NAME), makes it durable,
 * and renames it. With -h it only hashes NAME, as an upload needs. Exit status
 * 1 if a file was left out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/filehash.h"

static bool
hashed(int fd)
{
	struct stat st;
	struct hash_sums sums;
	int64_t at = 0;
	struct hash *h = hash_new(HASH_SHA256);
	bool good = fstat(fd, &st) == 0 && filehash_read(h, fd, &at, st.st_size) == 0;
	hash_end(h, &sums);
	hash_free(h);
	return good;
}

static bool
settle(const char *name, bool hash_only)
{
	struct buf part = {0};
	buf_fmt(&part, "%s%s", name, hash_only ? "" : ".part");
	int fd = open(buf_cstr(&part), O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && hashed(fd);
	if (!hash_only)
		good = good && fdatasync(fd) == 0 && rename(part.p, name) == 0;
	if (fd >= 0)
		close(fd);
	buf_free(&part);
	return good;
}

int
main(int argc, char **argv)
{
	bool hash_only = argc > 1 && strcmp(argv[1], "-h") == 0, good = true;
	char *line = NULL;
	size_t cap = 0;
	for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
		line[n - (line[n - 1] == '\n')] = '\0';
		good = settle(line, hash_only) && good;
	}
	free(line);
	return !good;
}
