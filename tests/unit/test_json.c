/* Looking into JSON and writing it: pointers, splices, merges, strings. What is taken at all is in
 * test_json_suite.c. */
#include <stdlib.h>

#include "test.h"
#include "json/json.h"

/* RFC 7396, appendix A. */
static const struct {
	const char *target, *patch, *want;
} merges[] = {
	{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
	{"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
	{"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
	{"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
	{"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
	{"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
	{"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
	{"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
	{"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
	{"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
	{"{\"a\":\"foo\"}", "null", "null"},
	{"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
	{"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
	{"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
	{"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
	/* and what the examples leave out */
	{"{\"n\":12345678901234567890,\"m\":0.10}", "{\"x\":1e400}",
	 "{\"n\":12345678901234567890,\"m\":0.10,\"x\":1e400}"},
	{"{\"\\u0061\":1}", "{\"a\":2}", "{\"\\u0061\":2}"},
	{"", "{\"a\":1}", "{\"a\":1}"},
};

static void
test_merge(void)
{
	for (size_t i = 0; i < sizeof merges / sizeof *merges; i++) {
		struct buf out = {0}, name = {0};
		json_merge(&out, span_of(merges[i].target), span_of(merges[i].patch));
		buf_fmt(&name, "merge: %s over %s", merges[i].patch, merges[i].target);
		same(buf_all(&out), merges[i].want, buf_cstr(&name));
		buf_free(&out);
		buf_free(&name);
	}
}

/* RFC 6901, section 5. */
static void
test_pointer(void)
{
	static const char doc[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/"
				  "b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
				  "\"k\\\"l\":6,\" \":7,\"m~n\":8}";
	static const char *const at[][2] = {
		{"", doc},
		{"/foo", "[\"bar\",\"baz\"]"},
		{"/foo/0", "\"bar\""},
		{"/", "0"},
		{"/a~1b", "1"},
		{"/c%d", "2"},
		{"/e^f", "3"},
		{"/g|h", "4"},
		{"/i\\j", "5"},
		{"/k\"l", "6"},
		{"/ ", "7"},
		{"/m~0n", "8"},
	};
	static const char *const nowhere[] = {"/foo/2", "/foo/-",   "/foo/00", "/foo/01", "/foo/x",
					      "/bar",   "/foo/0/x", "/ /x",    "/foo/-1"};
	struct span v;
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		bool found = json_at(span_of(doc), at[i][0], &v);
		ok(found && span_is(v, at[i][1]), "pointer: \"%s\"", at[i][0]);
	}
	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
		ok(!json_at(span_of(doc), nowhere[i], &v), "pointer: \"%s\" is nowhere",
		   nowhere[i]);
	ok(!json_pointer_check("") && !json_pointer_check("/a~0b/~1/*"),
	   "pointer: well formed ones");
	ok(json_pointer_check("a") && json_pointer_check("/a~2") && json_pointer_check("/a~"),
	   "pointer: ill formed ones");
}

static bool
join(void *ctx, struct span v)
{
	struct buf *b = ctx;
	buf_span(b, v);
	buf_ch(b, ' ');
	return b->n < 12;
}

static void
test_walk(void)
{
	struct buf b = {0};
	struct span doc =
		span_of("{\"o\":[{\"u\":1},{\"x\":2},{\"u\":3},{\"u\":{\"p\":4,\"q\":5}}]}");
	ok(json_walk(doc, "/o/*/u", join, &b), "walk: \"*\" finds");
	same(buf_all(&b), "1 3 {\"p\":4,\"q\":5} ",
	     "walk: \"*\" stands for each element that has it");
	b.n = 0;
	json_walk(doc, "/o/3/u/*", join, &b);
	same(buf_all(&b), "4 5 ", "walk: \"*\" stands for each member");
	b.n = 0;
	json_walk(span_of("[111111111111,2,3]"), "/*", join, &b);
	same(buf_all(&b), "111111111111 ", "walk: ends when it is told to");
	ok(!json_walk(span_of("[]"), "/*", join, &b), "walk: nothing in an empty array");
	buf_free(&b);
}

static void
test_get(void)
{
	struct span v;
	ok(json_get(span_of("{\"a\":1,\"b\":2}"), "b", &v) == 1 && span_is(v, "2"), "get: found");
	ok(json_get(span_of("{\"\\u0062\" : [1 , 2] }"), "b", &v) == 1 && span_is(v, "[1 , 2]"),
	   "get: an escaped name is the same name");
	ok(json_get(span_of("{\"a\":1}"), "b", &v) == 0, "get: not there");
	ok(json_get(span_of("[1]"), "0", &v) == 0, "get: no object");
	ok(json_get(span_of("{\"a\":1,\"a\":1}"), "a", &v) == -1, "get: there twice");
	ok(json_get(span_of("{\"a\":1,\"\\u0061\":1}"), "a", &v) == -1,
	   "get: there twice in disguise");
	ok(json_get(span_of("{\"a\\u0000\":1}"), "a", &v) == 0,
	   "get: a name with U+0000 in it is another");
}

static void
splice(const char *object, const struct json_member *set, size_t n, const char *want,
       const char *name)
{
	struct buf out = {0};
	json_splice(&out, span_of(object), set, n);
	same(buf_all(&out), want, name);
	ok(!json_check(buf_all(&out), NULL), "%s, and is JSON", name);
	buf_free(&out);
}

static void
test_splice(void)
{
	const struct json_member set[] = {{"id", {"\"x\"", 3}}, {"ok", {"true", 4}}};
	const struct json_member none[] = {{"id", {NULL, 0}}};
	const struct json_member lines[] = {{"job", {"{\n \"a\" : \"b c\"\r\n}", 17}}};
	splice("{}", set, 2, "{\"id\":\"x\",\"ok\":true}", "splice: into an empty object");
	splice("{ }", set, 2, "{ \"id\":\"x\",\"ok\":true}",
	       "splice: into an empty object with a space");
	splice("{\"ok\":false}", set, 2, "{\"ok\":true,\"id\":\"x\"}",
	       "splice: replaces where it stands, adds at the end");
	splice("{ \"n\" : 0.10 , \"ok\" :\tfalse , \"m\":1e400 }", set, 2,
	       "{ \"n\" : 0.10 , \"ok\" :\ttrue , \"m\":1e400 ,\"id\":\"x\"}",
	       "splice: keeps white space, digits and order");
	splice("{\"\\u006fk\":0,\"z\":-0}", set, 2, "{\"\\u006fk\":true,\"z\":-0,\"id\":\"x\"}",
	       "splice: knows an escaped name");
	splice("{\"a\":{\"ok\":1},\"s\":\"\\\"ok\\\":2\"}", set, 2,
	       "{\"a\":{\"ok\":1},\"s\":\"\\\"ok\\\":2\",\"id\":\"x\",\"ok\":true}",
	       "splice: only at the top, not in strings");
	splice("{\"id\":7}", none, 1, "{\"id\":7}", "splice: a member without a value is left");
	const struct json_member out[] = {{"error", {"", 0}}, {"ok", {"true", 4}}};
	splice("{\"ok\":false,\"error\":{\"x\":[1,{}]}}", out, 2, "{\"ok\":true}",
	       "splice: takes out the last");
	splice("{\"error\":{\"x\":1},\"ok\":false,\"n\":0.10}", out, 2, "{\"ok\":true,\"n\":0.10}",
	       "splice: takes out the first");
	splice("{\"a\":1, \"error\":2 ,\"b\":3 }", out, 1, "{\"a\":1 ,\"b\":3 }",
	       "splice: takes out one in between");
	splice("{ \"error\":1 , \"\\u0065rror\":2, \"b\":3}", out, 1, "{\"b\":3}",
	       "splice: takes out two");
	splice("{\"error\":1}", out, 2, "{\"ok\":true}", "splice: takes out all there is");
	splice("{\"b\":3}", out, 1, "{\"b\":3}", "splice: has nothing to take out");
	splice("{}", lines, 1, "{\"job\":{\"a\":\"b c\"}}",
	       "splice: what it puts in is on one line");
}

static void
test_set(void)
{
	static const char *const sets[][4] = {
		{"{}", "/a", "1", "{\"a\":1}"},
		{"{\"a\":0,\"b\":0.10}", "/a", "1", "{\"a\":1,\"b\":0.10}"},
		{"{}", "/inputs/0/url", "\"u\"", "{\"inputs\":[{\"url\":\"u\"}]}"},
		{"{\"inputs\":[{\"x\":1},2]}", "/inputs/0/url", "\"u\"",
		 "{\"inputs\":[{\"x\":1,\"url\":\"u\"},2]}"},
		{"{\"a\":[1]}", "/a/-", "2", "{\"a\":[1,2]}"},
		{"{\"a\":7}", "/a/b", "2", "{\"a\":{\"b\":2}}"},
		{"{\"m\":{}}", "/m/a~1b", "\"v\"", "{\"m\":{\"a/b\":\"v\"}}"},
		{"{\"m\":{}}", "/m/a~0b", "\"v\"", "{\"m\":{\"a~b\":\"v\"}}"},
		{"{\"a\":1}", "", "[2]", "[2]"},
		{"{}", "/q\"q", "1", "{\"q\\\"q\":1}"},
	};
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		struct buf out = {0}, name = {0};
		json_set(&out, span_of(sets[i][0]), sets[i][1], span_of(sets[i][2]));
		buf_fmt(&name, "set: \"%s\" of %s", sets[i][1], sets[i][0]);
		same(buf_all(&out), sets[i][3], buf_cstr(&name));
		buf_free(&out);
		buf_free(&name);
	}
}

static void
test_oneline(void)
{
	static const char *const lines[][2] = {
		{" {\"a\" : 1} ", "{\"a\" : 1}"},
		{"{\n\t\"a b\" :\r\n [ 1 , 2 ]\n}", "{\"a b\":[1,2]}"},
		{"{\"a\":\"\\\\\",\n\"b\":\"\\\" \"}", "{\"a\":\"\\\\\",\"b\":\"\\\" \"}"},
		{"[1.0,\n-0]", "[1.0,-0]"},
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct buf out = {0};
		json_oneline(&out, span_of(lines[i][0]));
		ok(span_is(buf_all(&out), lines[i][1]), "oneline: %s", lines[i][1]);
		buf_free(&out);
	}
}

static void
quote(struct span text, const char *want, const char *name)
{
	struct buf out = {0};
	json_quote(&out, text);
	same(buf_all(&out), want, name);
	ok(!json_check(buf_all(&out), NULL), "%s, is JSON", name);
	buf_free(&out);
}

static void
test_quote(void)
{
	quote(span_of("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"", "quote: quotes and backslashes");
	quote(span_of("\b\f\n\r\t\x01\x1f\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"",
	      "quote: control characters");
	quote((struct span){"a\0b", 3}, "\"a\\u0000b\"", "quote: NUL");
	quote(span_of("\xff"
		      "a\xc3"),
	      "\"\xef\xbf\xbd"
	      "a\xef\xbf\xbd\"",
	      "quote: what is not UTF-8 becomes U+FFFD");
	quote(span_of("\xf0\x9f\x98\xb9\xe2\x82\xac"), "\"\xf0\x9f\x98\xb9\xe2\x82\xac\"",
	      "quote: UTF-8 stays");
}

static void
test_decode(void)
{
	static const char *const strings[][2] = {
		{"\"\"", ""},
		{" \"a\" ", "a"},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
		{"\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac"},
		{"\"\\ud83d\\ude39\"", "\xf0\x9f\x98\xb9"},
		{"\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf"},
		{"\"\\u0026x\\u003D\"", "&x="},
	};
	struct buf b = {0};
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
		char *text = json_text(span_of(strings[i][0]));
		ok(text && strcmp(text, strings[i][1]) == 0, "decode: %s", strings[i][0]);
		free(text);
	}
	ok(!json_text(span_of("\"a\\u0000b\"")), "decode: no C string where U+0000 is");
	ok(json_decode(&b, span_of("\"a\\u0000b\"")) && b.n == 3 && memcmp(b.p, "a\0b", 3) == 0,
	   "decode: but bytes");
	static const char *const lone[][2] = {
		{"\"\\ud83d\"", "\xef\xbf\xbd"},
		{"\"\\udc00x\"", "\xef\xbf\xbdx"},
		{"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
				       "A"},
		{"\"\\ud83d\\ud83d\\ude39\"", "\xef\xbf\xbd\xf0\x9f\x98\xb9"},
		{"\"\\ud83d\\n\"", "\xef\xbf\xbd\n"},
	};
	for (size_t i = 0; i < sizeof lone / sizeof *lone; i++) {
		char *text = json_check_loose(span_of(lone[i][0]), NULL)
				     ? NULL
				     : json_text(span_of(lone[i][0]));
		ok(text && strcmp(text, lone[i][1]) == 0, "decode: %s alone", lone[i][0]);
		free(text);
	}
	same(json_body(span_of(" \xef\xbb\xbf\r\n{} ")), "{}",
	     "a reply's byte order mark is passed over");
	same(json_body(span_of("\xef\xbb")), "\xef\xbb", "half of one is kept");
	ok(!json_decode(&b, span_of("1")) && !json_text(span_of("null")), "decode: only strings");
	buf_free(&b);
}

static void
test_writer(void)
{
	struct buf b = {0};
	double n;
	json_open(&b);
	json_str(&b, "s", span_of("x\n"));
	json_int(&b, "i", -9007199254740993);
	json_bool(&b, "b", false);
	json_raw(&b, "r", span_of("{\n\"n\": 1e400}"));
	json_close(&b);
	same(buf_all(&b),
	     "{\"s\":\"x\\n\",\"i\":-9007199254740993,\"b\":false,\"r\":{\"n\":1e400}}", "writer");
	ok(json_number(span_of(" 2.5e1 "), &n) && n >= 25 && n <= 25, "number");
	ok(!json_number(span_of("\"2\""), &n), "number: only numbers");
	buf_free(&b);
}

static void
test_members(void)
{
	struct members m = {0};
	struct buf out = {0};
	members_str(&m, "id", span_of("a\"b"));
	members_str(&m, "none", (struct span){0});
	members_raw(&m, "job", span_of("{\"x\":1}"));
	members_raw(&m, "nothing", (struct span){0});
	members_int(&m, "index", 7);
	ok(m.n == 3, "members without a value are not added");
	json_splice(&out, span_of("{\"index\":1}"), m.set, m.n);
	same(buf_all(&out), "{\"index\":7,\"id\":\"a\\\"b\",\"job\":{\"x\":1}}",
	     "members: quoted, raw and a number");
	members_free(&m);
	ok(m.n == 0, "members: empty again");
	for (int i = 0; i < MEMBERS_MAX + 3; i++)
		members_int(&m, "i", i);
	ok(m.n == MEMBERS_MAX, "members: no more than there is room for");
	members_free(&m);
	buf_free(&out);
}

int
main(void)
{
	test_members();
	test_merge();
	test_pointer();
	test_walk();
	test_get();
	test_splice();
	test_set();
	test_oneline();
	test_quote();
	test_decode();
	test_writer();
	return done_testing();
}
