#include "api/create.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "encode/child.h"
#include "encode/ffmpeg.h"
#include "encode/media.h"
#include "encode/plan.h"
#include "http/call.h"
#include "http/sign.h"
#include "serve.h"
#include "store/store.h"

/* How long probing a file may take at create. */
#define PROBE_PATIENCE (5 * SECOND)

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
	if (strncmp(url, UPLOAD_URL, strlen(UPLOAD_URL)) == 0 && !upload_is_there(c, url)) {
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

/* Probe one file. Return false if ffprobe fails or takes too long. */
static bool
probe_file(const struct source *file, struct probe *p)
{
	struct strings w = {0};
	struct child child = {0};
	struct buf out = {0}, err = {0};
	const struct child_limits l = {.fds = &file->fd, .nfds = file->fd >= 0};
	int status = -1;
	ffmpeg_probe(&w, file);
	bool ok = child_start(&child, w.v, &l), ended = false;
	for (int64_t until = clock_now() + PROBE_PATIENCE; ok && !ended && clock_now() < until;) {
		struct pollfd fds[] = {{.fd = child.out_fd, .events = POLLIN},
				       {.fd = child.err_fd, .events = POLLIN}};
		/* both closed: only the exit is left, which no descriptor signals */
		poll(fds, 2,
		     child.out_fd < 0 && child.err_fd < 0 ? 1 : clock_poll_ms(clock_now(), until));
		child_read(&child.out_fd, &out);
		child_read(&child.err_fd, &err);
		ended = child_ended(&child, &out, &err, &status);
	}
	if (ok && !ended)
		child_stop(&child);
	ok = ended && WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	     probe_from_ffprobe(p, buf_all(&out));
	strings_free(&w);
	buf_free(&out);
	buf_free(&err);
	return ok;
}

void
create_probe(const struct call *c, struct job *j)
{
	struct plan p = plan_make(j, 0);
	struct buf probes = {0}, why = {0};
	bool ok = !c->serve->cfg.encoder && plan_sources(&p, &c->serve->media, c->serve->dir, &why);
	for (size_t i = 0; ok && i < p.nin; i++)
		ok = p.in[i].source.kind == SOURCE_FILE;
	buf_ch(&probes, '[');
	for (size_t i = 0; ok && i < p.nin; i++) {
		buf_str(&probes, i ? "," : "");
		ok = probe_file(&p.in[i].source, &p.in[i].probe);
		if (ok)
			probe_json(&probes, &p.in[i].probe);
	}
	buf_ch(&probes, ']');
	if (ok)
		job_text(&j->probe, buf_cstr(&probes));
	plan_free(&p);
	buf_free(&probes);
	buf_free(&why);
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
