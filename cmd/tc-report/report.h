/* What the files of tc-report share: the rows of a report, and the arena of their text. */
#ifndef TC_REPORT_REPORT_H
#define TC_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Text that lives as long as the report. */
struct arena {
	struct buf *chunk;
	size_t n;
};

/* Copy s into the arena, sanitized for terminals if `clean`. */
const char *arena_text(struct arena *a, struct span s, bool clean);
void arena_free(struct arena *a);

enum kind { KIND_OK, KIND_FAILED, KIND_LATER, KIND_UNSENT, KIND_OPEN, KIND_N };

/* Seconds since 1970; NAN if unknown. `last` is the ledger's last line. */
struct times {
	double begun, created, started, finished, ended, done, last;
};

/* One item. Text is sanitized, "" if unknown; numbers are NAN if unknown. */
struct row {
	enum kind kind;
	const char *index;
	bool has_index;     /* it comes from the record itself */
	const char *line;   /* the record as it was read, for --merge; else NULL */
	const char *source; /* what people call the item */
	const char *input;  /* the line as given: text, or JSON */
	const char *id, *url, *said, *state;
	const char *code, *message; /* why it failed */
	const char *open;           /* of an open item: IN DOUBT or GOING ON */
	double took, length, minutes, cost;
	const char *currency;
	double size, bytes; /* of the source, of the outputs */
	struct times times;
};

/* A pause: nothing was sent because the service had throttled us. */
struct pause {
	double from, to;
};

struct report {
	struct arena arena;
	struct row *rows;
	size_t n, cap;
	size_t count[KIND_N];
	size_t unreadable;
	bool torn;          /* reading stopped early */
	const char *ledger; /* its name, or NULL */
	struct pause *pauses;
	size_t pauses_n;
	bool failed_only; /* show only what is not ok */
	bool keep_lines;
};

/* Add a row in which everything is unknown. The pointer is valid until the next call. */
struct row *report_add(struct report *r);
void report_free(struct report *r);

/* Return whether the row is shown: with --failed, not if it is ok. */
bool report_shows(const struct report *r, const struct row *row);

/* Return the row's word: ok, FAILED, NOT SENT, IN DOUBT, GOING ON. */
const char *row_word(const struct row *row);

/* Append why a failed row failed: the source, the reason, the job. */
void row_why(struct buf *out, const struct row *row);

/* Return the sum of a number over all rows, given its offset in struct row; NAN if no row has it.
 */
double report_sum(const struct report *r, size_t offset);

/* Call each with the sum of each currency. */
void report_costs(const struct report *r,
		  void (*each)(void *ctx, double cost, const char *currency), void *ctx);

/* record.c. Read the records of a file; name NULL: stdin. Return false if it cannot be read to its
 * end. */
bool read_records(struct report *r, int fd, const char *name);

/* Read a record, a JSON object with a boolean ok, into a row; position is its index if it has none.
 */
void read_record(struct report *r, struct row *row, struct span record, size_t position);

/* Fill in what a service's job object says: length, minutes, cost, sizes. */
void read_job(struct report *r, struct row *row, struct span job);

/* ledger.c. Read the items of a ledger. Exit 78 if it is not one, 74 if it cannot be read. */
void read_ledger(struct report *r, const char *path);

/* Append the report in a format. */
void write_plain(const struct report *r, struct buf *out);
void write_terminal(const struct report *r, struct buf *out, bool colour, size_t terminal);
void write_csv(const struct report *r, struct buf *out);
void write_tsv(const struct report *r, struct buf *out);
void write_json(const struct report *r, struct buf *out);
void write_page(const struct report *r, struct buf *out);
void write_timeline(const struct report *r, struct buf *out);

/*
 * Append the records by index, as they were read, and report those that are
 * missing: gaps, and up to `lines` if it is not 0. Return true if all are
 * present. Only one record of each line counts.
 */
bool write_merged(struct report *r, unsigned long long lines, struct buf *out);

/* Append "4 failed", ", 2 not attempted" and the like, each by add. */
void each_count(const struct report *r, void (*add)(void *ctx, size_t n, const char *word),
		void *ctx);

#endif
