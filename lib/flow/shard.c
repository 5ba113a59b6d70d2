#include "flow/shard.h"

#include <errno.h>
#include <stdlib.h>

#include "base/digest.h"

enum { SHARDS_MAX = 1000000 };

/* Return the number at s, from 1 to SHARDS_MAX, if it ends at `end`, else 0. */
static size_t
number(const char *p, char end, const char **next)
{
	char *stop;
	if (*p < '0' || *p > '9')
		return 0;
	errno = 0;
	unsigned long n = strtoul(p, &stop, 10);
	if (errno || *stop != end || n > SHARDS_MAX)
		return 0;
	*next = stop + (end != '\0');
	return n;
}

const char *
shard_option(void *to, const char *value)
{
	const char *p = value;
	size_t k = number(p, '/', &p), n = k ? number(p, '\0', &p) : 0;
	if (!n || k > n)
		return "expected K/N, K from 1 to N and N up to 1000000";
	*(struct shard *)to = n > 1 ? (struct shard){k, n} : (struct shard){0};
	return NULL;
}

bool
shard_has(const struct shard *s, size_t index)
{
	return !s->n || index % s->n == s->k - 1;
}

size_t
shard_place(const struct shard *s, size_t index)
{
	return s->n ? index / s->n + (index % s->n >= s->k) : index;
}

void
shard_add_to_run(const struct shard *s, struct buf *run)
{
	struct buf both = {0};
	if (!s->n)
		return;
	buf_span(&both, buf_all(run));
	buf_fmt(&both, "\n--shard %zu/%zu", s->k, s->n);
	run->n = 0;
	sha256_hex(run, buf_all(&both));
	buf_free(&both);
}
