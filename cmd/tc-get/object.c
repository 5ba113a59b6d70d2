/* s3:// and gs:// URLs: objects that are read with keys from the environment. */
#include <string.h>
#include <strings.h>

#include "get.h"

/* Return the storage that an address names, or NULL for any other address. */
static struct object_keys *
keys_of(struct get *g, const char *url)
{
	bool google = strncasecmp(url, "gs://", 5) == 0;
	return google || strncasecmp(url, "s3://", 5) == 0 ? &g->keys[google] : NULL;
}

bool
object_is(const char *url)
{
	return strncasecmp(url, "gs://", 5) == 0 || strncasecmp(url, "s3://", 5) == 0;
}

bool
object_open(struct get *g, const char *url, struct failure *e)
{
	struct object_keys *k = keys_of(g, url);
	const char *slash = strchr(url + 5, '/');
	if (!k->open && !k->why.n)
		k->open = storage_open(&k->storage, k == &g->keys[1], &k->why);
	if (!k->open)
		failure_set(e, "rejected", false, "%s cannot be fetched: %s", url,
			    buf_cstr(&k->why));
	else if (!slash || slash == url + 5 || !slash[1])
		failure_set(e, "rejected", false,
			    "%s cannot be fetched: expected a bucket, a slash and a key", url);
	return !e->code;
}

const char *
object_prepare(struct get *g, const char *url, struct http_stream *stream, struct buf *address,
	       const char **headers)
{
	struct storage *s = &keys_of(g, url)->storage;
	const char *bucket = url + 5, *key = strchr(bucket, '/') + 1;
	size_t n = 0;
	address->n = 0;
	storage_url(s, (struct span){bucket, (size_t)(key - bucket) - 1}, span_of(key), address);
	while (headers[n])
		n++;
	for (size_t i = 0; s->header[i]; i++)
		headers[n++] = s->header[i];
	headers[n] = NULL;
	stream->sigv4 = s->sigv4;
	stream->userpwd = s->userpwd;
	stream->follow = false; /* the key is for this host */
	stream->as_is = true;   /* ".." in an object's name leads to no other */
	return buf_cstr(address);
}

void
object_close(struct get *g)
{
	for (size_t i = 0; i < 2; i++) {
		storage_free(&g->keys[i].storage);
		buf_free(&g->keys[i].why);
	}
}
