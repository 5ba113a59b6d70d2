/* The service's calls about an upload: start, more, finish, get, job, abort. */
#include "put.h"
#include "json/json.h"

enum { PART_SIZE = 25 << 20 };

static const struct call *
call_of(const struct upload *u)
{
	const struct upload_profile *p = u->put->profile;
	switch (u->phase) {
	case PHASE_START:
		return &p->start;
	case PHASE_MORE:
		return &p->more;
	case PHASE_FINISH:
		return &p->finish;
	case PHASE_GET:
		return &p->get;
	case PHASE_JOB:
		return &u->put->service.profile->get;
	default:
		return &p->abort;
	}
}

/*
 * Plan the parts. Their size is the user's or the profile's, or larger if there
 * would be too many.
 */
static void
plan_parts(struct upload *u)
{
	const struct upload_profile *p = u->put->profile;
	int64_t size = put_options.part_size ? put_options.part_size
		       : p->part_size > 0    ? (int64_t)p->part_size
					     : PART_SIZE;
	if (size < (int64_t)p->part_min)
		size = (int64_t)p->part_min;
	if (p->part_max > 0 && size > (int64_t)p->part_max)
		size = (int64_t)p->part_max;
	if ((u->source.size - 1) / size + 1 > p->part_most)
		size = (u->source.size - 1) / p->part_most + 1;
	remote_plan(&u->remote, u->source.size, size);
}

/* Append the body of the start call: the profile's, with -d merged over it. */
static void
start_body(const struct upload *u, const struct fills *f, struct buf *out)
{
	struct template_args args = {.values = f->v,
				     .values_n = f->n,
				     .escape = json_escape,
				     .source = span_of(u->path),
				     .index = u->step.item.index,
				     .objects = {u->line.value}};
	struct buf own = {0}, given = {0};
	struct span fill;
	template_once(u->put->profile->start.body ? u->put->profile->start.body : "{}",
		      TEMPLATE_NAMES, &args, &own, &fill);
	template_once(buf_cstr(&u->put->start), TEMPLATE_NAMES | TEMPLATE_SOURCE, &args, &given,
		      &fill);
	json_merge(out, buf_all(&own), buf_all(&given));
	buf_free(&own);
	buf_free(&given);
}

void
call_send(struct upload *u)
{
	struct fills f;
	struct buf body = {0}, header = {0};
	struct service *s = &u->put->service;
	if (u->phase == PHASE_START && u->kind == UPLOAD_PARTS)
		plan_parts(u);
	fills_make(u, &f);
	struct call_request q = {.call = call_of(u),
				 .fills = f.v,
				 .fills_n = f.n,
				 .question = u->phase == PHASE_GET || u->phase == PHASE_JOB,
				 .may_be_empty =
					 u->phase == PHASE_ABORT ||
					 (u->phase == PHASE_START &&
					  (u->kind == UPLOAD_TUS || u->kind == UPLOAD_RESUMABLE)) ||
					 (u->phase == PHASE_FINISH && !u->put->profile->job.n),
				 .unsafe = u->phase == PHASE_FINISH && u->put->profile->job.n > 0};
	if (u->phase == PHASE_START && u->put->start.n) {
		start_body(u, &f, &body);
		q.body = buf_all(&body);
	}
	if (u->phase == PHASE_START && u->kind == UPLOAD_TUS && !u->put->profile->url.n) {
		send_tus_create(u, &header);
		q.header = buf_cstr(&header);
	}
	service_call(s, &u->step, &q);
	fills_free(&f);
	buf_free(&body);
	buf_free(&header);
}
