/* The jobs that a ledger, tc-ledger(5), names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/msg.h"
#include "list.h"
#include "json/json.h"

/* An item by its key; its input is kept until a line names its job. */
static struct known_job *
item_of(struct known *k, char *key)
{
	struct known_job *item = (struct known_job *)(void *)htab_find(&k->inputs, key, NULL);
	if (item) {
		free(key);
		return item;
	}
	item = mem_zero(sizeof *item);
	item->next = k->items;
	k->items = item;
	htab_add(&k->inputs, &item->node, key);
	return item;
}

static void
add_job(struct known *k, char *id, const struct known_job *item)
{
	struct known_job *job = known_find(k, id);
	if (job) {
		free(id);
		return;
	}
	job = mem_zero(sizeof *job);
	job->input = item && item->input ? mem_dup(span_of(item->input)) : NULL;
	htab_add(&k->ids, &job->node, id);
	*k->end = job;
	k->end = &job->next;
}

static void
on_line(struct known *k, struct span line, const char *provider)
{
	struct span v;
	char *key = json_text_of(line, "key"), *id = json_text_of(line, "id"),
	     *of = json_text_of(line, "provider");
	struct known_job *item = key ? item_of(k, key) : NULL;
	if (item && json_get(line, "input", &v) == 1) {
		free(item->input);
		item->input = mem_dup(v);
	}
	if (id && of && strcmp(of, provider) == 0)
		add_job(k, id, item);
	else
		free(id);
	free(of);
}

void
known_read(struct known *k, const char *path, const char *provider)
{
	struct lines in;
	struct span line, v;
	bool header = false;
	*k = (struct known){.end = &k->jobs};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		msg_die(EXIT_IO, "cannot read %s: %s", path, strerror(errno));
	lines_init(&in, NULL, fd);
	for (enum lines_result got; (got = lines_next(&in, &line)) != LINES_END;) {
		if (got == LINES_WAIT && lines_fill(&in) < 0)
			msg_die(EXIT_IO, "cannot read %s: %s", path, strerror(errno));
		if (got != LINES_GOT || json_check_loose(line, NULL) ||
		    json_type(line) != JSON_OBJECT)
			continue; /* a torn line: its writer died, or writes it now */
		header = header || json_get(line, "tc_ledger", &v) == 1;
		on_line(k, line, provider);
	}
	if (!header)
		msg_die(EXIT_BAD_CONFIG, "%s: not a ledger", path);
	lines_free(&in);
	close(fd);
}

struct known_job *
known_find(const struct known *k, const char *id)
{
	return (struct known_job *)(void *)htab_find(&k->ids, id, NULL);
}

static void
free_jobs(struct known_job *job)
{
	for (struct known_job *next; job; job = next) {
		next = job->next;
		free((char *)(uintptr_t)job->node.name);
		free(job->input);
		free(job);
	}
}

void
known_free(struct known *k)
{
	free_jobs(k->jobs);
	free_jobs(k->items);
	htab_free(&k->ids);
	htab_free(&k->inputs);
}
