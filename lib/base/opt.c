#include "base/opt.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/suggest.h"

#ifndef TC_VERSION
#define TC_VERSION "unknown"
#endif

static const struct opt common[] = {
	{.kind = OPT_FLAG, .c = 'h', .name = "help", .help = "print this and exit"},
	{.kind = OPT_FLAG, .c = 'V', .name = "version", .help = "print the version and exit"},
	{0},
};

void
opt_usage(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	msg_die(EXIT_BAD_USAGE, "%s (try %s --help)", buf_cstr(&b), msg_name());
}

/* --help writes to stdout alone: a full disk there is an error. */
static void
done_printing(void)
{
	if (msg_closed(1) || fflush(stdout) != 0 || ferror(stdout))
		msg_die(EXIT_IO, "stdout: %s", strerror(errno));
	exit(EXIT_OK);
}

static void
help_table(const struct opt *o)
{
	for (; o->kind; o++) {
		struct buf b = {0};
		buf_str(&b, "  ");
		if (o->c)
			buf_fmt(&b, "-%c, ", o->c);
		else
			buf_str(&b, "    ");
		buf_fmt(&b, "--%s", o->name);
		if (o->arg)
			buf_fmt(&b, "%s%s", *o->arg == '[' ? "" : " ", o->arg);
		printf("%-30s%s%s\n", buf_cstr(&b),
		       b.n >= 30 ? "\n                              " : "", o->help);
		buf_free(&b);
	}
}

static void
help(const struct program *prog)
{
	signal(SIGXFSZ, SIG_IGN); /* write(2) reports the limit as EFBIG */
	printf("usage: %s %s\n%s\n\n", msg_name(), prog->usage, prog->about);
	for (size_t i = 0; i < 4 && prog->tables[i]; i++)
		help_table(prog->tables[i]);
	help_table(common);
	printf("\nSee 'man %s' for details and 'man 7 tc' for how the tools fit together.\n",
	       msg_name());
	done_printing();
}

static void
version(const struct program *prog)
{
	printf("%s %s\n", msg_name(), TC_VERSION);
	if (prog->version)
		prog->version();
	done_printing();
}

static const char *
number(const struct opt *o, const char *value)
{
	static char why[80];
	char *end;
	errno = 0;
	long n = strtol(value, &end, 10);
	if (!*value || *end || errno || n < o->lo || n > o->hi) {
		snprintf(why, sizeof why, "expected a number from %ld to %ld", o->lo, o->hi);
		return why;
	}
	*(long *)o->to = n;
	return NULL;
}

static void
apply(const struct program *prog, const struct opt *o, const char *shown, const char *value)
{
	const char *why = NULL;
	if (o == &common[0])
		help(prog);
	if (o == &common[1])
		version(prog);
	switch (o->kind) {
	case OPT_END:
		break;
	case OPT_FLAG:
		*(bool *)o->to = true;
		break;
	case OPT_STRING:
		why = *value ? NULL : "expected a value"; /* a variable that is not set */
		*(const char **)o->to = value;
		break;
	case OPT_NUMBER:
		why = number(o, value);
		break;
	case OPT_DURATION:
		why = clock_duration(value, o->to);
		break;
	case OPT_CALL:
		why = o->call(o->to, value);
		break;
	}
	if (why && strncmp(why, "expected ", 9) == 0)
		opt_usage("%s: %s, got \"%s\"", shown, why, value ? value : "");
	if (why)
		opt_usage("%s %s: %s", shown, value ? value : "", why);
}

/* Fill in all tables in which an option may be; NULL after the last. */
static void
all_tables(const struct program *prog, const struct opt *tables[6])
{
	size_t n = 0;
	tables[n++] = common;
	for (size_t i = 0; i < 4 && prog->tables[i]; i++)
		tables[n++] = prog->tables[i];
	tables[n] = NULL;
}

/*
 * Return the option with this short form, or, unless name is NULL, with the
 * first n bytes of name as long form.
 */
static const struct opt *
find(const struct program *prog, char c, const char *name, size_t n)
{
	const struct opt *tables[6];
	all_tables(prog, tables);
	for (size_t i = 0; tables[i]; i++)
		for (const struct opt *o = tables[i]; o->kind; o++)
			if (name ? strlen(o->name) == n && memcmp(o->name, name, n) == 0
				 : o->c && o->c == c)
				return o;
	return NULL;
}

/* Report that the first n bytes of name are not an option, with a suggestion if one is near. */
static void
unknown(const struct program *prog, const char *name, size_t n)
{
	const struct opt *tables[6];
	const char *near = NULL;
	unsigned best = SUGGEST_NONE;
	all_tables(prog, tables);
	for (size_t i = 0; tables[i]; i++)
		for (const struct opt *o = tables[i]; o->kind; o++)
			if (suggest_closer(name, n, o->name, &best))
				near = o->name;
	if (near)
		opt_usage("unknown option --%.*s: did you mean --%s?", (int)n, name, near);
	opt_usage("unknown option --%.*s", (int)n, name);
}

static bool
takes_value(const struct opt *o)
{
	return o->arg && *o->arg != '[';
}

/* Apply argv[i], "--name[=value]". Return the index of the last argument used. */
static int
long_option(const struct program *prog, int argc, char **argv, int i)
{
	const char *name = argv[i] + 2, *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	const struct opt *o = find(prog, 0, name, n);
	if (!o)
		unknown(prog, name, n);
	if (eq && !o->arg)
		opt_usage("option --%s does not take an argument", o->name);
	const char *value = eq ? eq + 1 : NULL;
	if (!value && takes_value(o)) {
		if (++i >= argc)
			opt_usage("option --%s requires an argument", o->name);
		value = argv[i];
	}
	char *shown = mem_dup((struct span){name - 2, n + 2});
	apply(prog, o, shown, value);
	free(shown);
	return i;
}

/* Apply argv[i], "-abc" or "-jN". Return the index of the last argument used. */
static int
short_options(const struct program *prog, int argc, char **argv, int i)
{
	for (const char *p = argv[i] + 1; *p; p++) {
		const struct opt *o = find(prog, *p, NULL, 0);
		const char shown[] = {'-', *p, '\0'};
		if (!o)
			opt_usage("unknown option %s", shown);
		if (!takes_value(o)) {
			apply(prog, o, shown, NULL);
			continue;
		}
		const char *value = p[1] ? p + 1 : ++i < argc ? argv[i] : NULL;
		if (!value)
			opt_usage("option %s requires an argument", shown);
		apply(prog, o, shown, value);
		break;
	}
	return i;
}

/* An option after an operand would be taken as a line, and create a paid job. */
static void
refuse_late_options(char *const *operand)
{
	for (; *operand && strcmp(*operand, "--") != 0; operand++)
		if (operand[0][0] == '-' && operand[0][1])
			opt_usage("options come first, before the operands: %s (a file that begins "
				  "with - comes after -- or as ./%s)",
				  *operand, *operand);
}

int
opt_parse(const struct program *prog, int argc, char **argv)
{
	int i = 1;
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		i = argv[i][1] == '-' ? long_option(prog, argc, argv, i)
				      : short_options(prog, argc, argv, i);
	}
	if (!prog->command)
		refuse_late_options(argv + i);
	return i;
}
