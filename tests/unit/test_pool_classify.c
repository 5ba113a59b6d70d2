/* What the end of a child means, and what is filled into a command. */
#include <signal.h>

#include "../../cmd/tc-pool/classify.h"
#include "../../cmd/tc-pool/command.h"
#include "base/clock.h"
#include "test.h"

#define RECORD(code, temporary)                                                                    \
	"{\"ok\":false,\"error\":{\"code\":\"" code                                                \
	"\",\"message\":\"m\",\"temporary\":" temporary "}}\n"

static enum exit_class
judge(struct classify_rules *r, int status, const char *out, const char *err)
{
	struct child_exit e = {.exited = status >= 0,
			       .status = status < 0 ? 0 : status,
			       .signal = status < 0 ? -status : 0};
	e.errors = span_of(err);
	e.output = span_of(out);
	child_output_parse(&e.answer, e.output);
	return classify_exit(r, &e);
}

static void
test_defaults(void)
{
	struct classify_rules r = {0};
	ok(judge(&r, 0, "", "error: 429") == CLASS_OK, "exit 0 went well, whatever stderr says");
	ok(judge(&r, 0, "{\"ok\":true}", "") == CLASS_OK, "so did a record that is ok");
	ok(judge(&r, 0, "{\"ok\":false}", "") == CLASS_PERMANENT, "a record that is not did not");
	ok(judge(&r, 1, "", "") == CLASS_PERMANENT, "exit 1 is for good");
	ok(judge(&r, -SIGSEGV, "", "") == CLASS_PERMANENT, "so is a signal of its own making");
	ok(judge(&r, 75, "", "") == CLASS_TEMPORARY, "exit 75 is for now");
	ok(judge(&r, 1, RECORD("unavailable", "true"), "") == CLASS_TEMPORARY,
	   "so is a record that says so");
	ok(judge(&r, 1, RECORD("throttled", "true"), "") == CLASS_THROTTLED, "a throttled record");
	ok(judge(&r, 0, RECORD("throttled", "true"), "") == CLASS_THROTTLED, "even with exit 0");
	ok(judge(&r, 22, "", "x\ncurl: (22) The requested URL returned error: 429\n") ==
		   CLASS_THROTTLED,
	   "curl -f");
	ok(judge(&r, 22, "", "HTTP/1.1 429 Too Many Requests") == CLASS_THROTTLED, "a status line");
	ok(judge(&r, 22, "", "curl: (22) The requested URL returned error: 404") == CLASS_PERMANENT,
	   "a 404 is not");
	ok(judge(&r, 1,
		 "{\"ok\":false,\"error\":{\"code\":\"E1\",\"message\":\"m\",\"temporary\":true}}",
		 "") == CLASS_PERMANENT,
	   "a code that is not ours counts for nothing");
	classify_free(&r);
}

/* What others did to it is not its fault. */
static void
test_outside(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM};
	static const int own[] = {SIGSEGV, SIGABRT, SIGBUS,  SIGFPE,
				  SIGILL,  SIGPIPE, SIGXCPU, SIGUSR1};
	struct classify_rules r = {0};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		ok(judge(&r, -signals[i], "", "") == CLASS_INTERRUPTED, "signal %d", signals[i]);
		ok(judge(&r, 128 + signals[i], "", "") == CLASS_INTERRUPTED, "a shell's status %d",
		   128 + signals[i]);
	}
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		ok(judge(&r, -own[i], "", "") == CLASS_PERMANENT, "not signal %d", own[i]);
	ok(judge(&r, 255, "", "") == CLASS_PERMANENT, "nor status 255 alone");
	ok(judge(&r, -SIGKILL, RECORD("rejected", "false"), "") == CLASS_INTERRUPTED,
	   "whatever it wrote before");
	struct child_exit e = {.signal = SIGTERM, .ours = true};
	ok(classify_exit(&r, &e) == CLASS_PERMANENT, "but not what we ended ourselves");
	e.timed_out = true;
	ok(classify_exit(&r, &e) == CLASS_PERMANENT, "nor for its time");
	classify_free(&r);
}

static void
test_refused(void)
{
	struct classify_rules r = {0};
	ok(judge(&r, 77, "", "") == CLASS_REFUSED && judge(&r, 78, "", "") == CLASS_REFUSED,
	   "exit 77 and 78");
	ok(judge(&r, 1, RECORD("unauthorized", "false"), "") == CLASS_REFUSED, "a refused key");
	ok(judge(&r, 0, RECORD("quota", "true"), "") == CLASS_REFUSED, "a spent plan");
	ok(!status_list_option(&r.retry, "77"), "unless the user knows better");
	ok(judge(&r, 77, "", "") == CLASS_TEMPORARY, "about a status");
	classify_free(&r);
}

/* What Slurm says when it, and not the command, is why there is no result. */
static void
test_unavailable(void)
{
	static const char *const unavailable[] = {
		"srun: error: Node failure on n1",
		"srun: error: Unable to allocate resources: Unable to contact slurm controller "
		"(connect failure)",
		"srun: error: Unable to create step for job 7: Job/step already completing or "
		"completed",
		"srun: error: Unable to confirm allocation for job 7: Zero Bytes were transmitted "
		"or received",
		"frame= 1\nslurmstepd: error: *** STEP 7.0 ON n1 CANCELLED AT 2026-11-21T10:00:00 "
		"***",
		"slurmstepd-n1: error: *** STEP 7.0 ON n1 CANCELLED AT 2026-11-21T10:00:00 DUE TO "
		"PREEMPTION ***",
		"slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-11-21T10:00:00 DUE TO JOB "
		"REQUEUE ***",
		"slurmstepd: error: *** STEP 7.0 ON n1 CANCELLED AT 2026-11-21T10:00:00 DUE TO "
		"NODE FAILURE, SEE SLURMCTLD LOG ***",
		"slurmstepd-n1: error: couldn't chdir to `/home/x': No such file or directory: "
		"going to /tmp instead",
	};
	static const char *const own[] = {
		"srun: error: n1: task 0: Exited with exit code 1",
		"slurmstepd-n1: error: execve(): nosuch: No such file or directory",
		"srun: error: n1: task 0: Terminated",
		("slurmstepd: error: *** STEP 7.0 ON n1 CANCELLED AT 2026-11-21T10:00:00 DUE TO "
		 "TIME LIMIT ***"),
	};
	struct classify_rules r = {0};
	for (size_t i = 0; i < sizeof unavailable / sizeof *unavailable; i++)
		ok(judge(&r, 0, "x", unavailable[i]) == CLASS_UNAVAILABLE &&
			   judge(&r, 1, "", unavailable[i]) == CLASS_UNAVAILABLE,
		   "not run to its end: %s", unavailable[i]);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		ok(judge(&r, 1, "", own[i]) == CLASS_PERMANENT &&
			   judge(&r, 0, "", own[i]) == CLASS_OK,
		   "its own end: %s", own[i]);
	struct child_exit limit = {.exited = true, .status = 143, .errors = span_of(own[3])};
	limit.time_limit = classify_time_limit(limit.errors);
	ok(classify_exit(&r, &limit) == CLASS_PERMANENT,
	   "a time limit is for good, though others ended it");
	ok(judge(&r, 78, "", unavailable[0]) == CLASS_UNAVAILABLE, "before any status");
	ok(judge(&r, 1, RECORD("throttled", "true"), unavailable[0]) == CLASS_THROTTLED,
	   "after throttled");
	ok(!pattern_option(&r.retry_match, "^NFS: stale"), "--retry-match");
	ok(judge(&r, 0, "", "x\nNFS: stale handle\n") == CLASS_UNAVAILABLE,
	   "an expression of one's own, in any line");
	ok(judge(&r, 1, "", unavailable[0]) == CLASS_PERMANENT, "instead of the default");
	ok(!pattern_option(&r.retry_match, "") &&
		   judge(&r, 1, "", unavailable[0]) == CLASS_PERMANENT,
	   "or none");
	struct child_exit lives = {.alive = true, .exited = true, .errors = span_of("NFS: stale")};
	ok(!pattern_option(&r.retry_match, "stale") && classify_exit(&r, &lives) == CLASS_OK,
	   "not of a copy that answered");
	classify_free(&r);
}

static void
test_rules(void)
{
	static const char *const wrong[] = {"",  ",",  "0",  "256",   "5-3",     "1,",
					    "x", "1-", "-1", "75 76", "timeouts"};
	struct classify_rules r = {0};
	ok(!pattern_option(&r.throttle_match, "^slow"), "an expression");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct status_list list = {{0}, false, false};
		ok(status_list_option(&list, wrong[i]) != NULL, "the list '%s' is refused",
		   wrong[i]);
	}
	ok(!status_list_option(&r.retry, "9,100-105,signal"), "a list");
	ok(!status_list_option(&r.throttle, "11,timeout"), "another");
	ok(judge(&r, 102, "", "") == CLASS_TEMPORARY && judge(&r, 106, "", "") == CLASS_PERMANENT,
	   "a range");
	ok(judge(&r, -SIGSEGV, "", "") == CLASS_TEMPORARY, "signal");
	ok(judge(&r, 11, "", "") == CLASS_THROTTLED, "--throttle-on");
	ok(judge(&r, 1, "", "well\nslow down") == CLASS_THROTTLED, "--throttle-match, in any line");
	ok(judge(&r, 1, "", "not slow; error: 429") == CLASS_PERMANENT,
	   "and instead of the default");
	struct child_exit e = {.exited = true, .timed_out = true};
	ok(classify_exit(&r, &e) == CLASS_THROTTLED, "a timeout, if the list has it");
	classify_free(&r);
	ok(pattern_option(&r.throttle_match, "(") != NULL, "a broken expression is found out");
}

static void
test_answers(void)
{
	struct child_output a;
	child_output_parse(&a, span_of(" 1e400\n"));
	same(a.json, "1e400", "one JSON text");
	child_output_parse(&a, span_of("a\n\n"));
	same(a.text, "a\n", "one line end is taken off");
	ok(a.json.n == 0, "two words are no JSON");
	child_output_parse(&a, span_of("{\"ok\":false,\"error\":{\"code\":\"throttled\","
				       "\"message\":\"\",\"retry_after\":1.5}}"));
	ok(classify_retry_after(&a) == 3 * SECOND / 2, "retry_after");
	child_output_parse(&a, span_of("{\"ok\":false,\"error\":{\"code\":\"throttled\","
				       "\"message\":\"\",\"retry_after\":1e300}}"));
	ok(classify_retry_after(&a) > 0, "a huge one stays a number");
	child_output_parse(&a, span_of("{\"ok\":false,\"error\":{\"code\":\"throttled\","
				       "\"message\":\"\",\"retry_after\":-1}}"));
	ok(classify_retry_after(&a) == -1, "a negative one is not valid");
	child_output_parse(&a, span_of("{\"ok\":false,\"ok\":true}"));
	ok(!a.refused, "a member that is there twice says nothing");
}

static void
fills(const char *word, struct template_args v, const char *want)
{
	char copy[64];
	char *argv[] = {copy, NULL};
	struct command c;
	struct argv_buf f = {{0}, NULL, 0};
	snprintf(copy, sizeof copy, "%s", word);
	command_parse(&c, argv, false);
	const char *why = command_fill(&c, &v, &f);
	if (want)
		same(*why ? span_of(why) : span_of(f.argv[0]), want, word);
	else
		ok(*why != '\0', "%s cannot be", word);
	command_free(&c);
	argv_buf_free(&f);
}

static void
test_placeholders(void)
{
	struct template_args v = {
		.source = span_of("d.x/f.tar.gz"),
		.objects = {span_of(
			"{\"a\":{\"b\":[1,{\"c\":0.10}]},\"n\":null,\"z\":\"x\\u0000\"}")},
		.index = 41};
	fills("{}", v, "d.x/f.tar.gz");
	fills("{.}", v, "d.x/f.tar");
	fills("{/}", v, "f.tar.gz");
	fills("{//}", v, "d.x");
	fills("{/.}", v, "f.tar");
	fills("{#}", v, "42");
	fills("<{#}{#}>", v, "<4242>");
	fills("{.a.b.1.c}", v, "0.10");
	fills("{.a.b.2}", v, NULL);
	fills("{.n}", v, NULL);
	fills("{.z}", v, NULL);
	fills("{.a}", v, NULL);
	fills("{.none}", v, NULL);
	static const char *const as_is[] = {"{",     "}",   "{x}",   "{.a",        "{.a b}", "{..}",
					    "{.a.}", "{ }", "{///}", "{print $1}", ""};
	for (size_t i = 0; i < sizeof as_is / sizeof *as_is; i++)
		fills(as_is[i], v, as_is[i]);
	v.source = span_of("d.x/f");
	fills("{.}", v, "d.x/f");
	v.source = span_of("/f");
	fills("{//}", v, "/");
	v.source = span_of("");
	fills("[{}{.}{/}{/.}]", v, "[]");
	v.source = (struct span){"a\0b", 3};
	fills("{}", v, NULL);
}

int
main(void)
{
	test_defaults();
	test_outside();
	test_refused();
	test_unavailable();
	test_rules();
	test_answers();
	test_placeholders();
	return done_testing();
}
