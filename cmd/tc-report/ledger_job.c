#include "ledger.h"

#include <math.h>
#include <stdlib.h>

#include "json/json.h"

struct ljob *
ledger_job(struct reading *g, struct span line)
{
	char *provider = json_text_of(line, "provider"), *id = json_text_of(line, "id");
	struct ljob *job = NULL;
	if (id) {
		struct buf place = {0};
		buf_fmt(&place, "%s\n%s", provider ? provider : "", id);
		job = (struct ljob *)(void *)htab_find(&g->places, buf_cstr(&place), NULL);
		if (!job) {
			job = mem_alloc(sizeof *job);
			*job = (struct ljob){
				.next = g->jobs, .made = NAN, .ended = NAN, .done = NAN};
			g->jobs = job;
			htab_add(&g->places, &job->node, mem_dup(buf_all(&place)));
		}
		buf_free(&place);
	}
	free(provider);
	free(id);
	return job;
}
