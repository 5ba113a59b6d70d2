#include "api/create.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "encode/media.h"
#include "http/call.h"
#include "http/sign.h"
#include "serve.h"
#include "store/store.h"

static bool
upload_is_there(struct call *c, const char *url)
{
	struct upload u;
	bool ok = store_upload(c->serve->store, url + strlen(UPLOAD_URL), &u) && u.confirmed;
	upload_free(&u);
	return ok;
}

char *
create_source_error(struct call *c, const char *url)
{
	struct buf uploads = {0};
	buf_fmt(&uploads, "%s/uploads", c->serve->dir);
	struct source s = media_source(&c->serve->media, buf_cstr(&uploads), url);
	buf_free(&uploads);
	if (s.kind == SOURCE_REFUSED)
		return s.text;
	source_free(&s);
	if (str_starts(url, UPLOAD_URL) && !upload_is_there(c, url)) {
		struct buf b = {0};
		buf_fmt(&b, "%s: not uploaded, or not confirmed", url);
		return buf_take(&b);
	}
	return NULL;
}

void
create_begin(struct job *j, enum api api, struct span request)
{
	struct buf id = {0};
	*j = (struct job){.api = api};
	if (api == API_MICRO) {
		random_uuid(&id);
	} else {
		buf_str(&id, "job_");
		random_hex(&id, 10);
	}
	j->id = buf_take(&id);
	j->status = mem_dup(span_of("pending"));
	j->request = mem_dup(request);
	j->created = j->updated = clock_wall();
}

void
create_output(struct job *j, const char *type, struct span spec)
{
	struct buf path = {0}, id = {0};
	int n = (int)j->nout;
	if (strcmp(type, "hls") == 0 || strcmp(type, "adaptive") == 0)
		buf_fmt(&path, "%s/%d/master.m3u8", j->id, n);
	else if (strcmp(type, "dash") == 0)
		buf_fmt(&path, "%s/%d/manifest.mpd", j->id, n);
	else
		buf_fmt(&path, "%s/%d.%s", j->id, n, type);
	if (j->api == API_TRANSCODELY) {
		buf_str(&id, "out_");
		random_hex(&id, 10);
	}
	j->out = mem_room(j->out, j->nout, sizeof *j->out);
	j->out[j->nout++] = (struct output){.n = n,
					    .id = buf_take(&id),
					    .path = buf_take(&path),
					    .spec = mem_dup(spec),
					    .status = mem_dup(span_of("pending"))};
}

bool
create_commit(struct call *c, struct job *j)
{
	if (!store_add(c->serve->store, j) || (j->probe && !store_put(c->serve->store, j)))
		return false;
	c->serve->stats.creates++;
	serve_wake(c->serve);
	return true;
}

bool
create_over_quota(const struct call *c)
{
	return c->serve->cfg.quota >= 0 && c->serve->stats.creates >= c->serve->cfg.quota;
}
