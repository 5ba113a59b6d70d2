/*
 * What a ledger says about items and jobs, and the rows made from it. Shared by
 * ledger.c and ledger_rows.c.
 */
#ifndef TC_REPORT_LEDGER_H
#define TC_REPORT_LEDGER_H

#include "base/htab.h"
#include "report.h"

enum type { T_NONE, T_INTENT, T_CREATED, T_ENDED, T_DONE, T_PAUSE };
enum by { BY_CREATE, BY_POOL, BY_PUT };

/* What the lines with a job's provider and id say. */
struct ljob {
	struct htab_node node;
	struct ljob *next;
	char *end; /* the last "ended" line, or NULL */
	char *url; /* the last "done" line, or NULL */
	double made, ended, done;
};

/* What the lines with an item's key say. */
struct litem {
	struct htab_node node;
	struct litem *next;
	enum by by;
	enum type type; /* of the last line */
	double gen;
	char *line;  /* the last line */
	char *input; /* JSON */
	double at, begun, created;
};

struct reading {
	struct report *report;
	struct htab keys, places, inputs;
	struct litem *items, **items_end;
	struct ljob *jobs;
	struct pause *pauses;
	size_t pauses_n;
	double first, last;
	bool pool, create;
};

/* Return the job that a line names, made if it is new; NULL if the line names none. */
struct ljob *ledger_job(struct reading *g, struct span line);

/* Add a row to the report for each item that counts. */
void ledger_rows(struct reading *g);

#endif
