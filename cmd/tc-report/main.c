/* tc-report: print how a batch went, from its records or its ledger. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/terminal.h"
#include "report.h"

static struct options {
	const char *ledger, *html;
	bool csv, tsv, json, failed, quiet;
	struct {
		bool on;
		unsigned long long lines; /* of the input; 0: not known */
	} merge;
} o;

static const char *
merge_option(void *to, const char *value)
{
	char *end;
	(void)to;
	o.merge.on = true;
	o.merge.lines = value && *value >= '0' && *value <= '9' ? strtoull(value, &end, 10) : 0;
	return !value || (o.merge.lines && !*end && o.merge.lines < ULLONG_MAX)
		       ? NULL
		       : "expected the number of input lines, from 1";
}

static const struct opt options[] = {
	{OPT_STRING, 'l', "ledger", "FILE", "report the state of this ledger's batch", &o.ledger, 0,
	 0, 0},
	{OPT_FLAG, 0, "failed", NULL, "list only what is not ok", &o.failed, 0, 0, 0},
	{OPT_FLAG, 0, "csv", NULL, "print a table for spreadsheets (RFC 4180)", &o.csv, 0, 0, 0},
	{OPT_FLAG, 0, "tsv", NULL, "print a table with tab-separated columns", &o.tsv, 0, 0, 0},
	{OPT_FLAG, 0, "json", NULL, "print one JSON object: the counts, and a member items",
	 &o.json, 0, 0, 0},
	{OPT_CALL, 0, "merge", "[=LINES]",
	 "print the records of all shards by index, and say which are missing", NULL, 0, 0,
	 merge_option},
	{OPT_STRING, 0, "html", "FILE", "write a page for browsers; with -l, one with a timeline",
	 &o.html, 0, 0, 0},
	{OPT_FLAG, 0, "quiet", NULL, "no warnings", &o.quiet, 0, 0, 0},
	{0},
};

static const struct program program = {
	.usage = "[options] [-l ledger | file ...]",
	.about = "Print how a batch went, from its records: a summary, then a line for each item.\n"
		 "Read the files, or standard input if no file is given or a file is -.",
	.tables = {options},
};

static void
write_all(int fd, struct span s, const char *name)
{
	if (io_write_all(fd, s, NULL) < 0)
		msg_die(EXIT_IO, "cannot write %s: %s", name, strerror(errno));
}

/*
 * Open the page. Only a page is overwritten: records and ledgers cannot be made
 * again without paying again.
 */
static int
open_page(const char *path)
{
	static const char mark[] = "<!doctype html>";
	char head[sizeof mark - 1];
	struct stat st;
	if (strcmp(path, "-") == 0)
		return STDOUT_FILENO;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		msg_die(EXIT_IO, "cannot write %s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		ssize_t n = read(fd, head, sizeof head);
		if (n != sizeof head || memcmp(head, mark, sizeof head) != 0)
			msg_die(EXIT_IO, "%s: exists, not a report page: not overwritten", path);
		if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
			msg_die(EXIT_IO, "cannot write %s: %s", path, strerror(errno));
	}
	return fd;
}

static void
read_files(struct report *r, char **names)
{
	if (!*names)
		r->torn = !read_records(r, STDIN_FILENO, NULL);
	for (; *names; names++) {
		bool is_stdin = strcmp(*names, "-") == 0;
		int fd = is_stdin ? STDIN_FILENO : open(*names, O_RDONLY | O_CLOEXEC);
		if (!read_records(r, fd, *names))
			r->torn = true;
		if (!is_stdin)
			close(fd);
	}
}

/* Check before anything is read: a batch's records come late, and stdin may be one of them. */
static void
check_files(char **names)
{
	for (; *names; names++) {
		struct stat st;
		if (strcmp(*names, "-") == 0)
			continue;
		if (access(*names, R_OK) < 0 || stat(*names, &st) < 0)
			msg_die(EXIT_IO, "cannot read %s: %s", *names, strerror(errno));
		if (S_ISDIR(st.st_mode))
			msg_die(EXIT_IO, "cannot read %s: %s", *names, strerror(EISDIR));
	}
}

static bool
in_colour(void)
{
	const char *off = getenv("NO_COLOR"), *term = getenv("TERM");
	return !(off && *off) && term && strcmp(term, "dumb") != 0;
}

/* The exit status of the batch. */
static int
status_of(const struct report *r)
{
	if (r->torn)
		return EXIT_IO;
	if (r->count[KIND_FAILED] || r->unreadable || !r->n)
		return EXIT_SOME_FAILED;
	return r->count[KIND_LATER] || r->count[KIND_UNSENT] || r->count[KIND_OPEN] ? EXIT_TRY_AGAIN
										    : EXIT_OK;
}

int
main(int argc, char **argv)
{
	struct report r = {0};
	struct buf out = {0};
	bool whole = true;
	msg_init(argv[0]);
	signal(SIGXFSZ, SIG_IGN); /* write(2) reports the limit as EFBIG */
	char **files = argv + opt_parse(&program, argc, argv);
	msg_quiet(o.quiet);
	if (o.ledger && *files)
		opt_usage("-l and files exclude each other: %s", *files);
	if (o.csv + o.tsv + o.json + o.merge.on + (o.html != NULL) > 1)
		opt_usage("expected only one of --csv, --tsv, --json, --merge and --html");
	if (o.merge.on && (o.ledger || o.failed))
		opt_usage("--merge takes records only, and all of them: leave out %s",
			  o.ledger ? "-l" : "--failed");
	if (o.html && !*o.html)
		opt_usage("--html: expected the name of a file");
	if (msg_closed(STDOUT_FILENO))
		msg_die(EXIT_IO, "stdout is closed");
	if (!o.ledger && !*files && msg_closed(STDIN_FILENO))
		msg_die(EXIT_IO, "stdin is closed");
	check_files(files);
	int fd = o.html ? open_page(o.html) : STDOUT_FILENO;
	r.failed_only = o.failed;
	r.keep_lines = o.merge.on;
	if (o.ledger)
		read_ledger(&r, o.ledger);
	else
		read_files(&r, files);
	if (!r.n && !r.unreadable)
		msg_warn("no records: %s",
			 o.ledger ? "the ledger has no items" : "is this the output of a tc tool?");
	if (o.html)
		write_page(&r, &out);
	else if (o.csv)
		write_csv(&r, &out);
	else if (o.tsv)
		write_tsv(&r, &out);
	else if (o.json)
		write_json(&r, &out);
	else if (o.merge.on)
		whole = write_merged(&r, o.merge.lines, &out);
	else if (isatty(STDOUT_FILENO))
		write_terminal(&r, &out, in_colour(), terminal_columns(STDOUT_FILENO));
	else
		write_plain(&r, &out);
	write_all(fd, buf_all(&out), o.html ? o.html : "stdout");
	if (close(fd) < 0)
		msg_die(EXIT_IO, "cannot write %s: %s", o.html ? o.html : "stdout",
			strerror(errno));
	int status = status_of(&r);
	if (!whole && status != EXIT_IO)
		status = EXIT_SOME_FAILED;
	buf_free(&out);
	report_free(&r);
	return status;
}
