/* What the end of a child means, and what is filled into a command. */
#include <signal.h>

#include "clock.h"
#include "placeholder.h"
#include "test.h"
#include "verdict.h"

#define RECORD(code, temporary) \
	"{\"ok\":false,\"error\":{\"code\":\"" code "\",\"message\":\"m\",\"temporary\":" temporary "}}\n"

static enum verdict
judge(struct verdict_rules *r, int status, const char *out, const char *err)
{
	struct ending e = {.exited = status >= 0, .status = status < 0 ? 0 : status, .signal = status < 0 ? -status : 0};
	e.errors = span_of(err);
	e.output = span_of(out);
	answer_read(&e.answer, e.output);
	return verdict_of(r, &e);
}

static void
test_defaults(void)
{
	struct verdict_rules r = {0};
	ok(judge(&r, 0, "", "error: 429") == VERDICT_OK, "exit 0 went well, whatever stderr says");
	ok(judge(&r, 0, "{\"ok\":true}", "") == VERDICT_OK, "so did a record that is ok");
	ok(judge(&r, 0, "{\"ok\":false}", "") == VERDICT_PERMANENT, "a record that is not did not");
	ok(judge(&r, 1, "", "") == VERDICT_PERMANENT, "exit 1 is for good");
	ok(judge(&r, -SIGSEGV, "", "") == VERDICT_PERMANENT, "so is a signal of its own making");
	ok(judge(&r, 75, "", "") == VERDICT_TEMPORARY, "exit 75 is for now");
	ok(judge(&r, 1, RECORD("unavailable", "true"), "") == VERDICT_TEMPORARY, "so is a record that says so");
	ok(judge(&r, 1, RECORD("throttled", "true"), "") == VERDICT_THROTTLED, "a throttled record");
	ok(judge(&r, 0, RECORD("throttled", "true"), "") == VERDICT_THROTTLED, "even with exit 0");
	ok(judge(&r, 22, "", "x\ncurl: (22) The requested URL returned error: 429\n") == VERDICT_THROTTLED, "curl -f");
	ok(judge(&r, 22, "", "HTTP/1.1 429 Too Many Requests") == VERDICT_THROTTLED, "a status line");
	ok(judge(&r, 22, "", "curl: (22) The requested URL returned error: 404") == VERDICT_PERMANENT, "a 404 is none");
	ok(judge(&r, 1, "{\"ok\":false,\"error\":{\"code\":\"E1\",\"message\":\"m\",\"temporary\":true}}", "") ==
		   VERDICT_PERMANENT, "a code that is not ours counts for nothing");
	verdict_free(&r);
}

/* What others did to it is not its fault. */
static void
test_outside(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM};
	static const int own[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPIPE, SIGXCPU, SIGUSR1};
	struct verdict_rules r = {0};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		ok(judge(&r, -signals[i], "", "") == VERDICT_INTERRUPTED, "signal %d", signals[i]);
		ok(judge(&r, 128 + signals[i], "", "") == VERDICT_INTERRUPTED, "a shell's status %d", 128 + signals[i]);
	}
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		ok(judge(&r, -own[i], "", "") == VERDICT_PERMANENT, "not signal %d", own[i]);
	ok(judge(&r, 255, "", "") == VERDICT_PERMANENT, "nor status 255 alone");
	ok(judge(&r, -SIGKILL, RECORD("rejected", "false"), "") == VERDICT_INTERRUPTED, "whatever it wrote before");
	struct ending e = {.signal = SIGTERM, .ours = true};
	ok(verdict_of(&r, &e) == VERDICT_PERMANENT, "but not what we ended ourselves");
	e.timed_out = true;
	ok(verdict_of(&r, &e) == VERDICT_PERMANENT, "nor for its time");
	verdict_free(&r);
}

static void
test_refused(void)
{
	struct verdict_rules r = {0};
	ok(judge(&r, 77, "", "") == VERDICT_REFUSED && judge(&r, 78, "", "") == VERDICT_REFUSED, "exit 77 and 78");
	ok(judge(&r, 1, RECORD("unauthorized", "false"), "") == VERDICT_REFUSED, "a refused key");
	ok(judge(&r, 0, RECORD("quota", "true"), "") == VERDICT_REFUSED, "a spent plan");
	ok(!verdict_list(&r.retry, "77"), "unless the user knows better");
	ok(judge(&r, 77, "", "") == VERDICT_TEMPORARY, "about a status");
	verdict_free(&r);
}

static void
test_rules(void)
{
	static const char *const wrong[] = {"", ",", "0", "256", "5-3", "1,", "x", "1-", "-1", "75 76", "timeouts"};
	struct verdict_rules r = {.throttle_match = "^slow"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct status_list list = {{0}, false, false};
		ok(verdict_list(&list, wrong[i]) != NULL, "the list '%s' is refused", wrong[i]);
	}
	ok(!verdict_list(&r.retry, "9,100-105,signal"), "a list");
	ok(!verdict_list(&r.throttle, "11,timeout"), "another");
	ok(judge(&r, 102, "", "") == VERDICT_TEMPORARY && judge(&r, 106, "", "") == VERDICT_PERMANENT, "a range");
	ok(judge(&r, -SIGSEGV, "", "") == VERDICT_TEMPORARY, "signal");
	ok(judge(&r, 11, "", "") == VERDICT_THROTTLED, "--throttle-on");
	ok(judge(&r, 1, "", "well\nslow down") == VERDICT_THROTTLED, "--throttle-match, in any line");
	ok(judge(&r, 1, "", "not slow; error: 429") == VERDICT_PERMANENT, "and instead of the default");
	struct ending e = {.exited = true, .timed_out = true};
	ok(verdict_of(&r, &e) == VERDICT_THROTTLED, "a timeout, if the list has it");
	verdict_free(&r);
	r.throttle_match = "(";
	ok(verdict_prepare(&r) != NULL, "a broken expression is found out");
}

static void
test_answers(void)
{
	struct answer a;
	answer_read(&a, span_of(" 1e400\n"));
	same(a.json, "1e400", "one JSON text");
	answer_read(&a, span_of("a\n\n"));
	same(a.text, "a\n", "one line end is taken off");
	ok(a.json.n == 0, "two words are no JSON");
	answer_read(&a, span_of("{\"ok\":false,\"error\":{\"code\":\"throttled\",\"message\":\"\",\"retry_after\":1.5}}"));
	ok(verdict_retry_after(&a) == 3 * SECOND / 2, "retry_after");
	answer_read(&a, span_of("{\"ok\":false,\"error\":{\"code\":\"throttled\",\"message\":\"\",\"retry_after\":1e300}}"));
	ok(verdict_retry_after(&a) > 0, "a huge one stays a number");
	answer_read(&a, span_of("{\"ok\":false,\"error\":{\"code\":\"throttled\",\"message\":\"\",\"retry_after\":-1}}"));
	ok(verdict_retry_after(&a) == -1, "a negative one is none");
	answer_read(&a, span_of("{\"ok\":false,\"ok\":true}"));
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
	command_parse(&c, argv);
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
	struct template_args v = {.source = span_of("d.x/f.tar.gz"),
				   .objects = {span_of("{\"a\":{\"b\":[1,{\"c\":0.10}]},\"n\":null,\"z\":\"x\\u0000\"}")},
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
	static const char *const as_is[] = {"{", "}", "{x}", "{.a", "{.a b}", "{..}", "{.a.}", "{ }", "{///}", "{print $1}", ""};
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
	test_rules();
	test_answers();
	test_placeholders();
	return done_testing();
}
