#include "base/findpath.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

/* Return 0, or the errno that says why this file cannot be executed. */
static int
problem(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) < 0 ? errno : 0;
}

char *
find_command(const char *name)
{
	const char *dirs = getenv("PATH");
	struct buf path = {0};
	int why = ENOENT;
	if (!dirs)
		dirs = "/usr/local/bin:/usr/bin:/bin";
	if (strchr(name, '/') || !*name) {
		errno = *name ? problem(name) : ENOENT;
		return errno ? NULL : mem_dup(span_of(name));
	}
	for (;; dirs++) {
		size_t n = strcspn(dirs, ":");
		path.n = 0;
		buf_span(&path, n ? (struct span){dirs, n} : span_of("."));
		buf_ch(&path, '/');
		buf_str(&path, name);
		int e = problem(buf_cstr(&path));
		if (e == 0)
			return buf_take(&path);
		if (e == EACCES)
			why = e;
		dirs += n;
		if (!*dirs)
			break;
	}
	buf_free(&path);
	errno = why;
	return NULL;
}
