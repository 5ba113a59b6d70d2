/* Any line at all: read as a record, asked for its id, made a request of, ended. The output is one
 * line of JSON. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/tc-create/body.h"
#include "base/msg.h"
#include "flow/record.h"
#include "fuzz.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct profile *profile;
static const struct request_options options = {.key = "{input}-{index}-{basename}-{/a/0}"};

static void
one_request(const struct record *r, const struct item *it)
{
	struct record copy = *r;
	struct request_plan plan;
	struct request q;
	request_plan(&plan, profile, &options);
	if (!request_build(&plan, &copy, it, &q))
		must(!json_check(buf_all(&q.body), NULL) && strlen(q.key) <= 128);
	request_free(&q);
	request_plan_free(&plan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!profile) {
		msg_quiet(true);
		profile = profile_load("transcodely");
	}
	char *line = mem_alloc(size + 1);
	memcpy(line, data, size);
	line[size] = '\0';
	struct item it = {.line = {line, size}};
	struct record r;
	char *id = NULL;
	record_read(&r, &it);
	must(r.kind == RECORD_BAD    ? r.why != NULL
	     : r.kind == RECORD_BARE ? r.text && *r.text
				     : r.value.n > 0);
	if (r.kind != RECORD_BAD)
		one_request(&r, &it);
	record_id(&r, "transcodely", &id);
	must(r.kind == RECORD_BAD || (id && *id));
	free(id);
	record_free(&r);
	free(line);
	return 0;
}
