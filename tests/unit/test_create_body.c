/* The body of a create and its idempotency key. */
#include <stdlib.h>

#include "../../cmd/tc-create/body.h"
#include "../../cmd/tc-create/match.h"
#include "base/digest.h"
#include "test.h"
#include "json/json.h"

struct made {
	struct item item;
	struct record line;
	struct request q;
	const char *why;
};

/* What a line makes with these options; forget() it. */
static struct made
make(struct request_plan *plan, const char *line, size_t index)
{
	struct made m = {.item = {.index = index, .line = span_of(line)}};
	record_read(&m.line, &m.item);
	m.why = m.line.kind == RECORD_BAD ? m.line.why
					  : request_build(plan, &m.line, &m.item, &m.q);
	return m;
}

static void
forget(struct made *m)
{
	record_free(&m->line);
	request_free(&m->q);
}

static void
body_is(const struct profile *p, const struct request_options *o, const char *line,
	const char *want, const char *name)
{
	struct request_plan plan;
	request_plan(&plan, p, o);
	struct made m = make(&plan, line, 0);
	ok(!m.why, "%s: makes a request", name);
	same(buf_all(&m.q.body), want, name);
	forget(&m);
	request_plan_free(&plan);
}

static void
test_bodies(const struct profile *p)
{
	const struct request_options none = {0};
	const struct request_options flags = {
		.format = "webm", .quality = "low", .resolution = "720p"};
	const struct request_options defaults = {
		.defaults = "{\"outputFormat\":\"gif\",\"n\":12345678901234567890,\"x\":null}"};
	const struct request_options both = {.defaults = "{\"outputFormat\":\"gif\"}",
					     .format = "mov"};
	char *pairs[] = {(char *)"a/b~c=1=2", (char *)"k=v\"w"};
	const struct request_options metadata = {.metadata = {pairs, 2}};
	body_is(p, &none, "https://h/a b\"c.mp4",
		"{\"outputFormat\":\"mp4\",\"inputs\":[{\"url\":\"https://h/a b\\\"c.mp4\"}]}",
		"a bare source");
	body_is(p, &none, "\"https://h/\\u0061\"",
		"{\"outputFormat\":\"mp4\",\"inputs\":[{\"url\":\"https://h/a\"}]}",
		"a JSON string");
	body_is(p, &none, "{\"inputs\":[{\"url\":\"u\"},{\"url\":\"v\"}],\"n\":0.10}",
		"{\"outputFormat\":\"mp4\",\"inputs\":[{\"url\":\"u\"},{\"url\":\"v\"}],\"n\":0."
		"10}",
		"the service's own words");
	body_is(p, &none, "{\"ok\":true,\"url\":\"gs://b/o\",\"input\":\"no\"}",
		"{\"outputFormat\":\"mp4\",\"inputs\":[{\"url\":\"gs://b/o\"}]}", "a record's url");
	body_is(p, &none, "{\"ok\":true,\"input\":\"i\"}",
		"{\"outputFormat\":\"mp4\",\"inputs\":[{\"url\":\"i\"}]}", "else its input");
	body_is(p, &none, "{\"ok\":true,\"input\":{\"inputs\":[{\"url\":\"o\"}]}}",
		"{\"outputFormat\":\"mp4\",\"inputs\":[{\"url\":\"o\"}]}",
		"which may be an object");
	body_is(p, &flags, "u",
		"{\"outputFormat\":\"webm\",\"preset\":{\"quality\":\"low\",\"resolution\":"
		"\"720p\"},\"inputs\":[{\"url\":\"u\"}]}",
		"flags");
	body_is(p, &defaults, "u",
		"{\"outputFormat\":\"gif\",\"n\":12345678901234567890,\"inputs\":[{\"url\":\"u\"}]"
		"}",
		"-d over the profile's");
	body_is(p, &both, "u", "{\"outputFormat\":\"mov\",\"inputs\":[{\"url\":\"u\"}]}",
		"a flag over -d");
	body_is(p, &both, "{\"outputFormat\":\"ogg\"}", "{\"outputFormat\":\"ogg\"}",
		"the line over a flag");
	body_is(p, &metadata, "u",
		"{\"outputFormat\":\"mp4\",\"metadata\":{\"a/"
		"b~c\":\"1=2\",\"k\":\"v\\\"w\"},\"inputs\":[{\"url\":\"u\"}]}",
		"metadata");
}

/* What goes with a word, and what a profile that reads URLs only makes of a path. */
static void
test_words(struct profile *micro, struct profile *tcly)
{
	const struct request_options
		webm = {.format = "webm"},
		own = {.format = "webm",
		       .defaults = "{\"outputs\":[{\"video\":[{\"codec\":\"av1\"}]}]}"};
	const struct request_options bare = {.format = "webm",
					     .defaults = "{\"outputs\":[{\"video\":[{}]}]}"};
	const struct request_options forced = {.resolution = "4k", .force = true};
	struct request_plan plan;
	char *pointer = tcly->key_pointer;
	tcly->key_pointer = NULL; /* the key is not what is looked at */
	body_is(tcly, &webm, "{}",
		"{\"outputs\":[{\"type\":\"webm\",\"video\":[{\"codec\":\"vp9\",\"resolution\":"
		"\"1080p\","
		"\"quality\":\"standard\"}]}]}",
		"webm brings its codec");
	body_is(tcly, &own, "{}",
		"{\"outputs\":[{\"video\":[{\"codec\":\"av1\"}],\"type\":\"webm\"}]}",
		"unless -d has one");
	body_is(tcly, &bare, "{}",
		"{\"outputs\":[{\"video\":[{\"codec\":\"vp9\"}],\"type\":\"webm\"}]}",
		"not only the default's");
	body_is(tcly, &forced, "{}",
		"{\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":\"h264\",\"resolution\":"
		"\"4k\","
		"\"quality\":\"standard\"}]}]}",
		"--force sends a word that is not listed");
	tcly->key_pointer = pointer;
	micro->urls_only = true;
	request_plan(&plan, micro, &(struct request_options){0});
	struct made m = make(&plan, "clips/a.mkv", 0), url = make(&plan, "gs://b/a.mkv", 1);
	ok(m.why && strstr(m.why, "clips/a.mkv") && strstr(m.why, "tc-put"),
	   "a path is refused: %s", m.why ? m.why : "");
	forget(&m);
	ok(!url.why, "a URL is not");
	forget(&url);
	request_plan_free(&plan);
}

static void
test_bad_lines(const struct profile *p)
{
	static const char *const lines[] = {"{\"ok\":true}",
					    "{\"ok\":true,\"url\":7.5,\"url\":8}",
					    "{\"ok\":true,\"input\":\"\"}",
					    "{\"ok\":true,\"input\":[1]}",
					    "{\"ok\":true,\"url\":\"a\\u0000b\"}",
					    "",
					    "\"\"",
					    "{",
					    "[\"a\"]",
					    "x\r"};
	const struct request_options none = {0};
	struct request_plan plan;
	request_plan(&plan, p, &none);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct made m = make(&plan, lines[i], 0);
		ok(m.why != NULL, "no request: %s (%s)", *lines[i] == 'x' ? "x\\r" : lines[i],
		   m.why ? m.why : "?");
		forget(&m);
	}
	request_plan_free(&plan);
}

static void
key_is(const struct profile *p, const struct request_options *o, const char *line, size_t index,
       const char *want)
{
	struct request_plan plan;
	struct span v;
	request_plan(&plan, p, o);
	struct made m = make(&plan, line, index);
	ok(!m.why && strcmp(m.q.key, want) == 0, "key: %s", want);
	ok(!m.why && json_at(buf_all(&m.q.body), "/idempotency_key", &v), "key: %s is in the body",
	   want);
	forget(&m);
	request_plan_free(&plan);
}

static void
test_keys(const struct profile *p)
{
	const struct request_options batch = {.batch = "feb"};
	const struct request_options all = {.key = "k-{index}-{basename}-{/metadata/n}-{x}"};
	const struct request_options input = {.key = "{input}"};
	key_is(p, &batch, "https://h/a/b.mp4", 3, "feb_https://h/a/b.mp4");
	key_is(p, &batch, "{\"input_url\":\"https://h/a\",\"idempotency_key\":\"mine\"}", 0,
	       "mine");
	key_is(p, &all,
	       "{\"input_url\":\"https://h/a/b.mp4\",\"metadata\":{\"n\":12345678901234567890}}",
	       41, "k-41-b.mp4-12345678901234567890-{x}");
	key_is(p, &input, "dir/file.mp4", 0, "dir/file.mp4");
}

static void
test_no_key(const struct profile *p)
{
	const struct request_options pointer = {.key = "{/nothing/there}"}, batch = {.batch = "b"};
	struct request_plan plan;
	request_plan(&plan, p, &pointer);
	struct made m = make(&plan, "u", 0);
	ok(m.why != NULL, "key: a template that names what is not there (%s)", m.why ? m.why : "?");
	forget(&m);
	request_plan_free(&plan);
	request_plan(&plan, p, &batch);
	m = make(&plan, "{\"priority\":\"low\"}", 0);
	ok(m.why != NULL, "key: -b of a line without a source (%s)", m.why ? m.why : "?");
	forget(&m);
	request_plan_free(&plan);
}

static void
test_default_keys(const struct profile *p)
{
	const struct request_options none = {0};
	struct request_plan plan;
	request_plan(&plan, p, &none);
	struct made a = make(&plan, "https://h/a", 0), b = make(&plan, "https://h/b", 1),
		    again = make(&plan, "https://h/a", 2);
	ok(strlen(a.q.key) == 64 && strspn(a.q.key, "0123456789abcdef") == 64,
	   "default key: a SHA-256");
	ok(strcmp(a.q.key, b.q.key) != 0, "default key: another line, another key");
	ok(strcmp(a.q.key, again.q.key) != 0, "default key: the same line again is another job");
	request_plan_free(&plan);
	request_plan(&plan, p, &none);
	struct made b2 = make(&plan, "https://h/b", 0), a2 = make(&plan, "https://h/a", 1);
	ok(strcmp(a.q.key, a2.q.key) == 0 && strcmp(b.q.key, b2.q.key) == 0,
	   "default key: another run, another order, the same keys");
	struct made *all[] = {&a, &b, &again, &b2, &a2};
	for (size_t i = 0; i < 5; i++)
		forget(all[i]);
	request_plan_free(&plan);
}

/* 63 bytes of the key, "_" and its SHA-256: 128. */
static void
test_long_keys(const struct profile *p)
{
	const struct request_options input = {.key = "{input}"};
	struct request_plan plan;
	struct buf line = {0}, want = {0};
	request_plan(&plan, p, &input);
	for (int i = 0; i < 128; i++)
		buf_ch(&line, (char)('a' + i % 26));
	struct made m = make(&plan, buf_cstr(&line), 0);
	ok(!m.why && strcmp(m.q.key, buf_cstr(&line)) == 0, "long key: 128 bytes are left alone");
	forget(&m);
	buf_ch(&line, 'x');
	buf_add(&want, line.p, 63);
	buf_ch(&want, '_');
	sha256_hex(&want, buf_all(&line));
	m = make(&plan, buf_cstr(&line), 0);
	ok(!m.why && strcmp(m.q.key, buf_cstr(&want)) == 0 && strlen(m.q.key) == 128,
	   "long key: 129 bytes become 128 with a tail");
	forget(&m);
	line.n = want.n = 62;
	buf_str(&line, "\xe2\x82\xac");
	while (line.n < 200)
		buf_ch(&line, 'y');
	buf_ch(&want, '_');
	sha256_hex(&want, buf_all(&line));
	m = make(&plan, buf_cstr(&line), 0);
	ok(!m.why && strlen(m.q.key) == 127 && strcmp(m.q.key, buf_cstr(&want)) == 0,
	   "long key: never cut within a character");
	forget(&m);
	request_plan_free(&plan);
	buf_free(&line);
	buf_free(&want);
}

static void
test_matches(const struct profile *p)
{
	struct span body =
		span_of("{\"inputs\":[{\"url\":\"a\"},{\"url\":\"b\"}],\"outputFormat\":\"mp4\"}");
	static const struct {
		const char *job;
		bool is;
	} jobs[] = {
		{"{\"inputs\":[{\"url\":\"a\"},{\"url\":\"b\"}],\"output_format\":\"mp4\"}", true},
		{"{\"inputs\":[{\"url\":\"a\"},{\"url\":\"b\"}]}", true},
		{"{\"inputs\":[{\"url\":\"b\"},{\"url\":\"a\"}],\"output_format\":\"mp4\"}", false},
		{"{\"inputs\":[{\"url\":\"a\"}],\"output_format\":\"mp4\"}", false},
		{"{\"inputs\":[{\"url\":\"a\"},{\"url\":\"b\"}],\"output_format\":\"webm\"}",
		 false},
		{"{\"output_format\":\"mp4\"}", false},
		{"{}", false},
	};
	for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++)
		ok(request_matches(p, body, span_of(jobs[i].job)) == jobs[i].is, "matches: %s: %s",
		   jobs[i].job, jobs[i].is ? "yes" : "no");
}

int
main(void)
{
	if (setenv("HOME", "/nonexistent", 1) < 0 || unsetenv("XDG_CONFIG_HOME") < 0 ||
	    unsetenv("TC_IDEMPOTENCY_KEY") < 0)
		return 1;
	struct profile *micro = profile_load("ffmpeg-micro"), *tcly = profile_load("transcodely");
	micro->urls_only = false; /* any word may be a source here */
	test_bodies(micro);
	test_bad_lines(micro);
	test_keys(tcly);
	test_no_key(tcly);
	test_default_keys(tcly);
	test_long_keys(tcly);
	test_matches(micro);
	test_words(micro, tcly);
	profile_free(micro);
	profile_free(tcly);
	return done_testing();
}
