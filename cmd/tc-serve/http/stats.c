#include "http/stats.h"

#include "json/json.h"

static const char *const kinds[KIND_COUNT] = {"create", "get", "other", "put", "download"};

void
stats_json(const struct stats *s, struct buf *out)
{
	json_open(out);
	json_int(out, "requests", s->requests);
	json_int(out, "creates", s->creates);
	json_int(out, "existing", s->existing);
	json_int(out, "throttled", s->by_status[429]);
	json_int(out, "faults", s->faults);
	json_int(out, "no_answer", s->no_answer);
	json_int(out, "uploads", s->uploads);
	json_int(out, "confirms", s->confirms);
	json_int(out, "parts", s->parts);
	json_int(out, "resumes", s->resumes);
	json_int(out, "aborts", s->aborts);
	json_int(out, "ranges", s->ranges);
	json_int(out, "bytes_in", s->bytes_in);
	json_int(out, "bytes_out", s->bytes_out);
	json_int(out, "connections", s->connections);
	json_int(out, "in_flight", s->in_flight);
	json_int(out, "max_in_flight", s->max_in_flight);
	struct buf by = {0}, name = {0};
	json_open(&by);
	for (int i = 100; i < 600; i++)
		if (s->by_status[i]) {
			name.n = 0;
			buf_fmt(&name, "%d", i);
			json_int(&by, buf_cstr(&name), s->by_status[i]);
		}
	json_close(&by);
	json_raw(out, "by_status", buf_all(&by));
	by.n = 0;
	json_open(&by);
	for (int i = 0; i < KIND_COUNT; i++)
		json_int(&by, kinds[i], s->by_kind[i]);
	json_close(&by);
	json_raw(out, "by_kind", buf_all(&by));
	json_close(out);
	buf_free(&by);
	buf_free(&name);
}
