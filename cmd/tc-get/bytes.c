/* Writes a part's bytes, unless another program writes them too. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "part.h"

bool
part_is_ours(const struct part *p)
{
	struct stat st;
	bool known = fstat(p->fd, &st) == 0;
	errno = known ? PART_CHANGED : errno;
	return known && st.st_size == p->top;
}

int
part_write_at(struct part *p, int64_t *at, const char *bytes, size_t n)
{
	if (!part_is_ours(p))
		return -1;
	while (n) {
		ssize_t done = pwrite(p->fd, bytes, n, *at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		*at += done;
		p->top = *at > p->top ? *at : p->top;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}
