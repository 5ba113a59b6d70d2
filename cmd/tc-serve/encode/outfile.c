#include "encode/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
outfile_is_tree(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && (strcmp(dot, ".m3u8") == 0 || strcmp(dot, ".mpd") == 0);
}

char *
outfile_directory(const char *path)
{
	return mem_dup((struct span){path, (size_t)(strrchr(path, '/') - path)});
}

static bool
make_dir(const char *path, struct buf *why)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	buf_fmt(why, "%s: %s", path, strerror(errno));
	return false;
}

/* Call each for every name in a directory except . and .. */
static void
walk(const char *dir, void (*each)(void *ctx, const char *path), void *ctx)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	if (!d)
		return;
	while ((entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		struct buf path = {0};
		buf_fmt(&path, "%s/%s", dir, entry->d_name);
		each(ctx, buf_cstr(&path));
		buf_free(&path);
	}
	closedir(d);
}

static void
remove_tree(void *ctx, const char *path)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		unlink(path); /* best effort: a leftover file does no harm */
		return;
	}
	walk(path, remove_tree, ctx);
	rmdir(path);
}

static void
add_size(void *ctx, const char *path)
{
	int64_t *sum = ctx;
	struct stat st;
	if (lstat(path, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode))
		walk(path, add_size, ctx);
	else
		*sum += st.st_size;
}

bool
outfile_prepare(const char *path, struct buf *why)
{
	char *dir = outfile_directory(path), *job = NULL;
	outfile_remove(path);
	bool ok = true;
	if (outfile_is_tree(path)) {
		job = outfile_directory(dir);
		ok = make_dir(job, why);
	}
	ok = ok && make_dir(dir, why);
	free(dir);
	free(job);
	return ok;
}

void
outfile_remove(const char *path)
{
	char *dir = outfile_directory(path);
	if (outfile_is_tree(path))
		remove_tree(NULL, dir);
	else
		unlink(path);
	free(dir);
}

int64_t
outfile_size(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	if (!outfile_is_tree(path))
		return st.st_size;
	int64_t sum = 0;
	char *dir = outfile_directory(path);
	add_size(&sum, dir);
	free(dir);
	return sum;
}
