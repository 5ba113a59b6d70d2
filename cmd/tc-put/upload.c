/* An upload in memory. */
#include <stdlib.h>

#include "base/clock.h"
#include "put.h"

struct upload *
upload_of(struct service_item *it)
{
	return (struct upload *)(void *)it;
}

struct put *
put_of(struct service *s)
{
	return (struct put *)(void *)s;
}

void
remote_plan(struct remote *r, int64_t size, int64_t part_size)
{
	r->part_size = part_size;
	r->parts_n = (size_t)((size - 1) / part_size + 1);
	r->parts = mem_zero(r->parts_n * sizeof *r->parts);
}

void
remote_free(struct remote *r)
{
	for (size_t i = 0; i < r->parts_n; i++) {
		free(r->parts[i].url);
		free(r->parts[i].etag);
	}
	free(r->parts);
	free(r->id);
	free(r->upload);
	free(r->url);
	*r = (struct remote){.expires = NEVER};
}

void
upload_free(struct upload *u)
{
	if (u->put && u->active)
		htab_remove(&u->put->active, &u->node);
	source_close(&u->source);
	remote_free(&u->remote);
	record_free(&u->line);
	strings_free(&u->headers);
	buf_free(&u->form);
	buf_free(&u->form_end);
	buf_free(&u->job);
	failure_free(&u->error);
	free(u->path);
	free(u->absolute);
	free(u->type);
	free(u->key);
	free(u->location);
	free(u->url);
	free(u->id);
	free(u->status);
}
