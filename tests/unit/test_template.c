/* lib/template: which braces are fills, what they become, and how they are escaped. */
#include "http/http.h"
#include "test.h"
#include "json/json.h"
#include "json/template.h"

/* Expand and compare; want NULL: no value, and the fill is `fill`. */
static void
expands(const char *text, unsigned sets, const struct template_args *a, const char *want,
	const char *fill)
{
	struct buf out = {0};
	struct span at = {0};
	const char *why = template_once(text, sets, a, &out, &at);
	if (want && !why)
		same(buf_all(&out), want, text);
	else
		ok(!want && why && span_is(at, fill), "%s: %s", text, why ? why : "expands");
	buf_free(&out);
}

static void
test_source(void)
{
	static const struct template_value batch = {.name = "batch", .value = "night"};
	struct template_args a = {
		.values = &batch,
		.values_n = 1,
		.source = span_of("in/a b.tar.gz"),
		.index = 7,
		.objects = {span_of("{\"n\":0.10,\"o\":{}}"), span_of("{\"n\":2,\"t\":[\"x\"]}")}};
	unsigned all = TEMPLATE_NAMES | TEMPLATE_SOURCE;
	expands("{batch}_{dir}/{stem}.{ext}?{index}", all, &a, "night_in/a b.tar.gz?7", NULL);
	expands("{input}|{basename}", all, &a, "in/a b.tar.gz|a b.tar.gz", NULL);
	expands("{/n} {/t/0}", all, &a, "0.10 x", NULL);
	expands("a{/none}b", all, &a, NULL, "{/none}");
	expands("{/o}", all, &a, NULL, "{/o}");
	expands("{batch}", TEMPLATE_SOURCE, &a, "{batch}", NULL);
	expands("{input}", TEMPLATE_NAMES, &a, "{input}", NULL);
	static const char *const as_is[] = {
		"", "{", "}", "{}", "{ batch }", "{none}", "{\"a\":{\"b\":1}}", "{{", "{+}"};
	for (size_t i = 0; i < sizeof as_is / sizeof *as_is; i++)
		expands(as_is[i], all, &a, as_is[i], NULL);
	a.source = (struct span){0};
	expands("{stem}", all, &a, NULL, "{stem}");
	a.source = span_of("noext");
	expands("{stem}[{ext}]{dir}", all, &a, "noext[].", NULL);
}

static void
test_escapes(void)
{
	static const struct template_value v[] = {{.name = "id", .value = "a/b \"c\"\n"},
						  {.name = "size", .value = "12", .number = true},
						  {.name = "cursor"}};
	struct template_args a = {.values = v, .values_n = 3, .escape = http_escape};
	expands("/v1/{id}?c={cursor}", TEMPLATE_NAMES, &a, "/v1/a%2Fb%20%22c%22%0A?c=", NULL);
	expands("{+id}", TEMPLATE_NAMES, &a, "a/b \"c\"\n", NULL);
	a.escape = json_escape;
	expands("{\"id\":\"x {id}\",\"n\":\"{size}\",\"t\":\"{size} b\"}", TEMPLATE_NAMES, &a,
		"{\"id\":\"x a/b \\\"c\\\"\\n\",\"n\":12,\"t\":\"12 b\"}", NULL);
	expands("[\"{size}\"]", TEMPLATE_NAMES, &a, "[12]", NULL);
}

int
main(void)
{
	test_source();
	test_escapes();
	return done_testing();
}
