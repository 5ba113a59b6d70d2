/* The values of the names in the templates of a profile's calls and headers. */
#include "base/path.h"
#include "put.h"
#include "json/json.h"

enum { URLS_AT_ONCE = 100 };

/* Append the numbers of the parts whose URLs are asked for. */
static void
add_numbers(const struct upload *u, struct buf *out)
{
	size_t n = 0;
	buf_ch(out, '[');
	for (size_t i = u->part; i < u->remote.parts_n && n < URLS_AT_ONCE; i++)
		if (!u->remote.parts[i].etag)
			buf_fmt(out, "%s%zu", n++ ? "," : "", i + 1);
	buf_ch(out, ']');
}

/* Append the list of parts for the finish call, each as the profile's /upload/part/item. */
static void
add_parts(const struct upload *u, struct buf *out)
{
	const struct upload_profile *p = u->put->profile;
	buf_ch(out, '[');
	for (size_t i = 0; i < u->remote.parts_n; i++) {
		struct buf n = {0};
		struct span fill;
		buf_fmt(&n, "%zu", i + 1);
		struct template_value v[] = {
			{.name = "number", .value = buf_cstr(&n), .number = true},
			{.name = "etag", .value = u->remote.parts[i].etag}};
		struct template_args args = {.values = v, .values_n = 2, .escape = json_escape};
		if (i)
			buf_ch(out, ',');
		template_once(p->part_item, TEMPLATE_NAMES, &args, out, &fill);
		buf_free(&n);
	}
	buf_ch(out, ']');
}

void
fills_make(const struct upload *u, struct fills *f)
{
	size_t n = 0;
	*f = (struct fills){0};
	buf_fmt(&f->size, "%lld", (long long)u->source.size);
	buf_fmt(&f->total, "%zu", u->remote.parts_n);
	buf_fmt(&f->part, "%lld", (long long)u->remote.part_size);
	add_numbers(u, &f->numbers);
	if (u->phase == PHASE_FINISH)
		add_parts(u, &f->parts);
	f->v[n++] = (struct template_value){.name = "name", .value = path_base(span_of(u->path)).p};
	f->v[n++] = (struct template_value){.name = "type", .value = u->type};
	f->v[n++] = (struct template_value){
		.name = "size", .value = buf_cstr(&f->size), .number = true};
	f->v[n++] = (struct template_value){.name = "upload", .value = u->remote.upload};
	f->v[n++] = (struct template_value){.name = "id",
					    .value = u->phase == PHASE_JOB ? u->id : u->remote.id};
	f->v[n++] = (struct template_value){
		.name = "total", .value = buf_cstr(&f->total), .number = true};
	f->v[n++] = (struct template_value){
		.name = "part", .value = buf_cstr(&f->part), .number = true};
	f->v[n++] = (struct template_value){
		.name = "numbers", .value = buf_cstr(&f->numbers), .number = true};
	f->v[n++] = (struct template_value){
		.name = "parts", .value = buf_cstr(&f->parts), .number = true};
	f->n = n;
}

void
fills_free(struct fills *f)
{
	buf_free(&f->size);
	buf_free(&f->total);
	buf_free(&f->part);
	buf_free(&f->numbers);
	buf_free(&f->parts);
}
